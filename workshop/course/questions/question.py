"""A question of the course: asked before a step as a prediction, or after it as a quiz.

A reply says whether an answer is right, and why. Nothing is shown here.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

__all__ = ["Question", "Reply"]


@dataclass(frozen=True)
class Reply:
    """The reply to an answer; `is_right` is None until a later step reveals the value."""

    is_right: bool | None
    feedback: str


@dataclass(frozen=True)
class Question:
    """A question with options, or, without any, for a number.

    `answer` is the index of the right option, or the number; None where a later step reveals the value.
    `feedback` is one text for every answer, or one for each option.
    """

    id: str
    text: str
    options: tuple[str, ...] = ()
    answer: int | Decimal | None = None
    feedback: tuple[str, ...] | str = ""

    def __post_init__(self) -> None:
        if self.options and isinstance(self.feedback, tuple) and len(self.feedback) != len(self.options):
            raise ValueError(f"`{self.id}` has {len(self.options)} options and {len(self.feedback)} texts")
        if self.options and self.answer is not None and not 0 <= self.answer < len(self.options):
            raise ValueError(f"`{self.id}` has no option {self.answer}")

    def reply(self, given: int | str | Decimal, *, value: int | str | Decimal | None = None) -> Reply:
        """Judge an answer: the index of an option, or a number; `value` is what a later step revealed.

        Raises:
            ValueError: the answer is not a number, or not the index of an option.
        """
        answer, wanted = _number(given), self.answer if value is None else _number(value)
        if self.options and answer not in range(len(self.options)):
            raise ValueError(
                f"`{given}` is not an option of `{self.id}`; choose 0 to {len(self.options) - 1}"
            )
        text = self.feedback if isinstance(self.feedback, str) else self.feedback[int(answer)]
        return Reply(None if wanted is None else answer == wanted, text)


def _number(given: int | str | Decimal) -> Decimal:
    try:
        return Decimal(str(given).replace(",", "").strip())
    except InvalidOperation:
        raise ValueError(f"`{given}` is not a number; write it with digits and a point") from None
