"""All questions of the course, collected from the modules beside this one."""

import difflib
import importlib
from functools import cache

from workshop.course.question import Question
from workshop.errors import ConfigurationError

__all__ = ["MODULES", "all_questions", "find_question"]

# Each has a tuple QUESTIONS; in the order of the course.
MODULES: tuple[str, ...] = (
    "start_here",
    "deploy",
    "stream",
    "state",
    "map_and_reduce",
    "aggregate",
    "see_it_live",
    "stateless",
    "break_it",
    "repair_it",
    "the_ledger",
    "poison",
    "security",
    "clean_up",
)


@cache
def all_questions() -> tuple[Question, ...]:
    """Return every question in the order of the course."""
    found: list[Question] = []
    for name in MODULES:
        found += importlib.import_module(f"{__name__}.{name}").QUESTIONS
    return tuple(found)


def find_question(question_id: str) -> Question:
    """Return the question of an id.

    Raises:
        ConfigurationError: there is none; names those with a similar id.
    """
    known = {question.id: question for question in all_questions()}
    if question_id in known:
        return known[question_id]
    near = difflib.get_close_matches(question_id, known, n=3, cutoff=0.4)
    there = f"did you mean {' or '.join(f'`{each}`' for each in near)}" if near else "none has a similar name"
    raise ConfigurationError(f"no question is called `{question_id}`; {there}; correct the id in this cell")
