"""The results of checking submissions, as values, as JSON and as CSV.

Feedback may quote what a learner's code printed, so it is untrusted text: it is cut to a length and freed of
control characters, and in the CSV no cell begins like a formula.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workshop.course.exercise import Outcome

__all__ = ["ClassResult", "ExerciseResult", "SubmissionResult", "plain"]

MOST_CHARACTERS = 2000
FORMULA_STARTS = ("=", "+", "-", "@")
COLUMNS = ("submission", "exercise", "outcome", "feedback")


@dataclass(frozen=True)
class ExerciseResult:
    """The outcome of one exercise of one submission."""

    id: str
    outcome: Outcome
    feedback: str

    def document(self) -> dict[str, str]:
        """Return `{"id": …, "outcome": …, "feedback": …}`, as in `workshop check --json`."""
        return {"id": self.id, "outcome": str(self.outcome), "feedback": self.feedback}


@dataclass(frozen=True)
class SubmissionResult:
    """All outcomes of one submission; `notes` say what was left out, or stopped."""

    name: str
    exercises: tuple[ExerciseResult, ...]
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def is_passed(self) -> bool:
        """Whether every exercise is passed."""
        return all(each.outcome is Outcome.PASSED for each in self.exercises)

    def count(self, outcome: Outcome) -> int:
        """Return how many exercises have an outcome."""
        return Counter(each.outcome for each in self.exercises)[outcome]

    def document(self) -> dict[str, Any]:
        """Return the JSON document of one submission."""
        return {
            "submission": self.name,
            "exercises": [each.document() for each in self.exercises],
            "notes": list(self.notes),
            "seconds": round(self.seconds, 1),
        }


@dataclass(frozen=True)
class ClassResult:
    """Submissions in the order of their names; `warnings` say what was not contained while they ran."""

    submissions: tuple[SubmissionResult, ...]
    warnings: tuple[str, ...]
    is_class: bool

    @property
    def is_passed(self) -> bool:
        """Whether every exercise of every submission is passed."""
        return all(each.is_passed for each in self.submissions)

    def document(self) -> dict[str, Any]:
        """Return the JSON document: for one submission its exercises, for a folder of them a list."""
        if self.is_class:
            listed = [each.document() for each in self.submissions]
            return {"submissions": listed, "warnings": list(self.warnings)}
        return {**self.submissions[0].document(), "warnings": list(self.warnings)}

    def csv_text(self) -> str:
        """Return a table for spreadsheets, one line for each exercise of each submission."""
        target = io.StringIO()
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(COLUMNS)
        for each in self.submissions:
            writer.writerows(
                _cells(each.name, result.id, str(result.outcome), result.feedback)
                for result in each.exercises
            )
        return target.getvalue()


def plain(text: str) -> str:
    """Return a text without control characters and of bounded length.

    >>> plain("a" + chr(27) + "[31mb" + chr(10) + "c")
    'a [31mb c'
    """
    # One more than is shown, which tells that something is cut off.
    kept = "".join(each if each.isprintable() else " " for each in text[: MOST_CHARACTERS + 1])
    return kept if len(kept) <= MOST_CHARACTERS else f"{kept[:MOST_CHARACTERS]} …"


def _cells(*texts: str) -> Sequence[str]:
    return [f"'{text}" if text.startswith(FORMULA_STARTS) else text for text in texts]
