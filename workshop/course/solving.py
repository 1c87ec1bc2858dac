"""Puts a solution in, or a starter back; a copy of what the learner wrote is always kept.

Both return what was done, in words. A notebook may be open, so its cells are never edited: for a cell, the
resource that it is about is changed in the cloud.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from workshop.course.answers import (
    handler_file,
    is_solved_by,
    put_answer,
    solution_text,
    starter_text,
)
from workshop.course.exercise import Cell, Exercise, Function

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["Done", "Say", "Steps", "keep_file", "reset", "run_solution", "solve"]

Say = Callable[[str], None]
KEPT = "kept"
# On AWS a right takes a few seconds until services know of it.
ATTEMPTS = 6
PAUSE_SECONDS = 5.0
NOT_YET = {"AccessDeniedException", "InvalidParameterValueException"}


@dataclass(frozen=True)
class Done:
    """What was done; `text` is the answer that is in place now, `kept` where the learner's version lies."""

    exercise: str
    message: str
    text: str
    kept: Path | None = None


class Steps:
    """Collects what is done, and tells it as it begins."""

    def __init__(self, say: Say | None) -> None:
        self.steps: list[str] = []
        self._say = say

    def tell(self, step: str) -> None:
        """Say what begins now."""
        self.steps.append(step)
        if self._say:
            self._say(step)


def solve(exercise: Exercise, course: Course) -> Done:
    """Put the solution of an exercise in place; may be repeated.

    Raises:
        ConfigurationError: the checkout holds no solution.
        ClientError: the cloud refuses what the solution asks for.
    """
    text = solution_text(exercise, course.root)
    match exercise.answer_location:
        case Cell():
            put_answer(exercise, text, course)
            message = f"The solution of `{exercise.id}` was run; the cell in your notebook is as it was."
            return Done(exercise.id, message, text)
        case Function():
            if is_solved_by(exercise, course.root):
                return Done(exercise.id, f"{_place(exercise.answer_location)} is the solution already.", text)
            return _replace(exercise, exercise.answer_location, text, course, what="the solution")


def reset(exercise: Exercise, course: Course) -> Done:
    """Put the starter of an exercise back; may be repeated."""
    text = starter_text(exercise, course.root)
    match exercise.answer_location:
        case Cell(notebook):
            if exercise.undo is None:
                what = "Nothing in the cloud was changed"
            else:
                exercise.undo(course)
                what = "What the cell had made in the cloud is gone"
            message = f"{what}. The cell of `{exercise.id}` in notebook {notebook} began like this:"
            return Done(exercise.id, message, text)
        case Function():
            return _replace(exercise, exercise.answer_location, text, course, what="the starter")


def keep_file(path: str, course: Course) -> Path | None:
    """Copy the learner's handler file to where it is kept; return that place, None if there is no file."""
    file = handler_file(course.root, path)
    if not file.exists():
        return None
    stamp = datetime.fromtimestamp(course.clock.now(), UTC).strftime("%Y-%m-%dT%H%M%SZ")
    number, target = 1, course.home / KEPT / stamp
    while (place := target.joinpath(*path.split("/"))).exists():
        number += 1
        target = course.home / KEPT / f"{stamp}-{number}"
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, place)
    return place


def _replace(exercise: Exercise, place: Function, text: str, course: Course, *, what: str) -> Done:
    kept = keep_file(place.path, course)
    put_answer(exercise, text, course)
    message = f"{_place(place)} is {what} now; deploy it to let it run."
    if kept is not None:
        message += f" Your version is kept in `{kept}`."
    return Done(exercise.id, message, text, kept)


def _place(place: Function) -> str:
    return f"`lambdas/{place.path}`" if place.name is None else f"`{place.name}` in `lambdas/{place.path}`"


def run_solution(exercise: Exercise, course: Course) -> None:
    """Run the solution of a cell as the cell would; on AWS again, until a new right has become known.

    Raises:
        ClientError: the cloud refuses what the solution asks for.
    """
    text = solution_text(exercise, course.root)
    attempts = ATTEMPTS if course.cloud.offline is None else 1
    for attempt in range(1, attempts + 1):
        try:
            put_answer(exercise, text, course)
        except ClientError as error:
            if attempt == attempts or error.response["Error"]["Code"] not in NOT_YET:
                raise
            course.clock.sleep(PAUSE_SECONDS)
        else:
            return
