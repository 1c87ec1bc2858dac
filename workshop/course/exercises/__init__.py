"""All exercises of the course, collected from the modules beside this one, each with its hints."""

import importlib
from dataclasses import replace
from functools import cache

from workshop.course.exercise import Exercise
from workshop.course.hints import all_hints
from workshop.course.lookup import look_up

__all__ = ["MODULES", "all_exercises", "find_exercise"]

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
