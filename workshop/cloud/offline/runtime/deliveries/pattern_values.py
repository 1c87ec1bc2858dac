"""Whether a value of an event is what a matcher of an event pattern takes. Pure.

Equal numbers are written alike: 300, 300.0 and 3.0e2 are three, though `numeric` compares their values.
Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html.
"""

import ipaddress
import json
import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

__all__ = ["COMPARISONS", "IGNORING_CASE", "WrittenNumber", "as_list", "exact", "is_number", "value_matches"]

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
IGNORING_CASE = "equals-ignore-case"


class WrittenNumber(Decimal):
    """A number of a JSON text, which remembers how it was written there."""

    written: str


def value_matches(matcher: Any, value: Any) -> bool:
    """Return whether a matcher, a value or an operator with its operand, takes a value that is no array."""
    if not isinstance(matcher, dict):
        return _equal(matcher, value)
    ((operator, operand),) = matcher.items()
    if operator == "anything-but":
        return _is_none_of(operand, value)
    if operator == "numeric":
        pairs = zip(operand[::2], operand[1::2], strict=True)
        return is_number(value) and all(
            COMPARISONS[sign](exact(value), exact(bound)) for sign, bound in pairs
        )
    return isinstance(value, str) and _text_matches(operator, operand, value)


def _is_none_of(operand: Any, value: Any) -> bool:
    if not isinstance(operand, dict):
        return not any(_equal(one, value) for one in as_list(operand))
    ((operator, texts),) = operand.items()
    return isinstance(value, str) and not any(_text_matches(operator, text, value) for text in as_list(texts))


def _text_matches(operator: str, operand: Any, value: str) -> bool:
    if isinstance(operand, dict):  # {"prefix": {"equals-ignore-case": "a"}}
        operand, value = operand[IGNORING_CASE].casefold(), value.casefold()
    if operator == "prefix":
        return value.startswith(str(operand))
    if operator == "suffix":
        return value.endswith(str(operand))
    if operator == "wildcard":
        return _wildcard(operand).fullmatch(value) is not None
    if operator == "cidr":
        return _is_inside(value, operand)
    return value.casefold() == str(operand).casefold()


def _wildcard(text: str) -> re.Pattern[str]:
    # A star and a backslash that are meant themselves have a backslash before them.
    parts = re.findall(r"\\[*\\]|\*|[^*\\]+|\\", text)
    source = [".*" if part == "*" else re.escape(part[-1] if part[0] == "\\" else part) for part in parts]
    return re.compile("".join(source), re.DOTALL)


def _is_inside(value: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _equal(left: Any, right: Any) -> bool:
    if is_number(left) and is_number(right):
        return _written(left, right) == _written(right, left)
    # JSON's true is not JSON's 1.
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def exact(number: Any) -> Any:
    """Return a number as one that can be compared without loss."""
    # A float is not quite the number that it was written as, which a `Decimal` would notice.
    return Decimal(repr(number)) if isinstance(number, float) else number


def _written(number: Any, other: Any) -> str:
    """Return how a number is written; as Python writes it, if the other's own way of writing is lost."""
    if not isinstance(number, WrittenNumber):
        return json.dumps(number)
    return number.written if isinstance(other, WrittenNumber) else json.dumps(json.loads(number.written))


def is_number(value: Any) -> bool:
    """Return whether a value is a number of JSON, which `true` is not."""
    if isinstance(value, float):
        return math.isfinite(value)  # others are no numbers in JSON
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def as_list(value: Any) -> list[Any]:
    """Return a list as it is, anything else as a list of one."""
    return value if isinstance(value, list) else [value]
