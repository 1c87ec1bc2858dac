"""An exercise as a value: where its answer goes, its hints, and its check.

`judge` runs the check and returns one of four outcomes with feedback. An error of the check itself is
reported as a broken check, never as the learner's mistake. Nothing is shown or stored here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from workshop.cloud.connection import NO_ANSWER
from workshop.cloud.sign_in import refusal_advice, sign_in_advice
from workshop.errors import BundleError, StackNotFoundError

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = [
    "Cell",
    "CheckResult",
    "Exercise",
    "Function",
    "Outcome",
    "incorrect",
    "judge",
    "not_attempted",
    "passed",
]


class Outcome(StrEnum):
    """What became of an exercise."""

    PASSED = "passed"
    NOT_ATTEMPTED = "not_attempted"
    INCORRECT = "incorrect"
    BROKEN_CHECK = "broken_check"


@dataclass(frozen=True)
class CheckResult:
    """An outcome, and what was observed, in the learner's words."""

    outcome: Outcome
    feedback: str

    @property
    def is_passed(self) -> bool:
        """Whether the exercise is done."""
        return self.outcome is Outcome.PASSED


def passed(feedback: str) -> CheckResult:
    """Return the verdict on an answer that does what was asked for."""
    return CheckResult(Outcome.PASSED, feedback)


def not_attempted(feedback: str) -> CheckResult:
    """Return the verdict where nothing has been answered yet."""
    return CheckResult(Outcome.NOT_ATTEMPTED, feedback)


def incorrect(feedback: str) -> CheckResult:
    """Return the verdict on an answer that does something else; says what was observed, not the answer."""
    return CheckResult(Outcome.INCORRECT, feedback)


@dataclass(frozen=True)
class Cell:
    """The answer is the cell of a notebook (`03`) with the tag `exercise:<id>`."""

    notebook: str


@dataclass(frozen=True)
class Function:
    """The answer is a function of a handler file, such as `keep` in `stateful/state.py`.

    Without a `name` it is the whole file. `variant` says where the solution lies: `textbook` or `ledger`.
    """

    path: str
    name: str | None
    variant: str


@dataclass(frozen=True)
class Exercise:
    """One exercise of the course.

    `hints` ask, then point, then show nearly the code; the course keeps them in `workshop/course/hints`.
    `is_done` is given where later notebooks build on what the answer leaves in the cloud: a quick look at
    whether that exists. `undo` removes it. `deletes` names what an answer takes away for good. `fits` names
    functions without whose changed mappings the code of later exercises fails. `is_possible` tells accounts
    that offer what the answer needs from those in which all goes on without it.
    """

    id: str
    title: str
    notebook: str
    minutes: int
    answer_location: Cell | Function
    check: Callable[[Course], CheckResult]
    hints: tuple[str, str, str] = ("", "", "")
    offline_only: bool = False
    is_done: Callable[[Course], bool] | None = None
    undo: Callable[[Course], None] | None = None
    deletes: str = ""
    fits: tuple[str, ...] = ()
    is_possible: Callable[[Course], bool] = lambda _: True


def judge(exercise: Exercise, course: Course) -> CheckResult:
    """Return the verdict on what the learner has done so far; may be repeated, raises nothing.

    What the learner's own function raises is part of the answer; what the check raises is not.
    """
    if exercise.offline_only and course.cloud.offline is None:
        return not_attempted("This step needs the offline cloud; on AWS it is left out.")
    try:
        verdict = exercise.check(course)
        if verdict.is_passed and isinstance(exercise.answer_location, Function):
            return _with_reminder(verdict, exercise.answer_location, course)
    # A crash of the check must reach the learner as what it is: a fault of the workshop.
    except Exception as error:  # noqa: BLE001
        return _verdict_on(error, exercise, course)
    return verdict


def _with_reminder(verdict: CheckResult, location: Function, course: Course) -> CheckResult:
    """Add that an answer is saved but does not run yet, where that is so."""
    own = course.stateless if location.path.startswith("stateless/") else course
    if not own.is_deployed or Path(location.path).stem not in own.undeployed():
        return verdict
    return CheckResult(
        verdict.outcome,
        f"{verdict.feedback} The file is saved, but `{own.stack}` still runs the code from before: "
        "run the cell that deploys.",
    )


def _verdict_on(error: Exception, exercise: Exercise, course: Course) -> CheckResult:
    """Tell what an answer did from what stopped the check."""
    match error:
        case BundleError():
            return incorrect(f"The handler cannot be packed: {error}.")
        case StackNotFoundError():
            return not_attempted(
                f"There is nothing to look at yet: the stack `{error.stack}` is not deployed. Notebook 01 "
                "deploys it, and the first cell of every later one."
            )
    return CheckResult(
        Outcome.BROKEN_CHECK,
        f"The check of `{exercise.id}` could not be carried out, so it says nothing about your answer. "
        f"What stopped it: {type(error).__name__}: {error}. Your work is untouched. {_way_on(error, course)}",
    )


def _way_on(error: Exception, course: Course) -> str:
    # Nobody has to be asked for a right in a cloud of one's own.
    on_cloud = refusal_advice if course.cloud.offline is None else sign_in_advice
    if advice := on_cloud(error):
        return f"{advice[0].upper()}{advice[1:]}."
    if isinstance(error, NO_ANSWER):
        return "Check again once the cloud answers."
    if isinstance(error, ClientError) and "NotFound" in error.response["Error"]["Code"]:
        return (
            "Somebody has deleted what it looks at. The first cell of this notebook says what is gone and "
            "what brings it back; run it again."
        )
    return "Check again in a moment; if it stays like this, `workshop doctor` looks for the cause."
