"""What a certificate may say: the learner's own numbers, taken from what is recorded of their progress."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from workshop.course.exercise import Exercise
from workshop.course.progress import CourseProgress

__all__ = ["CertificateFacts", "certificate_facts"]


@dataclass(frozen=True)
class CertificateFacts:
    """The numbers of one learner; days are in UTC, and None before the first check.

    `answered` and `right` count predictions and quizzes alike, as far as there is a right answer.
    """

    name: str
    solved: tuple[str, ...]
    open: tuple[str, ...]
    attempts: int
    without_help: int
    hints: int
    solutions: int
    answered: int
    right: int
    first_day: date | None
    last_day: date | None

    @property
    def is_complete(self) -> bool:
        """Whether every exercise of the course was solved."""
        return not self.open


def certificate_facts(name: str, exercises: Iterable[Exercise], progress: CourseProgress) -> CertificateFacts:
    """Return the numbers; `solved` and `open` hold titles in the order of the course."""
    entries, answers = progress.entries(), progress.questions().values()
    known = [(each, entries.get(each.id)) for each in exercises]
    solved = [(each, entry) for each, entry in known if entry is not None and entry.is_passed]
    begun = [entry for _, entry in known if entry is not None]
    times = [time for entry in begun for time in (entry.first_at, entry.passed_at) if time is not None]
    return CertificateFacts(
        name=" ".join(name.split()),
        solved=tuple(each.title for each, _ in solved),
        open=tuple(each.title for each, entry in known if entry is None or not entry.is_passed),
        attempts=sum(entry.attempts for entry in begun),
        without_help=sum(entry.is_unaided for _, entry in solved),
        hints=sum(entry.hints for entry in begun),
        solutions=sum(entry.solution_taken for entry in begun),
        answered=sum(answer.is_right is not None for answer in answers),
        right=sum(answer.is_right is True for answer in answers),
        first_day=_day(min(times, default=None)),
        last_day=_day(max(times, default=None)),
    )


def _day(time: float | None) -> date | None:
    return None if time is None else datetime.fromtimestamp(time, UTC).date()
