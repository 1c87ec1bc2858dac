"""The course in its order: the numbers of its notebooks, and all exercises, each with its hints.

Exercises are collected from the modules beside this one.
"""

import importlib
from dataclasses import replace
from functools import cache

from workshop.course.exercise import Exercise
from workshop.course.hints import all_hints
from workshop.course.lookup import look_up
from workshop.errors import ConfigurationError

__all__ = [
    "MODULES",
    "NOTEBOOKS",
    "all_exercises",
    "checked_notebook",
    "exercises_before",
    "find_exercise",
]

NOTEBOOKS = ("00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "99")

# Each has a tuple EXERCISES; within a notebook, exercises come in the order of this list.
MODULES: tuple[str, ...] = (
    "start_here",
    "stack",
    "stream",
    "permissions",
    "stages",
    "live",
    "stateless",
    "breaking",
    "state_handlers",
    "map_handlers",
    "reduce_handlers",
    "failures",
    "access",
    "leaving",
)


@cache
def all_exercises() -> tuple[Exercise, ...]:
    """Return every exercise in the order of the course."""
    found: list[Exercise] = []
    for name in MODULES:
        found += importlib.import_module(f"{__name__}.{name}").EXERCISES
    hints = all_hints()
    return tuple(
        replace(exercise, hints=hints[exercise.id])
        for exercise in sorted(found, key=lambda exercise: exercise.notebook)
    )


def find_exercise(exercise_id: str) -> Exercise:
    """Return the exercise of an id.

    Raises:
        ConfigurationError: there is none; names those with a similar id.
    """
    known = {exercise.id: exercise for exercise in all_exercises()}
    return look_up("exercise", exercise_id, known, otherwise="`workshop check --all` lists every one")


def exercises_before(point: str | Exercise) -> tuple[Exercise, ...]:
    """Return the exercises before a notebook or before an exercise, in the course's order."""
    known = tuple(all_exercises())
    if isinstance(point, Exercise):
        return known[: known.index(point)]
    return tuple(each for each in known if each.notebook < point)


def checked_notebook(notebook: str) -> str:
    """Return the number of a notebook.

    Raises:
        ConfigurationError: there is no such notebook.
    """
    if notebook in NOTEBOOKS:
        return notebook
    raise ConfigurationError(
        f"`{notebook}` is not the number of a notebook; choose one of: {', '.join(NOTEBOOKS)}"
    )
