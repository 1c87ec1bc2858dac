"""What a learner has done so far, kept in one small file that survives kernels, terminals and restarts.

In go verdicts, hints and answers to questions, out come entries. The file is replaced as a whole, so that a
reader never sees half of it; one that cannot be read is set aside, and that is said.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from workshop.checks.exercise import Outcome, Verdict
from workshop.clock import Clock, SystemClock

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Entry", "Progress", "QuestionEntry"]

FILE = "progress.json"


@dataclass(frozen=True)
class Entry:
    """How far one exercise is; times are unix seconds, `hints` counts the steps that were shown.

    `passed_at` stays once it is there, also if a later check of the same exercise fails.
    """

    outcome: Outcome = Outcome.NOT_ATTEMPTED
    attempts: int = 0
    hints: int = 0
    solution_taken: bool = False
    first_at: float | None = None
    last_at: float | None = None
    passed_at: float | None = None

    @property
    def is_passed(self) -> bool:
        """Whether the exercise was passed at some time."""
        return self.passed_at is not None


@dataclass(frozen=True)
class QuestionEntry:
    """What was answered to a question: a text, and whether it was right, None while nobody knows."""

    answer: str
    is_right: bool | None
    at: float


class Progress:
    """The file in the workshop's private folder; every change is on the disk when the call returns.

    `warning` says so if an earlier file could not be read.
    """

    def __init__(self, home: Path, *, clock: Clock | None = None) -> None:
        self._file = home / FILE
        self._clock = clock or SystemClock()
        self.warning: str | None = None

    def of(self, exercise_id: str) -> Entry:
        """Return how far an exercise is."""
        return self.entries().get(exercise_id, Entry())

    def entries(self) -> dict[str, Entry]:
        """Return all exercises that anything is known of."""
        return {name: _entry(fields) for name, fields in self._read()["exercises"].items()}

    def question(self, question_id: str) -> QuestionEntry | None:
        """Return what was answered to a question, or None."""
        found = self._read()["questions"].get(question_id)
        return QuestionEntry(**found) if found else None

    def record(self, exercise_id: str, verdict: Verdict) -> Entry:
        """Note what a check said; a check that broke is no attempt, and changes no outcome."""
        if verdict.outcome is Outcome.BROKEN_CHECK:
            return self.of(exercise_id)
        now, before = self._clock.now(), self.of(exercise_id)
        is_attempt = verdict.outcome is not Outcome.NOT_ATTEMPTED
        entry = replace(
            before,
            outcome=verdict.outcome,
            attempts=before.attempts + is_attempt,
            passed_at=before.passed_at or (now if verdict.is_passed else None),
        )
        return self._put(exercise_id, entry, now)

    def take_hint(self, exercise_id: str, step: int) -> Entry:
        """Note that the hints of an exercise were shown up to a step, counted from 1."""
        before = self.of(exercise_id)
        return self._put(exercise_id, replace(before, hints=max(before.hints, step)), self._clock.now())

    def take_solution(self, exercise_id: str) -> Entry:
        """Note that the solution of an exercise was shown or put in."""
        return self._put(exercise_id, replace(self.of(exercise_id), solution_taken=True), self._clock.now())

    def forget(self, exercise_id: str) -> None:
        """Let an exercise be as if it had never been begun."""
        document = self._read()
        if document["exercises"].pop(exercise_id, None) is not None:
            self._write(document)

    def answer(self, question_id: str, given: str, *, is_right: bool | None) -> QuestionEntry:
        """Note an answer to a question; a later one takes its place."""
        entry = QuestionEntry(given, is_right, self._clock.now())
        document = self._read()
        document["questions"][question_id] = asdict(entry)
        self._write(document)
        return entry

    def _put(self, exercise_id: str, entry: Entry, now: float) -> Entry:
        entry = replace(entry, first_at=entry.first_at or now, last_at=now)
        document = self._read()
        document["exercises"][exercise_id] = asdict(entry)
        self._write(document)
        return entry

    def _read(self) -> dict[str, Any]:
        empty: dict[str, Any] = {"exercises": {}, "questions": {}}
        try:
            document = json.loads(self._file.read_text(encoding="utf-8"))
            for entry in document["exercises"].values():
                _entry(entry)
            for entry in document["questions"].values():
                QuestionEntry(**entry)
        except FileNotFoundError:
            return empty
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            self._set_aside(error)
            return empty
        return dict(document)

    def _set_aside(self, error: Exception) -> None:
        aside = self._file.with_name(f"progress-damaged-{self._clock.now():.0f}.json")
        try:
            self._file.replace(aside)
        except OSError:
            return  # it cannot even be moved; what is written next takes its place
        self.warning = (
            f"`{self._file}` could not be read ({type(error).__name__}), so your progress begins anew; "
            f"the old file is kept as `{aside.name}`, and checking an exercise again counts it again."
        )

    def _write(self, document: Mapping[str, Any]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_name(f"progress-{os.getpid()}.draft")
        draft.write_text(json.dumps(document, indent=1), encoding="utf-8")
        draft.replace(self._file)


def _entry(document: Mapping[str, Any]) -> Entry:
    known = {field.name for field in fields(Entry)}
    values = {name: value for name, value in document.items() if name in known}
    return Entry(**{**values, "outcome": Outcome(values["outcome"])})
