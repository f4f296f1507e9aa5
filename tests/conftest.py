"""Figures are drawn without a display; records are checked without a network."""

import socket
import warnings

import matplotlib
import pytest

from companion.experiments import registry

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def _experiments_afresh(request):
    """What a test patches reaches the experiments that it loads, and leaves nothing behind."""
    patched = "monkeypatch" in request.fixturenames
    if patched:
        registry._remembered.cache_clear()
    yield
    if patched:
        registry._remembered.cache_clear()


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
