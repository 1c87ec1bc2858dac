"""Event patterns: which events a rule is for. Pure.

A pattern names fields down to leaves; each leaf lists what it takes. All fields must match, and of `$or` one
alternative, as if each stood in a pattern of its own. A leaf of the event that is an array matches if one of
its elements does; of an array of objects one must have all the fields that the pattern asks for below it.
Source:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html and
eb-event-patterns.html there; on arrays https://github.com/aws/event-ruler, which EventBridge matches with.
"""

import ipaddress
import json
from collections.abc import Callable, Iterator, Mapping
from itertools import takewhile
from typing import Any

from workshop.cloud.offline.runtime.deliveries.pattern_values import (
    COMPARISONS,
    IGNORING_CASE,
    WrittenNumber,
    as_list,
    exact,
    is_number,
    value_matches,
)

__all__ = ["InvalidEventPatternError", "check_pattern", "matches", "read_json", "read_pattern"]

MAX_CHARACTERS = 4096
MAX_COMBINATIONS = 1000
OR = "$or"
BELOW_ANYTHING_BUT = ("prefix", "suffix", IGNORING_CASE, "wildcard")


class InvalidEventPatternError(ValueError):
    """The text is no event pattern; the message is AWS's reason, or near it."""


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
    # Also brackets that are nested more deeply than Python reads.
    except (ValueError, RecursionError) as error:
        raise InvalidEventPatternError("Filter is not valid JSON") from error
    if not isinstance(pattern, dict) or not pattern:
        raise InvalidEventPatternError("Filter is not an object, or an empty one")
    check_pattern(pattern)
    return pattern


def matches(pattern: Mapping[str, Any], event: Any) -> bool:
    """Return whether an event, or a part of it, has everything that the pattern asks for."""
    # Before anything else: an alternative may say more of an array that a field beside it is about.
    return any(_fits(one, event) for one in _without_or(pattern))


def check_pattern(pattern: Mapping[str, Any]) -> None:
    """Raise `InvalidEventPatternError` if a leaf, an operator or an operand is none, or `$or` too wide."""
    if _checked(pattern) > MAX_COMBINATIONS:
        raise InvalidEventPatternError(f"$or makes more than {MAX_COMBINATIONS} combinations")


def _checked(pattern: Mapping[str, Any]) -> int:
    """Check a pattern, and return how many there would be without `$or`."""
    combinations = 1
    for name, wanted in pattern.items():
        if name == OR and _are_alternatives(wanted):
            combinations *= sum(map(_checked, wanted))
        elif isinstance(wanted, dict) and wanted:
            combinations *= _checked(wanted)
        else:
            _check_leaf(name, wanted)
    return combinations


def _without_or(pattern: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the patterns, one for each combination of alternatives, of which one must match."""
    found: list[dict[str, Any]] = [{}]
    for name, wanted in pattern.items():
        if name == OR and _are_alternatives(wanted):
            choices = [one for alternative in wanted for one in _without_or(alternative)]
        elif isinstance(wanted, dict):
            choices = [{name: one} for one in _without_or(wanted)]
        else:
            choices = [{name: wanted}]
        found = [_merged(one, choice) for one in found for choice in choices]
    return found


def _merged(one: dict[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pattern that asks for all of two; what both ask of the same leaf is a tuple."""
    merged = dict(one)
    for name, wanted in other.items():
        if name not in merged:
            merged[name] = wanted
        elif isinstance(merged[name], dict) and isinstance(wanted, dict):
            merged[name] = _merged(merged[name], wanted)
        else:
            merged[name] = (*_asked(merged[name]), *_asked(wanted))
    return merged


def _asked(wanted: Any) -> tuple[Any, ...]:
    return wanted if isinstance(wanted, tuple) else (wanted,)


def _fits(pattern: Mapping[str, Any], event: Any) -> bool:
    if isinstance(event, list):
        return _one_fits(pattern, list(_elements(event)))
    return all(_field_fits(name, wanted, event) for name, wanted in pattern.items())


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
            _is_text_or_ignoring_case(value) for value in as_list(values)
        )
    return bool(as_list(operand)) and all(
        isinstance(value, str) or is_number(value) for value in as_list(operand)
    )


def _is_comparison(operand: Any) -> bool:
    if not isinstance(operand, list) or len(operand) not in {2, 4}:
        return False
    signs, bounds = operand[::2], operand[1::2]
    if not all(isinstance(sign, str) and sign in COMPARISONS for sign in signs):
        return False
    if not all(is_number(bound) for bound in bounds):
        return False
    return len(operand) == 2 or _is_range(dict(zip((sign[0] for sign in signs), bounds, strict=True)))


def _is_range(bounds: Mapping[str, Any]) -> bool:
    """Return whether the lower bound is less than the upper one, whether they are included or not.

    Source: `Range` in https://github.com/aws/event-ruler, which is what EventBridge matches with.
    """
    return set(bounds) == {"<", ">"} and exact(bounds[">"]) < exact(bounds["<"])


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


def _one_fits(pattern: Mapping[str, Any], elements: list[Any]) -> bool:
    """Return whether one element of an array has everything.

    A field that must be absent is absent from all elements, until another one has chosen an element; fields
    come in the order of their names.
    """
    fields = sorted(pattern.items())
    absent = dict(takewhile(_asks_for_absence, fields))
    chosen = dict(fields[len(absent) :])
    return all(_fits(absent, one) for one in elements) and (
        not chosen or any(_fits(chosen, one) for one in elements)
    )


def _asks_for_absence(field: tuple[str, Any]) -> bool:
    """Return whether all that is asked of a field, or below it, is that it does not exist."""
    _, wanted = field
    if isinstance(wanted, dict):
        return all(map(_asks_for_absence, wanted.items()))
    if isinstance(wanted, tuple):
        return all(_asks_for_absence(("", one)) for one in wanted)
    return all(isinstance(matcher, dict) and matcher.get("exists") is False for matcher in wanted)


def _field_fits(name: str, wanted: Any, event: Any) -> bool:
    found = event.get(name, _ABSENT) if isinstance(event, dict) else _ABSENT
    if isinstance(wanted, dict):
        # What is absent has no leaves, and a pattern may ask for just that.
        return _fits(wanted, found)
    if isinstance(wanted, tuple):
        return all(_field_fits(name, one, event) for one in wanted)
    leaves = [one for one in _elements(found) if one is not _ABSENT and not isinstance(one, dict)]
    return any(_leaf_matches(matcher, leaves) for matcher in wanted)


_ABSENT = object()


def _elements(found: Any) -> Iterator[Any]:
    """Yield what is in an array and the arrays in it, however deep, or a value that is no array."""
    waiting = [found]
    while waiting:
        found = waiting.pop()
        if isinstance(found, list):
            waiting.extend(found)
        else:
            yield found


def _leaf_matches(matcher: Any, leaves: list[Any]) -> bool:
    if isinstance(matcher, dict) and "exists" in matcher:
        return bool(leaves) is matcher["exists"]
    return any(value_matches(matcher, leaf) for leaf in leaves)
