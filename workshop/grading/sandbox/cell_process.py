"""The trusted side of a learner's cell: starts its process, reads what it reports, and ends it in time."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from workshop.clock import stopwatch
from workshop.grading.runs import Runs
from workshop.grading.sandbox.environment import scrubbed

if TYPE_CHECKING:
    from pathlib import Path

    from workshop.course.course import Course
    from workshop.grading.sandbox.sandbox import Sandbox

__all__ = ["CellRun", "run_cell_apart"]

MOST_REPORTED = 256 * 1024
MOST_PRINTED = 16 * 1024
CHUNK = 1 << 16
GRACE_SECONDS = 2.0


@dataclass(frozen=True)
class CellRun:
    """How a cell ended; `trouble` is None if it ran to its end. `runs` is whatever it claims."""

    trouble: str | None = None
    runs: Any = None


def run_cell_apart(
    exercise_id: str, source: str, course: Course, *, sandbox: Sandbox, runs: Runs, seconds: float
) -> CellRun:
    """Run a learner's cell against the course's cloud, contained; return when it has ended or was ended."""
    home = sandbox.folder / "cells" / exercise_id
    home.mkdir(parents=True, exist_ok=True)
    job = {
        "id": exercise_id,
        "source": source,
        "endpoint": course.cloud.endpoint,
        "root": str(course.root),
        "runs": runs,
    }
    started = stopwatch()
    process = _start(json.dumps(job).encode(), home, course.root, sandbox)
    reported, printed = _Reader(process.stdout, MOST_REPORTED), _Reader(process.stderr, MOST_PRINTED)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return CellRun(f"The cell was stopped after {stopwatch() - started:.0f} s.")
    finally:
        _end(process)
    return _cell_run(reported.content(), printed.content(), process.returncode)


def _start(job: bytes, home: Path, root: Path, sandbox: Sandbox) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-I", "-X", "utf8", "-m", "workshop.grading.sandbox.cell"]
    # Not a pipe: a process that never reads would block whoever writes into it.
    with tempfile.TemporaryFile() as stdin:
        stdin.write(job)
        stdin.seek(0)
        return subprocess.Popen(
            [*sandbox.launcher("cell"), *command],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=scrubbed(home),
            cwd=root,
            start_new_session=True,
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    # In a sandbox, the group holds the first process of its PID namespace, with which the kernel ends all
    # others. Without one, the supervisor finds what has left the group by its mark.
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _cell_run(reported: bytes, printed: bytes, code: int) -> CellRun:
    try:
        document = json.loads(reported)
        error, runs = document["error"], document["runs"]
    # The cell may have written anything in place of a report, such as a million brackets.
    except (ValueError, TypeError, KeyError, RecursionError):
        last = printed.decode(errors="replace").strip().splitlines()[-1:]
        end = f"signal {-code}" if code < 0 else f"exit code {code}"
        quoted = f"; the last that it printed: `{last[0]}`" if last and code else ""
        return CellRun(f"The cell ended its process ({end}){quoted}.")
    return CellRun(f"The cell raised `{error}`." if error else None, runs)


class _Reader:
    """Reads all that a process writes, so that it never blocks, and keeps the beginning."""

    def __init__(self, source: IO[bytes] | None, most: int) -> None:
        self._source = source
        self._most = most
        self._kept = bytearray()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def content(self) -> bytes:
        """Return what was kept; a process that got away may still hold the pipe, and is not waited for."""
        self._thread.join(GRACE_SECONDS)
        return bytes(self._kept)

    def _read(self) -> None:
        if self._source is None:
            return
        with contextlib.suppress(OSError, ValueError), self._source as source:
            while part := os.read(source.fileno(), CHUNK):
                self._kept += part[: self._most - len(self._kept)]
