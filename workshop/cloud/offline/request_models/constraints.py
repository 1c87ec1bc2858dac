"""What the model of an operation demands of its parameters, compiled once into functions.

A check gets a value as the wire has it, or as moto's parsers have read it, and returns what is wrong with it:
None as a rule, so that a request that is right costs little. Unknown members and nulls are left aside, as AWS
does.
"""

import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import partial
from typing import Any

from botocore.utils import parse_timestamp

__all__ = ["Check", "Kind", "Violation", "compile_check"]

# Whole numbers by type, in bits; whatever has more digits is no number for AWS's parsers.
BITS = {"integer": 32, "long": 64}
NAMES = {"string": "String", "integer": "Integer", "long": "Long", "float": "Float", "double": "Double"}
NAMES |= {"boolean": "Boolean", "timestamp": "Timestamp", "blob": "Blob", "character": "String"}
NOT_NULL = "Member must not be null"


class Kind(Enum):
    """How a value is wrong."""

    TYPE = "it cannot be read"
    MISSING = "it is not there"
    CONSTRAINT = "it is not allowed"
    CHOICE = "it is none or several of the alternatives"


@dataclass(frozen=True)
class Violation:
    """What is wrong where: members by name, elements of lists by position, from 0."""

    kind: Kind
    text: str
    value: Any = None
    path: tuple[str | int, ...] = ()


Found = list[Violation] | None
Check = Callable[[Any], Found]


def compile_check(shape: Any, known: dict[str, Check] | None = None) -> Check:
    """Return the check of a shape; `known` has those of the shapes around it, in which it may be again."""
    known = {} if known is None else known
    if shape.name in known:
        return known[shape.name]

    def again(value: Any) -> Found:
        return known[shape.name](value)

    known[shape.name] = again  # for a shape that contains itself
    known[shape.name] = check = _MAKERS.get(shape.type_name, _anything)(shape, known)
    return check


def _within(name: str | int, found: list[Violation]) -> list[Violation]:
    return [replace(one, path=(name, *one.path)) for one in found]


def _wrong_type(value: Any, wanted: str) -> list[Violation]:
    if isinstance(value, dict):
        text = "Start of structure or map found where not expected"
    elif isinstance(value, list | tuple):
        text = "Start of list found where not expected"
    else:
        text = f"{_token(value)}_VALUE cannot be converted to {wanted}"
    return [Violation(Kind.TYPE, text, value)]


def _token(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return "DECIMAL"
    return "NUMBER" if isinstance(value, int) else "STRING"


def _anything(_: Any, __: dict[str, Check]) -> Check:
    return lambda _value: None


def _structure(shape: Any, known: dict[str, Check]) -> Check:
    if getattr(shape, "is_document_type", False):
        return _anything(shape, known)
    members: dict[str, tuple[str, Check]] = {}
    for name, member in shape.members.items():
        # JSON has the names of the wire, moto's parsers those of the model.
        members[name] = members[member.serialization.get("name", name)] = (name, compile_check(member, known))
    required = [
        (name, shape.members[name].serialization.get("name", name)) for name in shape.required_members
    ]
    alternatives = tuple(shape.members) if shape.is_tagged_union else ()

    def check(value: Any) -> Found:
        if type(value) is not dict:
            return _wrong_type(value, "Structure")
        found: list[Violation] = []
        for key, part in value.items():
            member = members.get(key)
            if member is not None and part is not None and (wrong := member[1](part)) is not None:
                found += _within(member[0], wrong)
        found += [
            Violation(Kind.MISSING, NOT_NULL, None, (name,))
            for name, key in required
            if value.get(name) is None and value.get(key) is None
        ]
        if alternatives and not found:
            found += _not_one(value, alternatives, shape.name)
        return found or None

    return check


def _not_one(value: dict[str, Any], alternatives: tuple[str, ...], name: str) -> list[Violation]:
    if sum(part is not None for part in value.values()) == 1:
        return []
    return [Violation(Kind.CHOICE, ", ".join(alternatives), value, (name,))]


def _list(shape: Any, known: dict[str, Check]) -> Check:
    member = compile_check(shape.member, known)
    length = _length(shape)

    def check(value: Any) -> Found:
        if type(value) is not list:
            return _wrong_type(value, "List")
        found: list[Violation] = length(value, len(value)) or []
        for place, part in enumerate(value):
            wrong = [Violation(Kind.MISSING, NOT_NULL)] if part is None else member(part)
            if wrong is not None:
                found += _within(place, wrong)
        return found or None

    return check


def _map(shape: Any, known: dict[str, Check]) -> Check:
    key_check, value_check = compile_check(shape.key, known), compile_check(shape.value, known)
    length = _length(shape)

    def check(value: Any) -> Found:
        if type(value) is not dict:
            return _wrong_type(value, "Map")
        found: list[Violation] = length(value, len(value)) or []
        for key, part in value.items():
            for one in key_check(key) or ():
                text = f"Map keys must satisfy constraint: [{one.text}]"
                found.append(Violation(one.kind, text, value))
            wrong = [Violation(Kind.MISSING, NOT_NULL)] if part is None else value_check(part)
            if wrong is not None:
                found += _within(key, wrong)
        return found or None

    return check


def _length(shape: Any) -> Callable[[Any, int], Found]:
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
        return [Violation(Kind.CONSTRAINT, text, value)]

    return check


def _string(shape: Any, _: dict[str, Check]) -> Check:
    length = _length(shape)
    source = shape.metadata.get("pattern")
    pattern = _pattern(source) if source else None
    names = frozenset(shape.enum)
    listed = ", ".join(shape.enum)
    is_plain = not (names or pattern or shape.metadata.get("min") or "max" in shape.metadata)

    def check(value: Any) -> Found:
        if not isinstance(value, str):
            return _wrong_type(value, NAMES["string"])
        if is_plain:
            return None
        found: list[Violation] = length(value, len(value)) or []
        if names and value not in names:
            found.append(Violation(Kind.CONSTRAINT, f"Member must satisfy enum value set: [{listed}]", value))
        if pattern is not None and pattern.fullmatch(value) is None:
            text = f"Member must satisfy regular expression pattern: {source}"
            found.append(Violation(Kind.CONSTRAINT, text, value))
        return found or None

    return check


def _pattern(source: str) -> re.Pattern[str] | None:
    """Return the pattern; None for those of Java that Python cannot read, such as its classes of letters."""
    try:
        return re.compile(source, re.ASCII)
    except re.error:
        return None


def _range(shape: Any) -> Callable[[Any], Found]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")

    def check(value: Any) -> Found:
        if least is not None and value < least:
            text = f"Member must have value greater than or equal to {least}"
        elif most is not None and value > most:
            text = f"Member must have value less than or equal to {most}"
        else:
            return None
        return [Violation(Kind.CONSTRAINT, text, value)]

    return check


def _whole_number(shape: Any, _: dict[str, Check]) -> Check:
    within, most = _range(shape), 2 ** (BITS[shape.type_name] - 1)

    def check(value: Any) -> Found:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            return _wrong_type(value, NAMES[shape.type_name])
        return within(value) if -most <= value < most else _wrong_type(value, NAMES[shape.type_name])

    return check


def _number(shape: Any, _: dict[str, Check]) -> Check:
    within = _range(shape)

    def check(value: Any) -> Found:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return _wrong_type(value, NAMES[shape.type_name])
        return within(value)

    return check


def _boolean(_: Any, __: dict[str, Check]) -> Check:
    return lambda value: None if isinstance(value, bool) else _wrong_type(value, NAMES["boolean"])


def _timestamp(_: Any, __: dict[str, Check]) -> Check:
    def check(value: Any) -> Found:
        if isinstance(value, datetime):
            return None
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            try:
                parse_timestamp(value)  # type: ignore[arg-type] # numbers are taken as well
            except (ValueError, OverflowError, OSError, RuntimeError):
                return _wrong_type(value, NAMES["timestamp"])
            return None
        return _wrong_type(value, NAMES["timestamp"])

    return check


def _blob(shape: Any, _: dict[str, Check]) -> Check:
    length = _length(shape)
    decode = partial(binascii.a2b_base64, strict_mode=True)

    def check(value: Any) -> Found:
        if isinstance(value, bytes):
            return length(value, len(value))
        if not isinstance(value, str):
            return _wrong_type(value, NAMES["blob"])
        try:
            return length(value, len(decode(value)))
        except (binascii.Error, ValueError):
            return [Violation(Kind.TYPE, "a blob is not Base64", value)]

    return check


_MAKERS: dict[str, Callable[[Any, dict[str, Check]], Check]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
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
