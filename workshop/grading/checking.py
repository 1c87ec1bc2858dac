"""Checks submissions: copies each, supervises its judging, and removes the copy.

Submissions share nothing: each has its own folder, cloud, port and mark, so what one does shows in its own
results alone.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

from workshop.clock import stopwatch
from workshop.course.exercise import Exercise, Outcome
from workshop.course.exercises import all_exercises
from workshop.grading.intake import Intake, expected_files, find_submissions, take_in
from workshop.grading.outcomes import ClassResult, ExerciseResult, SubmissionResult, plain
from workshop.grading.sandbox.availability import Containment, find_containment
from workshop.grading.sandbox.limits import Limits
from workshop.grading.sandbox.sandbox import Sandbox
from workshop.grading.supervisor import Supervisor
from workshop.settings import project_root

__all__ = ["SubmissionProgress", "check_submissions"]

# What a checkout holds for checks. Where learners work, it may hold the instructor's own answers: such files
# are made from starters and solutions, or come from the submission.
PARTS = ("lambdas/common", "lambdas/generator", "cloudformation", "solutions", "notebooks/data")
OWN_FOLDERS = ("lambdas/stateful", "lambdas/stateless")
LEFT_BEHIND = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")


@dataclass(frozen=True)
class SubmissionProgress:
    """How far one submission is; `is_done` comes once for each."""

    name: str
    judged: int
    exercises: int
    is_done: bool = False


def check_submissions(
    folder: Path,
    *,
    exercises: Sequence[Exercise] | None = None,
    limits: Limits | None = None,
    jobs: int = 1,
    containment: Containment | None = None,
    on_progress: Callable[[SubmissionProgress], None] | None = None,
) -> ClassResult:
    """Judge a learner's folder, or all learners' folders in one; `jobs` of them at the same time.

    Nothing in the folders is changed, and nothing of them runs in this process. `on_progress` is called from
    several threads if there are several jobs.

    Raises:
        ConfigurationError: no submission lies there, or this is no checkout of the workshop.
    """
    found = find_submissions(folder)
    judged = tuple(exercise.id for exercise in (exercises or all_exercises()))
    contained = containment or find_containment()
    checker = _Checker(project_root(), judged, limits or Limits(), contained, on_progress or (lambda _: None))
    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        try:
            results = tuple(pool.map(checker.check, found))
        finally:
            checker.stopping.set()  # Ctrl-C must leave nothing running
    return ClassResult(results, contained.warnings, is_class=found != (folder,))


@dataclass(frozen=True)
class _Checker:
    """Checks submissions under the same conditions; thread-safe."""

    checkout: Path
    exercises: tuple[str, ...]
    limits: Limits
    containment: Containment
    on_progress: Callable[[SubmissionProgress], None]
    stopping: threading.Event = field(default_factory=threading.Event)

    def check(self, submission: Path) -> SubmissionResult:
        """Return the results of one submission; trouble with one does not keep the others from theirs."""
        name, started = plain(submission.resolve().name), stopwatch()
        folder = Path(tempfile.mkdtemp(prefix="submission-")).resolve()
        try:
            results, notes = self._judge(submission, folder, name)
        # Whatever is wrong with this one, even a full disk, the class goes on.
        except Exception as error:  # noqa: BLE001
            why = plain(f"This submission could not be checked: {type(error).__name__}: {error}.")
            results = tuple(ExerciseResult(each, Outcome.BROKEN_CHECK, why) for each in self.exercises)
            notes = (why,)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        self.on_progress(SubmissionProgress(name, len(results), len(self.exercises), is_done=True))
        return SubmissionResult(name, results, notes, stopwatch() - started)

    def _judge(
        self, submission: Path, folder: Path, name: str
    ) -> tuple[tuple[ExerciseResult, ...], tuple[str, ...]]:
        sandbox = Sandbox(folder, token_hex(16), self.limits, self.containment)
        intake = self._set_up(submission, sandbox)
        if not intake.files:
            why = "Nothing was handed in for this exercise."
            empty = tuple(ExerciseResult(each, Outcome.NOT_ATTEMPTED, why) for each in self.exercises)
            return empty, tuple(plain(note) for note in intake.notes)
        judged = 0

        def count() -> None:
            nonlocal judged
            judged += 1
            self.on_progress(SubmissionProgress(name, judged, len(self.exercises)))

        supervisor = Supervisor(sandbox, self.exercises, on_result=count, stopping=self.stopping)
        results = supervisor.results()
        return results, tuple(plain(note) for note in (*intake.notes, *supervisor.notes))

    def _set_up(self, submission: Path, sandbox: Sandbox) -> Intake:
        for part in PARTS:
            shutil.copytree(self.checkout / part, sandbox.root / part, ignore=LEFT_BEHIND)
        for part in OWN_FOLDERS:
            (sandbox.root / part).mkdir(parents=True)
        for each in ("tmp", "home", "cells"):
            (sandbox.folder / each).mkdir()
        return take_in(submission, sandbox.folder / "handed-in", expected_files(self.checkout))
