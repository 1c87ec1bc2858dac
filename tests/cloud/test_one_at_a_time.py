"""A lock on a file, between processes and between threads."""

import subprocess
import sys
import threading

import pytest

from workshop.cloud import one_at_a_time as module
from workshop.cloud.one_at_a_time import one_at_a_time
from workshop.errors import ConfigurationError

HOLDS = """
import sys
from pathlib import Path
from workshop.cloud.one_at_a_time import one_at_a_time
with one_at_a_time(Path(sys.argv[1]), occupied="x"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_second_waits_for_the_first(tmp_path, monkeypatch, capsys) -> None:
    """Who comes second is told what it waits for, and goes on when the first has ended, even by force."""
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.0)
    path = tmp_path / "home" / "lock"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", HOLDS, str(path)], stdin=pipe, stdout=pipe) as first:
        assert first.stdout is not None
        assert first.stdout.readline().strip() == b"held"
        timer = threading.Timer(0.4, first.kill)
        timer.start()

        with one_at_a_time(path, occupied="Somebody is at work"):
            assert first.wait(10) != 0
        timer.join()

    assert capsys.readouterr().err == "Somebody is at work; waiting for it to end\n"


def test_waiting_has_an_end(tmp_path, monkeypatch) -> None:
    """A holder that never ends is named."""
    monkeypatch.setattr(module, "MOST_SECONDS", 0.1)
    path = tmp_path / "lock"

    with (
        one_at_a_time(path, occupied="x"),
        pytest.raises(ConfigurationError, match="Somebody is at work"),
        one_at_a_time(path, occupied="Somebody is at work"),
    ):
        pytest.fail("two at a time")
