"""What a board has said last of the class and of its learner, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["CLOSED", "UNKNOWN", "ClassState", "HelpCall"]

# Beside what the board said last: that it does not know this learner, and that it takes nothing.
UNKNOWN, CLOSED = "unknown", "closed"


@dataclass(frozen=True)
class HelpCall:
    """A call for help that was not withdrawn; `has_arrived` once the board has it.

    `is_over` if the board has ended it, as the learner went on or was away for long; `is_unknown` or
    `is_closed` if the board answers and yet shows no call: it does not know the learner, or its class is
    closed.
    """

    step: str
    has_arrived: bool
    is_helped: bool
    is_over: bool = False
    is_unknown: bool = False
    is_closed: bool = False


@dataclass(frozen=True)
class ClassState:
    """What the board said last: where the class is, and of which notebooks the solutions are released.

    `is_calling` unless it shows no call for help; `is_unknown` if it says that it does not know this learner,
    `is_closed` that its class is closed.
    """

    announced: str | None = None
    released: tuple[str, ...] = ()
    helped_at: str | None = None
    is_calling: bool = True
    is_unknown: bool = False
    is_closed: bool = False

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> ClassState:
        """Read an answer; what has another form than expected is left out."""
        announced, released = document.get("announced"), document.get("released")
        helped_at = document.get("helped_at")
        return cls(
            announced=announced if _is_notebook(announced) else None,
            released=tuple(filter(_is_notebook, released)) if isinstance(released, list) else (),
            helped_at=helped_at if isinstance(helped_at, str) else None,
            is_calling=document.get("calling") is not False,
            is_unknown=document.get(UNKNOWN) is True,
            is_closed=document.get(CLOSED) is True,
        )


def _is_notebook(value: object) -> bool:
    return isinstance(value, str) and len(value) == len("05") and value.isdecimal() and value.isascii()
