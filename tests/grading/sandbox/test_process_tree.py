"""The end of everything that a submission has started."""

import sys

import pytest

from tests.grading.sandbox.conftest import start, written
from workshop.cloud.offline.processes import is_alive
from workshop.grading.sandbox.process_tree import end_tree, usage_below

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")

# Leaves its parent and its session, and writes down who it is.
SLIPS_AWAY = """
import os, pathlib, sys, time
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
time.sleep(600)
"""


def test_a_process_that_left_its_session_is_ended(tmp_path) -> None:
    """A process that forked twice and has a session of its own ends with the tree it came from."""
    parent = start(SLIPS_AWAY, str(tmp_path / "pid"))
    pid = written(tmp_path / "pid")

    assert end_tree(parent, "none-of-them")

    assert parent.poll() is not None
    assert not is_alive(pid)


def test_a_process_whose_tree_is_gone_is_known_by_its_mark(tmp_path) -> None:
    """Where the parent that adopts was killed first, the mark in the environment finds what is left."""
    parent = start(SLIPS_AWAY, str(tmp_path / "pid"), marker="mark-of-this-test")
    pid = written(tmp_path / "pid")
    parent.kill()
    parent.wait()

    assert end_tree(parent, "mark-of-this-test")

    assert not is_alive(pid)


def test_use_is_that_of_everything_below(tmp_path) -> None:
    """Processes, threads and memory below a process are counted together, its own left out."""
    hungry = """
    import os, pathlib, sys, threading
    block = bytearray(b"x") * 60_000_000
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
    threading.Event().wait()
    """
    parent = start(hungry, str(tmp_path / "pid"))
    written(tmp_path / "pid")

    used = usage_below(parent.pid)
    end_tree(parent, "none-of-them")

    assert used.tasks == 2
    assert used.memory_bytes > 60_000_000
    assert usage_below(parent.pid).tasks == 0
