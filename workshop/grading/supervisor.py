"""Supervises one submission: starts its judge process, reads its events, and enforces the limits.

There is a result for every exercise, whatever the submission does. This process runs none of its code. An
exercise that exceeds a limit costs only itself: everything that was started is ended, and a new judge process
goes on with the exercises after it.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from workshop.clock import stopwatch
from workshop.course.exercise import Outcome
from workshop.grading.outcomes import ExerciseResult, plain
from workshop.grading.sandbox.environment import scrubbed
from workshop.grading.sandbox.process_tree import end_tree, usage_below
from workshop.grading.sandbox.sandbox import Sandbox

__all__ = ["Supervisor"]

LOOK_SECONDS = 0.2
FOLDER_LOOKS = 5  # measuring a folder takes longer than listing processes
MEGABYTE = 1024 * 1024
MOST_EVENT_BYTES = 1 << 20
END = "end"


@dataclass(frozen=True)
class Stop:
    """Why a judge process was ended, and the outcome of the exercise that it was judging."""

    outcome: Outcome
    why: str


@dataclass
class CurrentExercise:
    """The exercise being judged, whether its answer is looked at yet, and since when (in seconds)."""

    id: str
    is_answer: bool
    since: float


class Supervisor:
    """Has the exercises of one submission judged within its limits; `on_result` is called after each."""

    def __init__(
        self,
        sandbox: Sandbox,
        exercise_ids: Sequence[str],
        *,
        on_result: Callable[[], None],
        stopping: threading.Event,
    ) -> None:
        self._sandbox = sandbox
        self._stopping = stopping
        self._ids = tuple(exercise_ids)
        self._on_result = on_result
        self._results: dict[str, ExerciseResult] = {}
        self._started = stopwatch()
        self.notes: list[str] = []

    def results(self) -> tuple[ExerciseResult, ...]:
        """Judge all exercises and return their results, in their order."""
        while waiting := [each for each in self._ids if each not in self._results]:
            if self._stopping.is_set():
                self._note_all(waiting, Stop(Outcome.BROKEN_CHECK, "Not judged: checking was interrupted."))
            elif self._is_over():
                why = f"Not judged: the submission had used up its {self._sandbox.limits.wall_seconds:g} s."
                self._note_all(waiting, Stop(Outcome.INCORRECT, why))
            else:
                self._run_judge(waiting)
        return tuple(self._results[each] for each in self._ids)

    def _run_judge(self, waiting: list[str]) -> None:
        """Let one judge process work until it ends, or is ended; at least one exercise gets its result."""
        process = self._start(waiting)
        current = CurrentExercise(waiting[0], is_answer=False, since=stopwatch())
        try:
            stop = self._follow(process, current)
        finally:
            if not end_tree(process, self._sandbox.marker):
                self.notes.append("Some processes of this submission could not be ended.")
            with contextlib.suppress(OSError):
                # Only now: by the end of its input a judge process knows that its supervisor is gone.
                _pipe(process.stdin).close()
        if stop is not None and current.id not in self._results:
            self._note(current.id, stop.outcome, stop.why)

    def _start(self, waiting: list[str]) -> subprocess.Popen[bytes]:
        folder = self._sandbox.folder
        job = {
            "folder": str(folder),
            "marker": self._sandbox.marker,
            "limits": self._sandbox.limits.document(),
            "bwrap": self._sandbox.containment.bwrap,
            "exercises": waiting,
        }
        with (folder / "judging.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-I", "-X", "utf8", "-m", "workshop.grading.judge_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=scrubbed(folder, temporary=folder / "tmp"),
                cwd=self._sandbox.root,
                start_new_session=True,
            )
        with contextlib.suppress(OSError):  # it has ended already; its events will show that
            entrance = _pipe(process.stdin)
            entrance.write(json.dumps(job).encode() + b"\n")
            entrance.flush()
        return process

    def _follow(self, process: subprocess.Popen[bytes], current: CurrentExercise) -> Stop | None:
        """Take events until a limit is exceeded or the process ends; return why it is over."""
        events: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        threading.Thread(target=_read, args=(_pipe(process.stdout), events), daemon=True).start()
        looks = 0
        while True:
            looks += 1
            if stop := self._beyond(process, current, measure_folder=looks % FOLDER_LOOKS == 0):
                return stop
            try:
                event = events.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                continue
            if event is None:
                return Stop(Outcome.BROKEN_CHECK, f"The check ended unexpectedly. {self._last_words()}")
            # As a rule the last exercise has its verdict by now, and this reason is not used.
            if event.get("event") == END:
                return Stop(Outcome.BROKEN_CHECK, "The check ended without a verdict.")
            self._take(event, current)

    def _take(self, event: dict[str, Any], current: CurrentExercise) -> None:
        name = str(event.get("id"))
        if name not in self._ids:
            return
        if event["event"] == "verdict":
            self._note(name, Outcome(event["outcome"]), str(event["feedback"]))
        else:
            current.id, current.is_answer, current.since = name, event["event"] == "answer", stopwatch()

    def _beyond(
        self, process: subprocess.Popen[bytes], current: CurrentExercise, *, measure_folder: bool
    ) -> Stop | None:
        """Return which limit has been passed, if one has."""
        if self._stopping.is_set():
            return Stop(Outcome.BROKEN_CHECK, "Not judged: checking was interrupted.")
        return self._beyond_time(current) or self._beyond_use(process, measure_folder=measure_folder)

    def _beyond_time(self, current: CurrentExercise) -> Stop | None:
        limits, elapsed = self._sandbox.limits, stopwatch() - current.since
        if self._is_over():
            return Stop(Outcome.INCORRECT, f"Stopped: the submission took {limits.wall_seconds:g} s in all.")
        if current.is_answer and elapsed > limits.exercise_seconds:
            return Stop(
                Outcome.INCORRECT, f"Stopped: this answer took more than {limits.exercise_seconds:g} s."
            )
        if not current.is_answer and elapsed > limits.start_seconds:
            why = f"The start of this exercise was not reached within {limits.start_seconds:g} s."
            return Stop(Outcome.BROKEN_CHECK, why)
        return None

    def _beyond_use(self, process: subprocess.Popen[bytes], *, measure_folder: bool) -> Stop | None:
        limits, used = self._sandbox.limits, usage_below(process.pid)
        size = _size(self._sandbox.folder) if measure_folder else 0
        for amount, most, what in (
            (used.tasks, limits.total_processes, "processes and threads were running"),
            (used.memory_bytes // MEGABYTE, limits.total_memory_mb, "MB of memory were in use"),
            (size // MEGABYTE, limits.disk_mb, "MB had been written"),
        ):
            if amount > most:
                return Stop(Outcome.INCORRECT, f"Stopped: {amount:,} {what}.")
        return None

    def _is_over(self) -> bool:
        return stopwatch() - self._started > self._sandbox.limits.wall_seconds

    def _note(self, exercise_id: str, outcome: Outcome, feedback: str) -> None:
        self._results[exercise_id] = ExerciseResult(exercise_id, outcome, plain(feedback))
        self._on_result()

    def _note_all(self, exercise_ids: Sequence[str], stop: Stop) -> None:
        for each in exercise_ids:
            self._note(each, stop.outcome, stop.why)

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            log = (self._sandbox.folder / "judging.log").read_bytes()[-MOST_EVENT_BYTES:]
            if lines := log.decode(errors="replace").strip().splitlines():
                return f"Its last words: {lines[-1]}"
        return ""


def _read(source: IO[bytes], events: queue.SimpleQueue[dict[str, Any] | None]) -> None:
    with contextlib.suppress(OSError, ValueError), source:
        while line := source.readline(MOST_EVENT_BYTES):
            document = json.loads(line)
            if isinstance(document, dict):
                events.put(document)
    events.put(None)


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise RuntimeError("a pipe that was asked for is missing")
    return stream


def _size(folder: Path) -> int:
    """Return the bytes of all files below a folder; files that come and go meanwhile may be missed."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += Path(parent, name).lstat().st_size
    return total
