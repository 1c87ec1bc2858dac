"""All questions of the course: the TOML files beside this module, one for each notebook, in their order.

A question has an `id` and a `text`. One with options has a table `option` for each: its `text`, the
`feedback` to whoever chooses it, and `right = true` on one of them. One for a number has an `answer`, which
is absent where a later step reveals the value, and a `feedback`.
"""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from workshop.course.lookup import look_up
from workshop.course.questions.question import Question

__all__ = ["all_questions", "find_question"]


@cache
def all_questions() -> tuple[Question, ...]:
    """Return every question in the order of the course."""
    files = sorted(Path(__file__).parent.glob("*.toml"))
    return tuple(_question(entry) for file in files for entry in _entries(file))


def find_question(question_id: str) -> Question:
    """Return the question of an id.

    Raises:
        ConfigurationError: there is none; names those with a similar id.
    """
    known = {question.id: question for question in all_questions()}
    return look_up("question", question_id, known, otherwise="correct the id in this cell")


def _entries(file: Path) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = tomllib.loads(file.read_text("utf-8"), parse_float=Decimal)["question"]
    return entries


def _question(entry: Mapping[str, Any]) -> Question:
    options = entry.get("option")
    if options is None:
        return Question(**entry)
    return Question(
        entry["id"],
        entry["text"],
        tuple(option["text"] for option in options),
        next((number for number, option in enumerate(options) if option.get("right")), None),
        tuple(option["feedback"] for option in options),
    )
