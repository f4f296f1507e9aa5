"""A forked kernel behaves as one that Jupyter starts: folder, path, interrupt, end."""

import os
import sys

import forked
import pytest
from jupyter_client.manager import start_new_kernel

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    forked.install()
    monkeypatch.setenv("PYTHONPATH", os.fspath(tmp_path))
    manager, client = start_new_kernel(kernel_name="python3", cwd=os.fspath(tmp_path))
    yield manager, client
    client.stop_channels()
    if manager.is_alive():
        manager.shutdown_kernel(now=True)


def printed(client, code):
    texts = []
    client.execute_interactive(code, output_hook=lambda message: texts.append(message["content"].get("text")))
    return "".join(filter(None, texts)).split()


def kinds(client, code):
    """MIME types of what a cell shows."""
    shown = set()
    client.execute_interactive(code, output_hook=lambda message: shown.update(message["content"].get("data", {})))
    return shown


def test_a_forked_kernel(kernel, tmp_path):
    manager, client = kernel
    process = manager.provisioner.process
    assert isinstance(process, forked.Forked)

    assert printed(client, "import os; print(os.getcwd(), os.getpid())") == [os.fspath(tmp_path), str(process.pid)]
    assert kinds(client, "import matplotlib.pyplot as plt; plt.plot([1, 2]);") == {"text/plain", "image/png"}
    assert printed(client, "import sys; print('companion' in sys.modules)") == ["False"]
    assert printed(client, "print(sys.path[0])") == [os.fspath(tmp_path)]
    assert printed(client, "import subprocess; print(subprocess.run(['false']).returncode)") == ["1"]

    # an interrupt reaches this kernel, and nobody else
    # with stop_on_error the kernel would turn down what comes soon after
    waiting = client.execute("import time; print('here', flush=True); time.sleep(60)", stop_on_error=False)
    while client.get_iopub_msg(timeout=20)["content"].get("text") != "here\n":
        pass
    manager.interrupt_kernel()
    reply = client.get_shell_msg(timeout=20)
    assert reply["parent_header"]["msg_id"] == waiting
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    assert printed(client, "print('alive')") == ["alive"]

    manager.shutdown_kernel(now=True)
    assert process.poll() == 0
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


@pytest.fixture
def second(monkeypatch):
    """Start a kernel of a clone after another kernel."""
    forked.stop()
    forked.install()
    started = []

    def start(folder):
        monkeypatch.setenv("PYTHONPATH", os.fspath(folder))
        started.append(start_new_kernel(kernel_name="python3", cwd=os.fspath(folder)))
        return started[-1][1]

    start(forked.ROOT)
    yield start
    for manager, client in started:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    forked.stop()


def test_the_second_kernel_finds_the_package_loaded(second):
    client = second(forked.ROOT)
    assert printed(client, "import sys; print('companion.audit.ledger' in sys.modules)") == ["True"]
    asked = "import companion; from companion.experiments import registry; print(companion.__path__[0])"
    assert printed(client, asked) == [os.path.join(forked.ROOT, "companion")]
    assert int(printed(client, "print(registry._remembered.cache_info().currsize)")[0]) >= 20
    assert printed(client, "print(sum(p == sys.path[0] for p in sys.path), sys.path[0])") == ["1", forked.ROOT]


def test_a_kernel_of_another_clone_has_its_own_package(second, tmp_path):
    (tmp_path / "companion.py").write_text("print('another')")
    assert printed(second(tmp_path), "import companion") == ["another"]
