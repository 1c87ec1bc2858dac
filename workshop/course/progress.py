"""Records what a learner has done so far, in one small file that survives kernels, terminals and restarts.

Keeps verdicts, hints and answers to questions, and tells whoever wants to know. The file is replaced as a
whole, so a reader never sees half of it, and changed under a lock, so no change is lost. A damaged file is
set aside with a warning.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from workshop.clock import Clock, SystemClock
from workshop.course.exercise import CheckResult, Outcome
from workshop.course.files import advice_on_file, locked, patiently, write_whole
from workshop.errors import reason

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CourseProgress", "ExerciseEntry", "QuestionEntry"]

FILE = "progress.json"
LOCK = "progress.lock"
# What reading a damaged file raises. An OSError does not mean damage: the file may be fine.
DAMAGED = (ValueError, TypeError, KeyError, AttributeError, RecursionError)
UNSAVED = "`{}` cannot be written ({}), so your progress is lost when this process ends. {}"
Tell = Callable[[str, Mapping[str, str | int]], None]
Document = dict[str, Any]


@dataclass(frozen=True)
class ExerciseEntry:
    """How far one exercise is; times are in unix seconds, `hints` is the number of steps that were shown.

    `passed_at` is the time of the first pass, and stays if a later check of the same exercise fails; by then
    `was_helped` was decided (None where it was passed before that was recorded).
    """

    outcome: Outcome = Outcome.NOT_ATTEMPTED
    attempts: int = 0
    hints: int = 0
    solution_taken: bool = False
    first_at: float | None = None
    last_at: float | None = None
    passed_at: float | None = None
    was_helped: bool | None = None

    @property
    def is_unaided(self) -> bool:
        """Whether the exercise was passed without hints and solution; what is looked at later is no help."""
        helped = self.is_helped if self.was_helped is None else self.was_helped
        return self.is_passed and not helped

    @property
    def is_helped(self) -> bool:
        """Whether a hint or the solution has been shown."""
        return self.hints > 0 or self.solution_taken

    @property
    def help_taken(self) -> int:
        """How much help was shown: the hints, and the solution as one more."""
        return self.hints + self.solution_taken

    @property
    def is_passed(self) -> bool:
        """Whether the exercise was passed at some time."""
        return self.passed_at is not None


@dataclass(frozen=True)
class QuestionEntry:
    """An answer to a question; `is_right` is None while that is unknown."""

    answer: str
    is_right: bool | None
    at: float


class CourseProgress:
    """The file in the workshop's private folder; every change is on disk when the call returns.

    Safe for several threads and processes. `warning` says so if an earlier file could not be read. `tell`
    hears what was recorded: `began`, `checked` or `hinted`, with the step and how it stands. Where a change
    cannot be written, as on a full disk, this process goes on knowing it, `on_unsaved` hears why, and the
    next change writes it too.
    """

    def __init__(
        self, home: Path, *, clock: Clock | None = None, tell: Tell = lambda _kind, _fields: None
    ) -> None:
        self._file = home / FILE
        self._lock = home / LOCK
        self._clock = clock or SystemClock()
        self._tell = tell
        self.warning: str | None = None
        self.on_unsaved: Callable[[str], object] = lambda _: None
        self._unsaved: list[Callable[[Document], None]] = []

    def of(self, exercise_id: str) -> ExerciseEntry:
        """Return how far an exercise is."""
        return self.entries().get(exercise_id, ExerciseEntry())

    def entries(self) -> dict[str, ExerciseEntry]:
        """Return what is recorded, by exercise id."""
        return {name: _entry(fields) for name, fields in self._read()["exercises"].items()}

    def question(self, question_id: str) -> QuestionEntry | None:
        """Return what was answered to a question, or None."""
        return self.questions().get(question_id)

    def questions(self) -> dict[str, QuestionEntry]:
        """Return what was answered, by question id."""
        return {name: _question_entry(fields) for name, fields in self._read()["questions"].items()}

    @property
    def last_notebook(self) -> str | None:
        """The number of the notebook that was begun last, such as `05`; None before the first."""
        found = self._read().get("notebook")
        return str(found) if found else None

    def begin_notebook(self, notebook: str) -> None:
        """Record that a notebook was begun."""

        def change(document: Document) -> None:
            document["notebook"] = notebook

        self._apply(change)
        self._tell("began", {"step": notebook})

    def record(self, exercise_id: str, verdict: CheckResult) -> ExerciseEntry:
        """Record a verdict; a broken check does not count as an attempt, and changes no outcome."""
        entry = self._with_verdict(exercise_id, verdict)
        if verdict.outcome is not Outcome.NOT_ATTEMPTED:
            standing: dict[str, str | int] = {"outcome": str(verdict.outcome), "attempts": entry.attempts}
            self._tell("checked", {"step": exercise_id, **standing})
        return entry

    def _with_verdict(self, exercise_id: str, verdict: CheckResult) -> ExerciseEntry:
        if verdict.outcome is Outcome.BROKEN_CHECK:
            return self.of(exercise_id)
        now, is_attempt = self._clock.now(), verdict.outcome is not Outcome.NOT_ATTEMPTED

        def change(before: ExerciseEntry) -> ExerciseEntry:
            is_first_pass = verdict.is_passed and not before.is_passed
            return replace(
                before,
                outcome=verdict.outcome,
                attempts=before.attempts + is_attempt,
                passed_at=before.passed_at or (now if verdict.is_passed else None),
                was_helped=before.is_helped if is_first_pass else before.was_helped,
            )

        return self._change(exercise_id, change)

    def take_hint(self, exercise_id: str, step: int) -> ExerciseEntry:
        """Record that hints were shown up to `step`, counted from 1."""
        return self._helped(exercise_id, lambda before: replace(before, hints=max(before.hints, step)))

    def take_solution(self, exercise_id: str) -> ExerciseEntry:
        """Record that the solution was shown or put in."""
        return self._helped(exercise_id, lambda before: replace(before, solution_taken=True))

    def reset(self, exercise_id: str) -> None:
        """Remove what is recorded of an exercise, except help: who has seen the answer goes on knowing it."""

        def change(document: Document) -> None:
            known = document["exercises"].pop(exercise_id, None)
            if known is not None and (before := _entry(known)).is_helped:
                taken = ExerciseEntry(hints=before.hints, solution_taken=before.solution_taken)
                document["exercises"][exercise_id] = asdict(taken)

        self._apply(change)

    def answer(self, question_id: str, given: str, *, is_right: bool | None) -> QuestionEntry:
        """Record an answer to a question; it replaces an earlier one."""
        entry = QuestionEntry(given, is_right, self._clock.now())

        def change(document: Document) -> None:
            document["questions"][question_id] = asdict(entry)

        self._apply(change)
        return entry

    def _helped(self, exercise_id: str, change: Callable[[ExerciseEntry], ExerciseEntry]) -> ExerciseEntry:
        entry = self._change(exercise_id, change)
        self._tell("hinted", {"step": exercise_id, "hints": entry.help_taken})
        return entry

    def _change(self, exercise_id: str, change: Callable[[ExerciseEntry], ExerciseEntry]) -> ExerciseEntry:
        now = self._clock.now()

        def change_one(document: Document) -> None:
            known = document["exercises"].get(exercise_id)
            entry = change(ExerciseEntry() if known is None else _entry(known))
            entry = replace(entry, first_at=entry.first_at or now, last_at=now)
            document["exercises"][exercise_id] = asdict(entry)

        return _entry(self._apply(change_one)["exercises"][exercise_id])

    def _apply(self, change: Callable[[Document], None]) -> Document:
        """Change the document under the lock, and write it if that made it another; return it.

        What could not be written before is in it as well, on top of what other processes wrote meanwhile.
        """
        with locked(self._lock):
            document = self._mended()
            before = json.dumps(document)
            change(document)
            if self._unsaved or json.dumps(document) != before:
                self._write(document, change)
        return document

    def _write(self, document: Document, change: Callable[[Document], None]) -> None:
        try:
            write_whole(self._file, json.dumps(document, indent=1))
            self._unsaved = []
        except OSError as error:
            # Nobody is kept from a hint or a check by a disk that is full.
            self._unsaved.append(change)
            self.on_unsaved(UNSAVED.format(self._file, reason(error), advice_on_file(error)).rstrip())

    def _read(self) -> Document:
        if not self._unsaved:
            with contextlib.suppress(*DAMAGED):
                return self._parsed()
        with locked(self._lock):
            return self._mended()

    def _mended(self) -> Document:
        """Return the document, after setting a damaged file aside; the caller holds the lock."""
        try:
            return self._with_unsaved(self._parsed())
        except DAMAGED as error:
            self._set_aside(error)
            return self._with_unsaved(_empty())

    def _with_unsaved(self, document: Document) -> Document:
        for change in tuple(self._unsaved):
            change(document)
        return document

    def _parsed(self) -> Document:
        try:
            text = patiently(lambda: self._file.read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            return _empty()
        document = json.loads(text)
        for entry in document["exercises"].values():
            _entry(entry)
        for entry in document["questions"].values():
            _question_entry(entry)
        return dict(document)

    def _set_aside(self, error: Exception) -> None:
        aside = self._file.with_name(f"progress-damaged-{self._clock.now():.0f}.json")
        try:
            patiently(lambda: self._file.replace(aside))
        except OSError:
            return  # it cannot even be moved; the next write replaces it
        self.warning = (
            f"`{self._file}` could not be read ({type(error).__name__}), so your progress starts over; "
            f"the old file is kept as `{aside.name}`, and checking an exercise again counts it again."
        )


def _empty() -> Document:
    return {"exercises": {}, "questions": {}}


def _entry(document: Mapping[str, Any]) -> ExerciseEntry:
    values = _known(ExerciseEntry, document)
    return ExerciseEntry(**{**values, "outcome": Outcome(values["outcome"])})


def _question_entry(document: Mapping[str, Any]) -> QuestionEntry:
    return QuestionEntry(**_known(QuestionEntry, document))


def _known(kind: type[ExerciseEntry | QuestionEntry], document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that this version knows; a later version may have written more."""
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in document.items() if name in names}
