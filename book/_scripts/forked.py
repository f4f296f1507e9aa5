"""Kernels that start in a fifth of the time: forked from one process that has imported what every chapter imports.

A kernel of its own for each chapter costs two seconds of importing IPython, scipy and matplotlib, before a line of the
chapter is run, and another two of loading the experiments.  Here one server imports them, and sympy, and forks whenever
a kernel is asked for; from the second one on it has loaded this package and its experiments, too.  Whoever runs
chapters stops the server when the package has changed.

    forked.install()    from here on, Jupyter starts its Python kernels in this way
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import io
import json
import os
import signal
import subprocess
import sys
import time
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

PRELOADED = (
    "ipykernel.kernelapp",
    "IPython.core.completer",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "scipy.constants",
    "scipy.integrate",
    "scipy.interpolate",
    "scipy.linalg",
    "scipy.optimize",
    "scipy.special",
    "scipy.stats",
    "sympy",
    "sympy.physics.matrices",
)
PACKAGE = ("companion.audit.ledger", "companion.io", "companion.phases", "companion.plot", "companion.results")
LAUNCHER = ["-m", "ipykernel_launcher"]
ROOT = str(Path(__file__).resolve().parents[2])


# ---------------------------------------------------------------------------------------------------------------------
# the server


def serve() -> None:
    """Fork a kernel for each line of the standard input and answer with its process number; end with the input."""
    for module in PRELOADED:
        import_module(module)
    draw()
    signal.signal(signal.SIGCHLD, reap)
    for number, line in enumerate(sys.stdin):
        request = json.loads(line)
        if number == 1:
            load()
        # a kernel's collector need not go through what was there before it, whose pages then stay shared
        gc.freeze()
        pid = os.fork()
        if pid == 0:
            run_kernel(**request)
        # a group of its own, so that an interrupt of a kernel reaches its children and nobody else
        os.setpgid(pid, pid)
        print(pid, flush=True)


def load() -> None:
    """Load this package and its experiments, which nearly every chapter uses.

    Where that fails, warns or prints, nothing is loaded, and every kernel sees it for itself.
    """
    sys.path.insert(1, ROOT)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()) as printed:
            warnings.simplefilter("error")
            for module in PACKAGE:
                import_module(module)
            registry = import_module("companion.experiments")
            for name in registry.names():
                registry.load(name)
    except Exception:
        unload()
    else:
        if printed.getvalue():
            unload()
    sys.path.remove(ROOT)


def unload() -> None:
    """Forget this package: the kernel is one of another clone."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "companion"]:
        del sys.modules[name]


def draw() -> None:
    """Draw a figure for nobody: fonts and the grammar of formulas are then ready in every kernel."""
    from matplotlib.figure import Figure

    figure = Figure()
    figure.add_subplot(xscale="log", xlabel=r"$m_4$ [MeV]")
    figure.savefig(io.BytesIO(), format="svg")


def reap(number: int, frame: Any) -> None:
    """Wait for the kernels that have ended, so that they are gone for everybody."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def run_kernel(arguments: list[str], env: dict[str, str], cwd: str) -> None:
    """Turn this process into a kernel; does not return."""
    from ipykernel.kernelapp import IPKernelApp

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    # IPython adds the working folder; the folder of this script is no part of a kernel's path
    del sys.path[0]
    given = [folder for folder in env.get("PYTHONPATH", "").split(os.pathsep) if folder]
    sys.path[:0] = [folder for folder in given if folder not in sys.path]
    if given[:1] != [ROOT]:
        unload()
    sys.argv = ["ipykernel_launcher", *arguments]
    # the kernel ends when its parent does
    IPKernelApp.launch_instance(arguments, parent_handle=os.getppid())
    os._exit(0)


# ---------------------------------------------------------------------------------------------------------------------
# the client


class Forked:
    """A kernel's process, as far as Jupyter asks: it is no child of this one."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return 0
        return None

    def wait(self, timeout: float | None = None) -> int:
        while self.poll() is None:
            time.sleep(0.02)
        return 0

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


_server: subprocess.Popen[str] | None = None
_options: tuple[str, ...] = ()
_environment: dict[str, str] = {}


def stop() -> None:
    """End the server; its kernels have ended before."""
    global _server
    if _server is not None:
        # closes its streams, and its input ends it
        _server.communicate()
        _server = None


def launch(command: list[str], env: dict[str, str] | None = None, cwd: str | None = None, **rest: Any) -> Any:
    """Start a kernel: forked if it is the usual one of this Python, else as Jupyter does it."""
    from jupyter_client.launcher import launch_kernel

    global _server
    if command[1:3] != LAUNCHER or Path(command[0]).name not in ("python", "python3", Path(sys.executable).name):
        return launch_kernel(command, env=env, cwd=cwd, **rest)
    if _server is None or _server.poll() is not None:
        stop()
        _server = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # the backend is chosen when matplotlib is imported, before there is a kernel
            env={**os.environ, "MPLBACKEND": "module://matplotlib_inline.backend_inline"},
        )
    assert _server.stdin is not None
    assert _server.stdout is not None
    given = {**(env or os.environ), **_environment}
    request = {"arguments": [*command[3:], *_options], "env": given, "cwd": str(cwd or os.getcwd())}
    _server.stdin.write(json.dumps(request) + "\n")
    _server.stdin.flush()
    answer = _server.stdout.readline()
    if not answer:
        raise RuntimeError("the server that forks kernels has ended; its message is above")
    return Forked(int(answer))


def install(*options: str, **environment: str) -> None:
    """Let Jupyter start its kernels in this way, where processes can be forked without harm.

    Parameters
    ----------
    options : str
        options of every kernel, e.g. ``--InlineBackend.figure_formats=[]``
    **environment : str
        variables that every kernel gets
    """
    global _options, _environment
    _options, _environment = options, environment
    if sys.platform == "linux":
        setattr(import_module("jupyter_client.provisioning.local_provisioner"), "launch_kernel", launch)  # noqa: B010


if __name__ == "__main__":
    serve()
else:
    atexit.register(stop)
