"""What AWS allows in the properties of a resource, and which of them have no effect here.

Support for the operations on stacks; corrects nothing. `schemas.json` has AWS's own schemas in short, a line
for each type, so that only the types of a template are read; `effects.toml` says what a property does here.
AWS takes text for numbers and booleans and the reverse; its messages are those of
https://github.com/aws-cloudformation/cloudformation-resource-schema, which show no values.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from json import loads
from pathlib import Path
from typing import Any

from workshop.cloud.offline.overlay.cloudformation.handlers import as_text

__all__ = ["SCHEMAS", "effects", "property_problem", "schema", "types_with_schema", "without_effect"]

SCHEMAS = Path(__file__).with_name("schemas.json")
EFFECTS = Path(__file__).with_name("effects.toml")
SEE = "docs/offline-cloud.md"
UNKNOWN_TYPE: Mapping[str, Any] = {
    "note": "resources of this type are kept and described, nothing acts on them"
}
# Parts of a resource beside its properties, of which nothing here takes notice.
IDLE_PARTS = ("CreationPolicy", "UpdatePolicy")
# Properties of a type of which one must name somebody.
NOT_ALL_EMPTY = {"AWS::IAM::Policy": ("Groups", "Roles", "Users")}
JSON_TYPES = {
    bool: "Boolean",
    dict: "JSONObject",
    float: "Number",
    int: "Integer",
    list: "JSONArray",
    str: "String",
}
CONTAINERS: Mapping[str, type] = {"array": list, "object": dict}
TEXTS = {
    "boolean": re.compile("true|false", re.IGNORECASE),
    "integer": re.compile(r"[+-]?\d+(\.0+)?"),
    "number": re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"),
    "string": re.compile(".*", re.DOTALL),
}


def types_with_schema() -> frozenset[str]:
    """Return the types whose properties are known."""
    return frozenset(_lines())


@cache
def schema(resource_type: str) -> dict[str, Any] | None:
    """Return the schema of a type, None if it has none: its properties are its own."""
    line = _lines().get(resource_type)
    return None if line is None else loads(line)


@cache
def effects() -> dict[str, dict[str, Any]]:
    """Return what `effects.toml` says of each type."""
    return tomllib.loads(EFFECTS.read_text(encoding="utf-8"))


def property_problem(logical_id: str, definition: Mapping[str, Any]) -> str | None:
    """Return why a resource cannot have the properties that it has, or None."""
    shape, properties = schema(definition["Type"]), definition["Properties"]
    if shape is None:
        return None
    if problems := [*_problems(shape, properties, "#")]:
        return f"Properties validation failed for resource {logical_id} with message:\n" + "\n".join(problems)
    either = NOT_ALL_EMPTY.get(definition["Type"], ())
    if either and not any(properties.get(name) for name in either):
        return f"At least one of [{','.join(either)}] must be non-empty."
    refused = effects().get(definition["Type"], UNKNOWN_TYPE).get("refused", {})
    for name, reason in refused.items():
        if not _is_nothing(properties.get(name)):
            return f"The offline cloud does not offer the property {name}: {reason} ({SEE})"
    return None


def without_effect(definition: Mapping[str, Any]) -> str | None:
    """Return what the event of a resource says of what it has without effect, or None if all has one."""
    if schema(definition["Type"]) is None:
        return None
    known = effects().get(definition["Type"], UNKNOWN_TYPE)
    properties, same = definition["Properties"], known.get("same", {})
    idle = [
        name
        for name, value in properties.items()
        if name not in known.get("works", ()) and not _is_nothing(value) and value != same.get(name)
    ]
    for path in known.get("idle", ()):
        values = _members(properties, path.split("."))
        idle += [path] if any(not _is_nothing(value) and value != same.get(path) for value in values) else []
    idle += [part for part in IDLE_PARTS if part in definition]
    if not idle:
        return None
    verb, note = "has" if len(idle) == 1 else "have", known.get("note")
    return f"{', '.join(idle)} {verb} no effect in the offline cloud{f': {note}' if note else ''} ({SEE})"


def _is_nothing(value: Any) -> bool:
    """Return whether a property asks for nothing; the number 0 asks for itself, and a list for an alarm's."""
    return value is None or value is False or value in ("", {})


@cache
def _lines() -> dict[str, str]:
    """Return the text of each type's schema."""
    lines = SCHEMAS.read_text(encoding="utf-8").splitlines()[1:-1]
    return {name.strip('"'): text.rstrip(",") for name, _, text in (line.partition(": ") for line in lines)}


def _members(value: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for element in value:
            yield from _members(element, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _members(value[path[0]], path[1:])


def _problems(shape: Any, value: Any, place: str) -> Iterator[str]:
    if shape is None or value is None:
        return
    kind, limits = _read(shape)
    if not _is_a(kind, value):
        expected = JSON_TYPES[CONTAINERS[kind]] if kind in CONTAINERS else kind.capitalize()
        yield f"{place}: expected type: {expected}, found: {JSON_TYPES.get(type(value), 'String')}"
    elif kind == "array":
        yield from _broken_limits(limits, "Items", len(value), place)
        for index, element in enumerate(value):
            yield from _problems(limits["items"], element, f"{place}/{index}")
    elif kind == "object":
        yield from _problems_of_object(limits, value, place)
    else:
        yield from _broken_limits(limits, "Length", len(as_text(value)), place)
        yield from _broken_values(limits, as_text(value), place)


def _read(shape: Any) -> tuple[str, dict[str, Any]]:
    """Return the kind of a shape, and its limits: the file leaves out what goes without saying."""
    if isinstance(shape, str):
        return shape, {}
    if isinstance(shape, list):
        return "array", {"items": shape[0]}
    return shape.get("type") or ("array" if "items" in shape else "object"), shape


def _is_a(kind: str, value: Any) -> bool:
    if kind in CONTAINERS:
        return isinstance(value, CONTAINERS[kind])
    return isinstance(value, (str, bool, int, float)) and TEXTS[kind].fullmatch(as_text(value)) is not None


def _problems_of_object(shape: Mapping[str, Any], value: Mapping[str, Any], place: str) -> Iterator[str]:
    for name in shape.get("required", ()):
        if name not in value:
            yield f"{place}: required key [{name}] not found"
    for name, inner in value.items() if "properties" in shape else ():
        if name not in shape["properties"]:
            yield f"{place}: extraneous key [{name}] is not permitted"
        else:
            yield from _problems(shape["properties"][name], inner, f"{place}/{name}")


def _broken_limits(limits: Mapping[str, Any], what: str, size: int, place: str) -> Iterator[str]:
    words = {"Items": "minimum item count", "Length": "minLength"}[what]
    found = {"Items": "found", "Length": "actual"}[what]
    if size < limits.get(f"min{what}", 0):
        yield f"{place}: expected {words}: {limits[f'min{what}']}, {found}: {size}"
    if size > limits.get(f"max{what}", size):
        yield f"{place}: expected {words.replace('min', 'max')}: {limits[f'max{what}']}, {found}: {size}"


def _broken_values(limits: Mapping[str, Any], text: str, place: str) -> Iterator[str]:
    broken = []
    if "enum" in limits and text not in map(as_text, limits["enum"]):
        broken.append("enum")
    if "minimum" in limits and float(text) < limits["minimum"]:
        broken.append("minimum")
    if "maximum" in limits and float(text) > limits["maximum"]:
        broken.append("maximum")
    yield from (f"{place}: failed validation constraint for keyword [{keyword}]" for keyword in broken)
