"""The one place where what a learner does becomes a report: progress that tells the class, and the score.

Outside a class nothing is reported. Reporting never fails: a check is worth more than its report.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

from workshop.classroom.learner.delivery import deliver_briefly, poke
from workshop.classroom.learner.membership import read_membership, take_damaged
from workshop.classroom.learner.outbox import Happening, Outbox, take_put_aside
from workshop.clock import Clock, SystemClock
from workshop.course.exercise import Outcome
from workshop.course.progress import CourseProgress, ExerciseEntry

__all__ = [
    "LiveScore",
    "class_progress",
    "counted_once",
    "deliver_recorded",
    "happenings_of",
    "is_unknown",
    "report",
    "report_anew",
]

GAME = "trade risk"
UNKNOWN = (
    "The class board does not know you any more: it was begun anew, or you were removed. Nothing is "
    "reported; join again with the line that its join page shows."
)
DAMAGED = (
    "What was kept for the class board was damaged, and is now in `{}`. What you have passed is reported "
    "anew; calls for help and wrong answers that had not arrived are lost."
)
OUTCOMES = {Outcome.PASSED: "passed", Outcome.INCORRECT: "incorrect", Outcome.BROKEN_CHECK: "error"}

# Homes whose reports no courier takes, since a command's process ends soon.
_recorded: set[Path] = set()


def class_progress(home: Path, *, clock: Clock | None = None) -> CourseProgress:
    """Return the learner's progress; what is recorded in it is reported to the class."""

    def tell(kind: str, fields: Mapping[str, str | int]) -> None:
        report(home, kind, _worded(fields), clock=clock)

    return CourseProgress(home, clock=clock, tell=tell)


class LiveScore:
    """The points of a pipeline in the game, reported whenever they change, so that the class follows it."""

    def __init__(self, home: Path, *, clock: Clock | None = None) -> None:
        self._home, self._clock = home, clock
        self._told: int | None = None

    def tell(self, points: int) -> bool:
        """Report the points, if they are others than before; return whether that was done."""
        if points == self._told:
            return False
        self._told = points
        return report(self._home, "played", {"game": GAME, "score": points}, clock=self._clock)


def report(home: Path, kind: str, fields: Mapping[str, str | int], *, clock: Clock | None = None) -> bool:
    """Put a report into the outbox, for the courier to take; return whether that was done."""
    membership = read_membership(home)
    if membership is None:
        return False
    now = (clock or SystemClock()).now()
    try:
        Outbox(home, membership.key).add([Happening(kind, fields, now)])
    except (sqlite3.Error, OSError, ValueError):
        return False
    if not poke(home):
        _recorded.add(home)
    return True


def deliver_recorded() -> list[str]:
    """At the end of a command, or now and then in a long one: try briefly to deliver what it recorded.

    Returns what the learner has to know, each thing once.
    """
    told = []
    while _recorded:
        home = _recorded.pop()
        told += report_anew(home)
        was_unknown = is_unknown(home)
        deliver_briefly(home)
        if not was_unknown and is_unknown(home):
            told.append(UNKNOWN)
    return [*told, *take_damaged()]


def is_unknown(home: Path) -> bool:
    """Whether the board has said that it does not know the learner who joined."""
    membership = read_membership(home)
    try:
        return membership is not None and Outbox(home, membership.key).state.is_unknown
    except (sqlite3.Error, OSError):
        return False


def report_anew(home: Path) -> list[str]:
    """Where a damaged outbox was put aside, report anew what is passed.

    Returns what to tell the learner, of this file and of others that were damaged.
    """
    aside, membership = take_put_aside(), read_membership(home)
    if aside and membership is not None:
        kept = counted_once(happenings_of(CourseProgress(home).entries()))
        with contextlib.suppress(sqlite3.Error, OSError, ValueError):
            Outbox(home, membership.key).add(kept)
    return [*(DAMAGED.format(each) for each in aside), *take_damaged()]


def happenings_of(entries: Mapping[str, ExerciseEntry]) -> list[Happening]:
    """Return what was done before the class was joined, in the order in which it was done."""
    found = []
    for step, entry in entries.items():
        if entry.last_at is None:
            continue
        if entry.is_helped:
            found.append(Happening("hinted", {"step": step, "hints": entry.help_taken}, entry.last_at))
        if entry.outcome is not Outcome.NOT_ATTEMPTED:
            fields: dict[str, str | int] = {"outcome": str(entry.outcome), "attempts": entry.attempts}
            found.append(Happening("checked", _worded({"step": step, **fields}), entry.last_at))
    return sorted(found, key=lambda each: each.at)


def counted_once(happenings: Iterable[Happening]) -> list[Happening]:
    """Return what a board counts once, however often it hears of it; wrong answers are left out."""
    return [each for each in happenings if each.fields.get("outcome") in {None, "passed"}]


def _worded(fields: Mapping[str, str | int]) -> dict[str, str | int]:
    """Return the fields of a report with an outcome in the protocol's words."""
    if "outcome" not in fields:
        return dict(fields)
    return {**fields, "outcome": OUTCOMES[Outcome(str(fields["outcome"]))]}
