"""Processes that the workshop has started, and ends."""

import subprocess
import sys

import pytest

from workshop.cloud.child_processes import end_child

DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); input()"


@pytest.mark.skipif(sys.platform == "win32", reason="there, whoever is asked to end cannot refuse")
def test_a_child_that_does_not_want_to_end_is_ended() -> None:
    """A child that does not hear is gone all the same, and to end one that is gone does no harm."""
    command = [sys.executable, "-ISc", DEAF]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()

        end_child(child, 0.01)
        end_child(child, 0.01)

        assert child.returncode not in (None, 0)
