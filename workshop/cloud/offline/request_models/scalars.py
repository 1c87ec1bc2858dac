"""What a model demands of texts, numbers, times and blobs: lengths, ranges, patterns, enumerations."""

import binascii
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from botocore.utils import parse_timestamp

from workshop.cloud.offline.request_models.violations import Find, Found, Violation, ViolationKind, wrong_type

__all__ = ["SCALARS", "compiled_pattern", "length_check"]

# Whole numbers by type, in bits; whatever has more digits is no number for AWS's parsers.
BITS = {"integer": 32, "long": 64}
NAMES = {"string": "String", "integer": "Integer", "long": "Long", "float": "Float", "double": "Double"}
NAMES |= {"boolean": "Boolean", "timestamp": "Timestamp", "blob": "Blob"}


def length_check(shape: Any) -> Callable[[Any, int], Found]:
    """Return the check of a value, of which it also gets the length."""
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max")
    if not least and most is None:
        return lambda _value, _length: None

    def check(value: Any, length: int) -> Found:
        if length < least:
            text = f"Member must have length greater than or equal to {least}"
        elif most is not None and length > most:
            text = f"Member must have length less than or equal to {most}"
        else:
            return None
        return [Violation(ViolationKind.CONSTRAINT, text, value)]

    return check


def compiled_pattern(shape: Any) -> re.Pattern[str] | None:
    """Return the pattern; None for those of Java that Python cannot read, such as its classes of letters."""
    source = shape.metadata.get("pattern")
    try:
        return re.compile(source, re.ASCII) if source else None
    except re.error:
        return None


def _string(shape: Any) -> Find:
    length, pattern = length_check(shape), compiled_pattern(shape)
    names, listed = frozenset(shape.enum), ", ".join(shape.enum)

    def check(value: Any) -> Found:
        if not isinstance(value, str):
            return wrong_type(value, NAMES["string"])
        found: list[Violation] = length(value, len(value)) or []
        if names and value not in names:
            found.append(
                Violation(ViolationKind.CONSTRAINT, f"Member must satisfy enum value set: [{listed}]", value)
            )
        if pattern is not None and pattern.fullmatch(value) is None:
            text = f"Member must satisfy regular expression pattern: {pattern.pattern}"
            found.append(Violation(ViolationKind.CONSTRAINT, text, value))
        return found or None

    return check


def _range(shape: Any) -> Find:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")

    def check(value: Any) -> Found:
        if least is not None and value < least:
            text = f"Member must have value greater than or equal to {least}"
        elif most is not None and value > most:
            text = f"Member must have value less than or equal to {most}"
        else:
            return None
        return [Violation(ViolationKind.CONSTRAINT, text, value)]

    return check


def _whole_number(shape: Any) -> Find:
    within_range, most = _range(shape), 2 ** (BITS[shape.type_name] - 1)

    def check(value: Any) -> Found:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            return wrong_type(value, NAMES[shape.type_name])
        return within_range(value) if -most <= value < most else wrong_type(value, NAMES[shape.type_name])

    return check


def _number(shape: Any) -> Find:
    within_range = _range(shape)

    def check(value: Any) -> Found:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return wrong_type(value, NAMES[shape.type_name])
        return within_range(value)

    return check


def _boolean(_: Any) -> Find:
    return lambda value: None if isinstance(value, bool) else wrong_type(value, NAMES["boolean"])


def _timestamp(_: Any) -> Find:
    def check(value: Any) -> Found:
        if isinstance(value, datetime):
            return None
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            try:
                parse_timestamp(value)  # type: ignore[arg-type] # numbers are taken as well
            except (ValueError, OverflowError, OSError, RuntimeError):
                return wrong_type(value, NAMES["timestamp"])
            return None
        return wrong_type(value, NAMES["timestamp"])

    return check


def _blob(shape: Any) -> Find:
    length = length_check(shape)

    def check(value: Any) -> Found:
        if isinstance(value, bytes):
            return length(value, len(value))
        if not isinstance(value, str):
            return wrong_type(value, NAMES["blob"])
        try:
            return length(value, len(binascii.a2b_base64(value, strict_mode=True)))
        except (binascii.Error, ValueError):
            return [Violation(ViolationKind.TYPE, "a blob is not Base64", value)]

    return check


SCALARS: dict[str, Callable[[Any], Find]] = {
    "string": _string,
    "character": _string,
    "integer": _whole_number,
    "long": _whole_number,
    "float": _number,
    "double": _number,
    "boolean": _boolean,
    "timestamp": _timestamp,
    "blob": _blob,
}
