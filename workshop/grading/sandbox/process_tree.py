"""All processes that a submission has started: found, counted, and ended, however they try to slip away.

A process whose parent has gone is adopted by the nearest one above it that asked for that (Linux), so that a
checker which asks keeps everything below itself. What is left even so is known by a mark in its environment.
macOS offers neither: there, a process whose parent has gone is not found; see `containment.MACOS`.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from workshop.clock import stopwatch
from workshop.grading.sandbox.confine import MARKER

__all__ = ["Usage", "adopt_orphans", "end_below", "end_tree", "usage_below"]

PROC = Path("/proc")
PR_SET_CHILD_SUBREAPER = 36
END_SECONDS = 10.0
LOOK_AGAIN_SECONDS = 0.02
LISTING_SECONDS = 10.0


@dataclass(frozen=True)
class Entry:
    """One process, as the system lists it."""

    pid: int
    parent: int
    memory_bytes: int
    tasks: int


@dataclass(frozen=True)
class Usage:
    """What a tree of processes uses together."""

    processes: int
    memory_bytes: int


def adopt_orphans() -> None:
    """Become the parent of every process below this one that loses its own; Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def usage_below(pid: int) -> Usage:
    """Return what the processes below one use, itself left out; nothing where the system does not tell."""
    table = _process_table()
    below = [table[each] for each in _descendants(pid, table)]
    return Usage(sum(entry.tasks for entry in below), sum(entry.memory_bytes for entry in below))


def end_tree(process: subprocess.Popen[bytes], marker: str) -> bool:
    """End a process and everything it has started; return whether nothing is left that could be found."""
    if sys.platform == "win32":
        command = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
        subprocess.run(command, capture_output=True, check=False)
        process.wait()
        return True
    started = stopwatch()
    # It stays, stopped, as the parent of orphans until all others are gone: none can slip away from below it.
    _signal(process.pid, signal.SIGSTOP)
    end_below(process.pid)
    _signal(process.pid, signal.SIGKILL)
    process.wait()
    while victims := _marked(marker):
        _kill(victims)
        if stopwatch() - started > END_SECONDS:
            return False
        threading.Event().wait(LOOK_AGAIN_SECONDS)
    return True


def end_below(pid: int) -> None:
    """End every process below one, as far as they can be ended."""
    started = stopwatch()
    while (victims := _descendants(pid, _process_table())) and stopwatch() - started < END_SECONDS:
        _kill(victims)
        threading.Event().wait(LOOK_AGAIN_SECONDS)


def _kill(pids: list[int]) -> None:
    for kind in (signal.SIGSTOP, signal.SIGKILL):  # stopped first: a bomb must not fork on meanwhile
        for pid in pids:
            _signal(pid, kind)


def _signal(pid: int, kind: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, kind)


def _descendants(pid: int, table: dict[int, Entry]) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in table.values():
        children.setdefault(entry.parent, []).append(entry.pid)
    found: list[int] = []
    waiting = list(children.get(pid, ()))
    while waiting:
        each = waiting.pop()
        found.append(each)
        waiting += children.get(each, ())
    return found


def _process_table() -> dict[int, Entry]:
    entries = _from_proc() if PROC.joinpath("self", "stat").exists() else _from_ps()
    return {entry.pid: entry for entry in entries}


def _from_proc() -> list[Entry]:
    page = os.sysconf("SC_PAGE_SIZE")
    entries = []
    for name in os.listdir(PROC):  # noqa: PTH208 - names alone, several times a second
        if not name.isdigit():
            continue
        with contextlib.suppress(OSError):
            # A program may call itself anything, parentheses included.
            fields = (
                PROC.joinpath(name, "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
            )
            state, parent, *rest = fields.split()
            if state not in "ZX":
                entries.append(Entry(int(name), int(parent), int(rest[19]) * page, int(rest[15])))
    return entries


def _from_ps() -> list[Entry]:
    command = ["ps", "-A", "-o", "pid=,ppid=,rss=,stat="]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LISTING_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    rows = [line.split() for line in done.stdout.splitlines()]
    return [
        Entry(int(row[0]), int(row[1]), int(row[2]) * 1024, 1)
        for row in rows
        if len(row) == len(("pid", "ppid", "rss", "stat")) and not row[3].startswith("Z")
    ]


def _marked(marker: str) -> list[int]:
    mark = f"{MARKER}={marker}".encode()
    found = []
    for name in os.listdir(PROC) if PROC.is_dir() else ():  # noqa: PTH208 - names alone
        with contextlib.suppress(OSError):
            if name.isdigit() and mark in PROC.joinpath(name, "environ").read_bytes():
                found.append(int(name))
    return found
