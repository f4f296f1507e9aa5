"""What several chapters show is computed once for all that run together, and never taken from another run."""

import sys
from multiprocessing import get_context

import chapters
import pytest
from _lib import once as module
from _lib.once import FOLDER, once

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nobody sets the folder on Windows")


def slow_square(x, log, *, times=1):
    with open(log, "a") as file:
        file.write(f"{x} {times}\n")
    return [times * x**2]


def ask(folder, log, x, answers):
    """What a chapter does in a process of its own."""
    import os

    os.environ[FOLDER] = folder
    answers.put(once(slow_square)(x, log))


def computed(log):
    return log.read_text().splitlines() if log.exists() else []


def test_processes_that_run_together_compute_once(tmp_path):
    log, context = tmp_path / "log", get_context("spawn")
    answers = context.Queue()
    several = [context.Process(target=ask, args=(str(tmp_path / "kept"), str(log), 3, answers)) for _ in range(3)]
    for one in several:
        one.start()
    assert [answers.get(timeout=60) for _ in several] == [[9]] * 3
    for one in several:
        one.join()
    assert computed(log) == ["3 1"]


def test_another_folder_or_other_arguments_compute_again(tmp_path, monkeypatch):
    log = tmp_path / "log"
    for folder, x, times, runs in (("a", 3, 1, 1), ("a", 3, 1, 1), ("a", 4, 1, 2), ("a", 3, 2, 3), ("b", 3, 1, 4)):
        monkeypatch.setenv(FOLDER, str(tmp_path / folder))
        assert once(slow_square)(x, str(log), times=times) == [times * x**2]
        assert len(computed(log)) == runs


def test_however_the_arguments_are_given(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(tmp_path / "kept"))
    log = tmp_path / "log"
    for _ in range(2):  # in this process, and in one that starts afresh
        here = once(slow_square)
        assert here(3, str(log)) == here(3, str(log), times=1) == here(x=3, times=1, log=str(log)) == [9]
    assert computed(log) == ["3 1"]


def test_functions_of_a_notebook_are_refused(monkeypatch):
    monkeypatch.setattr(slow_square, "__module__", "__main__")
    with pytest.raises(ValueError, match="slow_square must stand in a module"):
        once(slow_square)


def test_without_a_folder_each_process_computes_for_itself(tmp_path, monkeypatch):
    monkeypatch.delenv(FOLDER, raising=False)
    log = tmp_path / "log"
    here = once(slow_square)
    assert here(3, str(log)) == here(3, str(log)) == [9]
    assert once(slow_square)(3, str(log)) == [9]
    assert len(computed(log)) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_an_error_is_nobodys_result(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(tmp_path / "kept"))
    with pytest.raises(FileNotFoundError):
        once(slow_square)(3, str(tmp_path / "missing" / "log"))
    assert once(slow_square)(3, str(tmp_path / "log")) == [9]


def test_whoever_runs_chapters_names_a_folder_for_this_state_of_the_files(tmp_path, monkeypatch):
    monkeypatch.setattr(chapters, "COMPUTED", tmp_path)
    (tmp_path / "old").mkdir()
    monkeypatch.setattr(chapters, "surroundings", lambda: "0" * 64)
    before = chapters.shared()
    monkeypatch.setattr(chapters, "surroundings", lambda: "1" * 64)
    after, run = chapters.shared(), chapters.shared("-test")
    assert list(before) == [FOLDER] == [module.FOLDER]
    assert len({before[FOLDER], after[FOLDER], run[FOLDER]}) == 3
    assert not (tmp_path / "old").exists()
