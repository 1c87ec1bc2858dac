"""Filter criteria of a mapping: which records reach the function at all.

A record passes when any of the filters matches it. What is filtered out counts as done. Pure.
Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html and its list of comparison
operators; a pattern that uses another operator is refused.
"""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["InvalidPatternError", "Pattern", "filter_view", "matches_any", "parse_pattern"]

Pattern = dict[str, Any]

MAX_PATTERN_CHARACTERS = 4096
OPERATORS = {"prefix", "suffix", "equals-ignore-case", "anything-but", "numeric", "exists"}
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda left, right: left == right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


class InvalidPatternError(ValueError):
    """The text is not a filter pattern."""


def parse_pattern(text: str) -> Pattern:
    """Return the pattern.

    Raises:
        InvalidPatternError: not a JSON object, a leaf that is not a list, or an operator that Lambda does
        not have.
    """
    if len(text) > MAX_PATTERN_CHARACTERS:
        raise InvalidPatternError(f"a pattern has at most {MAX_PATTERN_CHARACTERS} characters")
    try:
        pattern = json.loads(text)
    except ValueError as error:
        raise InvalidPatternError(f"`{text}` is not JSON") from error
    _check(pattern)
    return pattern  # type: ignore[no-any-return]  # _check has refused everything but an object


def matches_any(patterns: Sequence[Pattern], record: dict[str, Any]) -> bool:
    """Whether a record passes; without patterns every record does."""
    # Several filters are alternatives; within a pattern, all fields must match.
    return not patterns or any(_matches(pattern, record) for pattern in patterns)


def filter_view(record: dict[str, Any]) -> dict[str, Any]:
    """Return what the patterns look at.

    For Kinesis that is the record's own fields and its data, decoded, under ``data``; for DynamoDB the
    record.
    """
    if "kinesis" not in record:
        return record
    raw = base64.b64decode(record["kinesis"]["data"])
    try:
        data = json.loads(raw)
    except ValueError:
        data = raw.decode(errors="replace")
    return {**record, **record["kinesis"], "data": data}


def _check(pattern: Any) -> None:
    if not isinstance(pattern, dict):
        raise InvalidPatternError(f"`{pattern}` is not an object")
    for key, value in pattern.items():
        if key == "$or":
            if not isinstance(value, list) or not value:
                raise InvalidPatternError("`$or` takes a list of patterns")
            for alternative in value:
                _check(alternative)
        elif isinstance(value, list):
            if not value or not all(_is_matcher(matcher) for matcher in value):
                raise InvalidPatternError(f"`{key}` has no list of values and known operators")
        else:
            _check(value)


def _is_matcher(matcher: Any) -> bool:
    if isinstance(matcher, dict):
        return len(matcher) == 1 and next(iter(matcher)) in OPERATORS
    return not isinstance(matcher, list)


def _matches(pattern: Pattern, value: Any) -> bool:
    if isinstance(value, list):  # an object inside an array is enough
        return any(_matches(pattern, element) for element in value)
    if not isinstance(value, dict):
        return False
    return all(_field_matches(key, wanted, value) for key, wanted in pattern.items())


def _field_matches(key: str, wanted: Any, record: dict[str, Any]) -> bool:
    if key == "$or":
        return any(_matches(alternative, record) for alternative in wanted)
    if isinstance(wanted, dict):
        return _matches(wanted, record.get(key))
    present = key in record
    value = record.get(key)
    values = value if isinstance(value, list) else [value]
    return any(_leaf_matches(matcher, values, present=present) for matcher in wanted)


def _leaf_matches(matcher: Any, values: list[Any], *, present: bool) -> bool:
    # The only operator that a missing field can satisfy, and so the one that is asked first.
    if isinstance(matcher, dict) and "exists" in matcher:
        return bool(matcher["exists"]) == present
    return present and any(_value_matches(matcher, value) for value in values)


def _value_matches(matcher: Any, value: Any) -> bool:
    if not isinstance(matcher, dict):
        return _equal(matcher, value)
    operator, operand = next(iter(matcher.items()))
    if operator == "anything-but":
        return _is_none_of(operand, value)
    if operator == "numeric":
        return _is_number(value) and _numeric(operand, value)
    return isinstance(value, str) and _text_matches(operator, operand, value)


def _text_matches(operator: str, operand: Any, value: str) -> bool:
    if operator == "equals-ignore-case":
        return value.casefold() == str(operand).casefold()
    if isinstance(operand, dict):  # {"prefix": {"equals-ignore-case": "a"}}
        operand, value = str(operand.get("equals-ignore-case", "")).casefold(), value.casefold()
    return value.startswith(str(operand)) if operator == "prefix" else value.endswith(str(operand))


def _is_none_of(operand: Any, value: Any) -> bool:
    if isinstance(operand, dict):
        return not _value_matches(operand, value)
    return not any(_equal(one, value) for one in (operand if isinstance(operand, list) else [operand]))


def _numeric(operand: list[Any], value: float) -> bool:
    pairs = zip(operand[::2], operand[1::2], strict=False)
    return all(COMPARISONS[operator](value, bound) for operator, bound in pairs)


def _equal(left: Any, right: Any) -> bool:
    # JSON's true is not JSON's 1.
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
