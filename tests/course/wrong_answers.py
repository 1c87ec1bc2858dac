"""Wrong answers that learners give, each with what it must hear; they lie in the folder `wrong`.

Each module there has a dict `WRONG` from the id of an exercise to its wrong answers: the text of the cell, of
the function, or of the whole file.
"""

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workshop.checks.exercise import Outcome

FOLDER = Path(__file__).parent / "wrong"


@dataclass(frozen=True)
class Wrong:
    """An answer, and the feedback (a regular expression that is searched for) that it must get.

    `note` says what somebody who answers like this may have had in mind.
    """

    answer: str
    feedback: str
    outcome: Outcome = Outcome.INCORRECT
    note: str = ""


def all_wrong_answers() -> dict[str, tuple[Wrong, ...]]:
    """Return the wrong answers to every exercise."""
    found: dict[str, tuple[Wrong, ...]] = {}
    for file in sorted(FOLDER.glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"wrong_{file.stem}", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        answers: Mapping[str, tuple[Wrong, ...]] = module.WRONG
        assert not found.keys() & answers.keys(), f"{file.name} repeats {found.keys() & answers.keys()}"
        found |= answers
    return found
