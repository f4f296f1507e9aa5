"""Figures are drawn without a display; records are checked without a network."""

import resource
import socket
import warnings
from functools import lru_cache

import matplotlib
import pytest

from companion.experiments import registry

matplotlib.use("Agg")

MOST = 10.0
"""Seconds of CPU at which a test fails that is not marked slow: three are the rule, and a slow or busy core may need
three times as long."""


def spent():
    """CPU seconds of this process and of those that it has ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    before = spent()
    result = yield
    took = spent() - before
    if took > MOST and item.get_closest_marker("slow") is None:
        pytest.fail(f"{took:.1f} s of CPU: make it faster, or mark it slow(reason=...)", pytrace=False)
    return result


def pytest_collection_modifyitems(items):
    for item in items:
        for mark in item.iter_markers("slow"):
            if not mark.kwargs.get("reason"):
                raise pytest.UsageError(f"{item.nodeid} is marked slow without a reason")


@pytest.fixture(autouse=True)
def _experiments_afresh(request):
    """What a test patches reaches the experiments that it loads; what it patches or registers is gone after it."""
    known, remembered = dict(registry._registered), registry._remembered
    if "monkeypatch" in request.fixturenames:
        registry._remembered = lru_cache(maxsize=registry.KEPT)(remembered.__wrapped__)
    yield
    registry._registered.clear()
    registry._registered.update(known)
    registry._remembered = remembered


@pytest.fixture
def validate(monkeypatch):
    """The messages of HEPData's own validator, with the schemas that it brings along and no way out."""

    def refuse(*arguments, **keywords):
        raise OSError("no network in a test")

    monkeypatch.setattr(socket.socket, "connect", refuse)

    def messages(folder):
        # the validator leaves files open and resolves references in a way that its library will give up
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from hepdata_validator.full_submission_validator import FullSubmissionValidator

            validator = FullSubmissionValidator(schema_version="1.1.1", autoload_remote_schemas=False)
            valid = validator.validate(directory=str(folder))
        found = [message.message for of_file in validator.get_messages().values() for message in of_file]
        assert valid == (not found)
        return found

    return messages
