"""A wrong answer that learners give, and what it must hear."""

from dataclasses import dataclass

from workshop.course.exercise import Outcome

__all__ = ["Wrong"]


@dataclass(frozen=True)
class Wrong:
    """An answer, and the feedback (a regular expression that is searched for) that it must get.

    The answer is the text of the cell, of the function, or of the whole file. `note` says what somebody who
    answers like this may have had in mind.
    """

    answer: str
    feedback: str
    outcome: Outcome = Outcome.INCORRECT
    note: str = ""
