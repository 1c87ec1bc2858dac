"""What is wrong with a value in a request, and where."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

__all__ = ["NOT_NULL", "Find", "Found", "MapKey", "Violation", "ViolationKind", "within", "wrong_type"]

NOT_NULL = "Member must not be null"


class ViolationKind(Enum):
    """How a value is wrong."""

    TYPE = "it cannot be read"
    MISSING = "it is not there"
    CONSTRAINT = "it is not allowed"
    CHOICE = "it is none or several of the alternatives"
    ARN = "it is no Amazon Resource Name"


class MapKey(str):
    """A key of a map in a path, which is the caller's and not the model's."""

    __slots__ = ()


@dataclass(frozen=True)
class Violation:
    """What is wrong where: members by name, elements of lists by position, from 0, those of maps by key."""

    kind: ViolationKind
    text: str
    value: Any = None
    path: tuple[str | int, ...] = ()


# None as a rule, so that a request that is right costs little.
Found = list[Violation] | None
Find = Callable[[Any], Found]


def within(name: str | int, found: list[Violation]) -> list[Violation]:
    """Return what was found in a part as what is wrong with the whole."""
    return [replace(one, path=(name, *one.path)) for one in found]


def wrong_type(value: Any, wanted: str) -> list[Violation]:
    """Return the error for a value of another type, in the words of AWS's parsers."""
    if isinstance(value, dict):
        text = "Start of structure or map found where not expected"
    elif isinstance(value, list | tuple):
        text = "Start of list found where not expected"
    else:
        text = f"{_token(value)}_VALUE cannot be converted to {wanted}"
    return [Violation(ViolationKind.TYPE, text, value)]


def _token(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return "DECIMAL"
    return "NUMBER" if isinstance(value, int) else "STRING"
