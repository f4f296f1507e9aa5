"""Headless Chromium for tests of pages, where there is one."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import time
import urllib.request

import pytest

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")

needs_browser = pytest.mark.skipif(
    BROWSER is None or DRIVER is None, reason="there is no Chromium with its driver here to open the page in"
)


class Browser:
    """Headless Chromium through its driver's own protocol."""

    FLAGS = (
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
        "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
        "--window-size=1280,1000",
    )  # fmt: skip

    def __init__(self, profile):
        os.environ.setdefault("DBUS_SESSION_BUS_ADDRESS", "disabled:")
        command = [DRIVER, "--port=0"]
        self.driver = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        told = (re.search(r"successfully on port (\d+)", line) for line in self.driver.stdout)
        port = next(found[1] for found in told if found)
        self.address = f"http://127.0.0.1:{port}"
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        options = {"binary": BROWSER, "args": [*self.FLAGS, f"--user-data-dir={profile}"]}
        self.session = ""
        made = self("POST", "/session", {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}})
        self.session = f"/session/{made['sessionId']}"

    def __call__(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        address = self.address + (path if path == "/session" else self.session + path)
        request = urllib.request.Request(address, data, {"Content-Type": "application/json"}, method=method)
        with self.opener.open(request, timeout=60) as answer:
            return json.loads(answer.read())["value"]

    def run(self, script, *arguments):
        return self("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def settled(self):
        """Wait until the page has computed everything."""
        for _ in range(600):
            if self.run("return document.body.dataset.ready") == "yes":
                return
            time.sleep(0.05)
        raise AssertionError("the page does not come to rest")

    def close(self):
        with contextlib.suppress(OSError):
            self("DELETE", "")
        self.driver.terminate()
        self.driver.wait(timeout=20)
        self.driver.stdout.close()
