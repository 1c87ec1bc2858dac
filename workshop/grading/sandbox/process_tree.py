"""All processes that a submission has started: found, counted, and ended, however they try to slip away.

A process whose parent has ended is adopted by the nearest ancestor that asked for it (Linux), so a checker
that asks keeps everything below itself. What is left even so is known by a mark in its environment. macOS and
Windows offer no adoption, and need not tell a process's environment; see `availability.MACOS`.
"""

from __future__ import annotations

import contextlib
import ctypes
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass

import psutil

from workshop.clock import stopwatch
from workshop.grading.sandbox.containment import MARKER

__all__ = ["Usage", "adopt_orphans", "end_below", "end_tree", "usage_below"]

PR_SET_CHILD_SUBREAPER = 36
END_SECONDS = 10.0
LOOK_AGAIN_SECONDS = 0.02


@dataclass(frozen=True)
class Usage:
    """What a tree of processes uses together; `tasks` counts processes and their threads."""

    tasks: int
    memory_bytes: int


def adopt_orphans() -> None:
    """Become the parent of every process below this one that loses its own; Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def usage_below(pid: int) -> Usage:
    """Return what the processes below one use, itself left out; a process that ends meanwhile is left out."""
    tasks = memory_bytes = 0
    for each in _below(pid):
        with contextlib.suppress(psutil.Error), each.oneshot():
            tasks += each.num_threads()
            memory_bytes += each.memory_info().rss
    return Usage(tasks, memory_bytes)


def end_tree(process: subprocess.Popen[bytes], marker: str) -> bool:
    """End a process and all that it has started; return whether nothing is left that could be found."""
    started = stopwatch()
    # Stopped, not ended: as long as it is there, it adopts orphans, and none slips away from below it.
    with contextlib.suppress(psutil.Error):
        psutil.Process(process.pid).suspend()
    end_below(process.pid)
    process.kill()
    process.wait()
    return _end_all(lambda: _marked(marker), started)


def end_below(pid: int) -> None:
    """End every process below one, as far as they can be ended."""
    _end_all(lambda: _below(pid), stopwatch())


def _end_all(find: Callable[[], list[psutil.Process]], started: float) -> bool:
    """End what `find` returns until it returns nothing; return False if that takes too long."""
    while victims := find():
        # All are stopped before the first is killed: a fork bomb must not go on meanwhile.
        for signal_one in (psutil.Process.suspend, psutil.Process.kill):
            for each in victims:
                with contextlib.suppress(psutil.Error):
                    signal_one(each)
        if stopwatch() - started > END_SECONDS:
            return False
        threading.Event().wait(LOOK_AGAIN_SECONDS)
    return True


def _below(pid: int) -> list[psutil.Process]:
    try:
        return [each for each in psutil.Process(pid).children(recursive=True) if _is_running(each)]
    except psutil.Error:
        return []


def _marked(marker: str) -> list[psutil.Process]:
    found = []
    for each in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if each.environ().get(MARKER) == marker:
                found.append(each)
    return found


def _is_running(process: psutil.Process) -> bool:
    """Return False for a zombie too: it uses nothing, and only its parent can remove it."""
    with contextlib.suppress(psutil.Error):
        return process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    return False
