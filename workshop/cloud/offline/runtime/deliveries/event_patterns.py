"""Event patterns: which events a rule is for. Pure.

A pattern names fields down to leaves; each leaf lists what it takes. All fields must match, and of `$or` one
alternative. A leaf of the event that is an array matches if one of its elements does. Equal numbers are
written alike: 300, 300.0 and 3.0e2 are three, though `numeric` compares their values. Source:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html and
eb-event-patterns.html there.
"""

import ipaddress
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

__all__ = ["InvalidEventPatternError", "check_pattern", "matches", "read_json", "read_pattern"]

MAX_CHARACTERS = 4096
COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
BELOW_ANYTHING_BUT = ("prefix", "suffix", "equals-ignore-case", "wildcard")
IGNORING_CASE = "equals-ignore-case"


class InvalidEventPatternError(ValueError):
    """The text is no event pattern; the message is AWS's reason, or near it."""


class WrittenNumber(Decimal):
    """A number of a JSON text, which remembers how it was written there."""

    written: str


def read_json(text: str | bytes) -> Any:
    """Return what a JSON text says, with its numbers as they are written.

    Raises:
        ValueError: it is no JSON.
    """
    return json.loads(text, parse_int=_as_written, parse_float=_as_written, parse_constant=_refuse)


def _as_written(text: str) -> WrittenNumber:
    number = WrittenNumber(text)
    number.written = text
    return number


def _refuse(name: str) -> Any:
    # Python's own reader takes `NaN` and `Infinity`, which JSON does not have.
    raise ValueError(f"{name} is not JSON")


def read_pattern(text: str) -> dict[str, Any]:
    """Return the pattern.

    Raises:
        InvalidEventPatternError: it is no JSON object, a leaf is no list, or an operator or operand is none.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidEventPatternError(f"Event pattern has more than {MAX_CHARACTERS} characters")
    try:
        pattern = read_json(text)
    except ValueError as error:
        raise InvalidEventPatternError("Filter is not valid JSON") from error
    if not isinstance(pattern, dict) or not pattern:
        raise InvalidEventPatternError("Filter is not an object, or an empty one")
    check_pattern(pattern)
    return pattern


def matches(pattern: Mapping[str, Any], event: Any) -> bool:
    """Return whether an event, or a part of it, has everything that the pattern asks for."""
    return all(_field_matches(name, wanted, event) for name, wanted in pattern.items())


def check_pattern(pattern: Mapping[str, Any]) -> None:
    """Raise `InvalidEventPatternError` if a leaf is no list, or an operator or operand is none."""
    for name, wanted in pattern.items():
        if name == "$or" and _are_alternatives(wanted):
            for alternative in wanted:
                check_pattern(alternative)
        elif isinstance(wanted, dict) and wanted:
            check_pattern(wanted)
        else:
            _check_leaf(name, wanted)


def _check_leaf(name: str, wanted: Any) -> None:
    if not wanted and isinstance(wanted, dict | list):
        raise InvalidEventPatternError(
            f"Empty {'objects' if isinstance(wanted, dict) else 'arrays'} are not allowed"
        )
    if not isinstance(wanted, list):
        raise InvalidEventPatternError(f'"{name}" must be an object or an array')
    for matcher in wanted:
        _check_matcher(matcher)


def _are_alternatives(wanted: Any) -> bool:
    """Return whether `$or` is the operator, and no field of that name."""
    return isinstance(wanted, list) and bool(wanted) and all(isinstance(one, dict) for one in wanted)


def _check_matcher(matcher: Any) -> None:
    if isinstance(matcher, list):
        raise InvalidEventPatternError("Match value must be String, number, true, false, or null")
    if isinstance(matcher, dict):
        if len(matcher) != 1:
            raise InvalidEventPatternError("Only one key allowed in match expression")
        ((operator, operand),) = matcher.items()
        if operator not in OPERANDS:
            raise InvalidEventPatternError(f"Unrecognized match type {operator}")
        if not OPERANDS[operator](operand):
            raise InvalidEventPatternError(
                f"Value of {operator} is not valid: {json.dumps(operand, default=str)}"
            )


def _is_text_or_ignoring_case(operand: Any) -> bool:
    if isinstance(operand, dict):
        return list(operand) == [IGNORING_CASE] and isinstance(operand[IGNORING_CASE], str)
    return isinstance(operand, str)


def _is_excludable(operand: Any) -> bool:
    if isinstance(operand, dict):
        ((name, values),) = operand.items() if len(operand) == 1 else (("", None),)
        return name in BELOW_ANYTHING_BUT and all(
            _is_text_or_ignoring_case(value) for value in _as_list(values)
        )
    return bool(_as_list(operand)) and all(
        isinstance(value, str) or _is_number(value) for value in _as_list(operand)
    )


def _is_comparison(operand: Any) -> bool:
    if not isinstance(operand, list) or len(operand) not in {2, 4}:
        return False
    signs, bounds = operand[::2], operand[1::2]
    if not all(isinstance(sign, str) and sign in COMPARISONS for sign in signs):
        return False
    if not all(_is_number(bound) for bound in bounds):
        return False
    return len(operand) == 2 or _is_range(dict(zip((sign[0] for sign in signs), bounds, strict=True)))


def _is_range(bounds: Mapping[str, Any]) -> bool:
    """Return whether the lower bound is less than the upper one, whether they are included or not.

    Source: `Range` in https://github.com/aws/event-ruler, which is what EventBridge matches with.
    """
    return set(bounds) == {"<", ">"} and _exact(bounds[">"]) < _exact(bounds["<"])


def _is_network(operand: Any) -> bool:
    try:
        ipaddress.ip_network(operand, strict=False)
    except ValueError:
        return False
    return isinstance(operand, str) and "/" in operand


def _is_wildcard(operand: Any) -> bool:
    return isinstance(operand, str) and "**" not in operand


OPERANDS: Mapping[str, Callable[[Any], bool]] = {
    "anything-but": _is_excludable,
    "cidr": _is_network,
    IGNORING_CASE: lambda operand: isinstance(operand, str),
    "exists": lambda operand: isinstance(operand, bool),
    "numeric": _is_comparison,
    "prefix": _is_text_or_ignoring_case,
    "suffix": _is_text_or_ignoring_case,
    "wildcard": _is_wildcard,
}


def _field_matches(name: str, wanted: Any, event: Any) -> bool:
    if name == "$or" and _are_alternatives(wanted):
        return any(matches(alternative, event) for alternative in wanted)
    if isinstance(event, list):  # one object of an array is enough
        return any(_field_matches(name, wanted, element) for element in event)
    found = event.get(name, _ABSENT) if isinstance(event, dict) else _ABSENT
    if isinstance(wanted, dict):
        # What is absent has no leaves, and a pattern may ask for just that.
        return matches(wanted, found)
    leaves = list(_leaves(found))
    return any(_leaf_matches(matcher, leaves) for matcher in wanted)


_ABSENT = object()


def _leaves(found: Any) -> Iterator[Any]:
    if isinstance(found, list):
        for element in found:
            yield from _leaves(element)
    elif found is not _ABSENT and not isinstance(found, dict):
        yield found


def _leaf_matches(matcher: Any, leaves: list[Any]) -> bool:
    if isinstance(matcher, dict) and "exists" in matcher:
        return bool(leaves) is matcher["exists"]
    return any(_value_matches(matcher, leaf) for leaf in leaves)


def _value_matches(matcher: Any, value: Any) -> bool:
    if not isinstance(matcher, dict):
        return _equal(matcher, value)
    ((operator, operand),) = matcher.items()
    if operator == "anything-but":
        return _is_none_of(operand, value)
    if operator == "numeric":
        pairs = zip(operand[::2], operand[1::2], strict=True)
        return _is_number(value) and all(
            COMPARISONS[sign](_exact(value), _exact(bound)) for sign, bound in pairs
        )
    return isinstance(value, str) and _text_matches(operator, operand, value)


def _is_none_of(operand: Any, value: Any) -> bool:
    if not isinstance(operand, dict):
        return not any(_equal(one, value) for one in _as_list(operand))
    ((operator, texts),) = operand.items()
    return isinstance(value, str) and not any(
        _text_matches(operator, text, value) for text in _as_list(texts)
    )


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
    if _is_number(left) and _is_number(right):
        return _written(left, right) == _written(right, left)
    # JSON's true is not JSON's 1.
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def _exact(number: Any) -> Any:
    # A float is not quite the number that it was written as, which a `Decimal` would notice.
    return Decimal(repr(number)) if isinstance(number, float) else number


def _written(number: Any, other: Any) -> str:
    """Return how a number is written; as Python writes it, if the other's own way of writing is lost."""
    if not isinstance(number, WrittenNumber):
        return json.dumps(number)
    return number.written if isinstance(other, WrittenNumber) else json.dumps(json.loads(number.written))


def _is_number(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)  # others are no numbers in JSON
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
