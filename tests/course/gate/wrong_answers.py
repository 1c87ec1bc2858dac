"""Wrong answers; each module in the folder `wrong` has a dict `WRONG` from ids of exercises to them."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workshop.build.starters import solution_of
from workshop.course.exercise import Outcome

__all__ = ["Wrong", "all_wrong_answers", "ledger", "textbook"]

SOLUTIONS = Path(__file__).parents[3] / "solutions/lambdas"


@dataclass(frozen=True)
class Wrong:
    """An answer, and the feedback (a regular expression that is searched for) that it must get.

    The answer is the text of the cell, of the function, or of the whole file. The comment above one says what
    somebody who answers like this may have had in mind.
    """

    answer: str
    feedback: str
    outcome: Outcome = Outcome.INCORRECT


def all_wrong_answers() -> dict[str, tuple[Wrong, ...]]:
    """Return the wrong answers to every exercise."""
    found: dict[str, tuple[Wrong, ...]] = {}
    for file in sorted((Path(__file__).parent / "wrong").glob("*.py")):
        module = importlib.import_module(f"tests.course.gate.wrong.{file.stem}")
        answers: Mapping[str, tuple[Wrong, ...]] = module.WRONG
        assert not found.keys() & answers.keys(), f"{file.name} repeats {found.keys() & answers.keys()}"
        found |= answers
    return found


def textbook(name: str) -> str:
    """Return the textbook's handler in a file of the stateful pipeline, without markers."""
    return solution_of((SOLUTIONS / "textbook/stateful" / name).read_text(encoding="utf-8"), name)


def ledger(name: str) -> str:
    """Return the ledger's handler in a file of the stateful pipeline."""
    return (SOLUTIONS / "ledger/stateful" / name).read_text(encoding="utf-8")
