"""Wrong answers: the TOML files in the folder `wrong`, one for each notebook, with tables by id of exercise.

An `answer` is the text of the cell, of the function, or of the whole file; `of` names a solution instead, to
which `changes` are made. `feedback` is a regular expression for what the answer must get, `outcome` its
outcome unless that is *incorrect*, and `why` what somebody who answers like this may have had in mind.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workshop.build.starters import solution_of
from workshop.course.exercise import Outcome

__all__ = ["Wrong", "all_wrong_answers"]

SOLUTIONS = Path(__file__).parents[3] / "solutions/lambdas"
KEYS = {"answer", "of", "changes", "feedback", "outcome", "why"}


@dataclass(frozen=True)
class Wrong:
    """An answer, and the feedback (a regular expression that is searched for) that it must get."""

    answer: str
    feedback: str
    outcome: Outcome


def all_wrong_answers() -> dict[str, tuple[Wrong, ...]]:
    """Return the wrong answers to every exercise."""
    found: dict[str, tuple[Wrong, ...]] = {}
    for file in sorted((Path(__file__).parent / "wrong").glob("*.toml")):
        answers = tomllib.loads(file.read_text(encoding="utf-8"))
        assert not found.keys() & answers.keys(), f"{file.name} repeats {found.keys() & answers.keys()}"
        found |= {exercise: tuple(map(_wrong, tables)) for exercise, tables in answers.items()}
    return found


def _wrong(table: Mapping[str, Any]) -> Wrong:
    assert table.keys() <= KEYS, f"unknown: {table.keys() - KEYS}"
    answer = table["answer"] if "answer" in table else _changed(table["of"], table["changes"])
    return Wrong(answer, table["feedback"], Outcome(table.get("outcome", Outcome.INCORRECT)))


def _changed(of: str, changes: list[tuple[str, str]]) -> str:
    text = solution_of((SOLUTIONS / of).read_text(encoding="utf-8"), of)
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {of}"
        text = text.replace(old, new)
    return text
