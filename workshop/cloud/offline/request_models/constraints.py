"""What the model of an operation demands of its parameters, compiled once into a function.

The function gets a value as the wire has it, or as moto's parsers have read it, and returns all that is wrong
with it. Unknown members and nulls are left aside, as AWS does.
"""

import re
from typing import Any

from workshop.cloud.offline.request_models.scalars import SCALARS, length_check
from workshop.cloud.offline.request_models.violations import (
    NOT_NULL,
    Find,
    Found,
    MapKey,
    Violation,
    ViolationKind,
    within,
    wrong_type,
)

__all__ = ["compile_check", "is_arn_member"]

ARN = re.compile(r"arn(:[^:]*){4}:.+", re.DOTALL)


def compile_check(shape: Any, known: dict[str, Find] | None = None) -> Find:
    """Return the check of a shape; `known` has those of the shapes around it, in which it may be again."""
    known = {} if known is None else known
    if shape.name in known:
        return known[shape.name]

    def again(value: Any) -> Found:
        return known[shape.name](value)

    known[shape.name] = again  # for a shape that contains itself
    if shape.type_name in SCALARS:
        known[shape.name] = SCALARS[shape.type_name](shape)
    else:
        known[shape.name] = _CONTAINERS[shape.type_name](shape, known)
    return known[shape.name]


def is_arn_member(name: str, shape: Any) -> bool:
    """Return whether a member is an ARN for AWS, although its model has no pattern that says so."""
    is_text_arn = name.endswith(("Arn", "ARN")) and shape.type_name == "string"
    return is_text_arn and "arn" not in shape.metadata.get("pattern", "")


def _arn(check: Find) -> Find:
    def check_arn(value: Any) -> Found:
        found = check(value)
        return found if found or ARN.fullmatch(value) else [Violation(ViolationKind.ARN, "", value)]

    return check_arn


def _structure(shape: Any, known: dict[str, Find]) -> Find:
    if shape.is_document_type:
        return lambda _: None
    members = _members(shape, known)
    required = [
        (name, shape.members[name].serialization.get("name", name)) for name in shape.required_members
    ]
    alternatives = tuple(shape.members) if shape.is_tagged_union else ()

    def check(value: Any) -> Found:
        if type(value) is not dict:
            return wrong_type(value, "Structure")
        found: list[Violation] = []
        for key, part in value.items():
            member = members.get(key)
            if member is not None and part is not None and (wrong := member[1](part)) is not None:
                found += within(member[0], wrong)
        found += [
            Violation(ViolationKind.MISSING, NOT_NULL, None, (name,))
            for name, key in required
            if value.get(name) is None and value.get(key) is None
        ]
        if alternatives and not found and sum(part is not None for part in value.values()) != 1:
            found.append(Violation(ViolationKind.CHOICE, ", ".join(alternatives), value, (shape.name,)))
        return found or None

    return check


def _members(shape: Any, known: dict[str, Find]) -> dict[str, tuple[str, Find]]:
    """Return name and check of each member by its names: that of the wire for JSON, else the model's."""
    members: dict[str, tuple[str, Find]] = {}
    for name, member in shape.members.items():
        check = compile_check(member, known)
        if is_arn_member(name, member):
            check = _arn(check)
        members[name] = members[member.serialization.get("name", name)] = (name, check)
    return members


def _list(shape: Any, known: dict[str, Find]) -> Find:
    member, length = compile_check(shape.member, known), length_check(shape)

    def check(value: Any) -> Found:
        if type(value) is not list:
            return wrong_type(value, "List")
        found: list[Violation] = length(value, len(value)) or []
        for place, part in enumerate(value):
            wrong = [Violation(ViolationKind.MISSING, NOT_NULL)] if part is None else member(part)
            if wrong is not None:
                found += within(place, wrong)
        return found or None

    return check


def _map(shape: Any, known: dict[str, Find]) -> Find:
    check_key, check_value = compile_check(shape.key, known), compile_check(shape.value, known)
    length = length_check(shape)

    def check(value: Any) -> Found:
        if type(value) is not dict:
            return wrong_type(value, "Map")
        found: list[Violation] = length(value, len(value)) or []
        for key, part in value.items():
            for one in check_key(key) or ():
                text = f"Map keys must satisfy constraint: [{one.text}]"
                found.append(Violation(one.kind, text, value))
            wrong = [Violation(ViolationKind.MISSING, NOT_NULL)] if part is None else check_value(part)
            if wrong is not None:
                found += within(MapKey(key), wrong)
        return found or None

    return check


_CONTAINERS = {"structure": _structure, "list": _list, "map": _map}
