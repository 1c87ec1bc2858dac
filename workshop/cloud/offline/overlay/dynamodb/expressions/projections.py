"""A projection keeps the parts of an item that its paths name."""

from collections.abc import Iterable, Mapping
from typing import Any

from workshop.cloud.offline.overlay.dynamodb.attribute_values import value_of

__all__ = ["project"]

# What is kept of a value: all of it (None), or these members and elements.
Kept = dict[str | int, Any]


def project(attributes: Mapping[str, Any], paths: Iterable[tuple[str | int, ...]]) -> dict[str, Any]:
    """Return what lies at the paths, none of which lies within another; elements of a list close ranks."""
    kept: Kept = {}
    for parts in paths:
        inner: Kept = kept
        for part in parts[:-1]:
            inner = inner.setdefault(part, {})
        inner[parts[-1]] = None
    return _members(attributes, kept)


def _members(attributes: Mapping[str, Any], kept: Kept) -> dict[str, Any]:
    found = ((name, _part(value, kept[name])) for name, value in attributes.items() if name in kept)
    return {name: value for name, value in found if value is not None}


def _part(value: Any, kept: Kept | None) -> Any | None:
    if kept is None:
        return value
    if value.type == "M":
        members = _members(value.value, kept)
        return value_of("M", members) if members else None
    if value.type == "L":
        wanted = sorted(place for place in kept if isinstance(place, int) and place < len(value.value))
        parts = [_part(value.value[place], kept[place]) for place in wanted]
        elements = [part for part in parts if part is not None]
        return value_of("L", elements) if elements else None
    return None
