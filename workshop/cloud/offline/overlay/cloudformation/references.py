"""What the parts of a template refer to, and the order of creation that follows. Pure; corrects nothing.

A resource depends on what its `Ref`, `Fn::GetAtt` and `Fn::Sub` name and on what its `DependsOn` lists
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-dependson.html).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

__all__ = [
    "PLACEHOLDER",
    "CircularDependencyError",
    "Reference",
    "conditions_needed",
    "conditions_used",
    "creation_order",
    "mappings_used",
    "references",
]

# `${!Name}` stands for the text `${Name}` and refers to nothing:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-sub.html
PLACEHOLDER = re.compile(r"\$\{([^!][^}]*)\}")


# The attribute of an `Fn::GetAtt` whose name is known only when its `Ref` is resolved.
ANY = ""


class Reference(NamedTuple):
    """A logical id, parameter or pseudo parameter, and the attribute of an `Fn::GetAtt`, None for a `Ref`."""

    name: str
    attribute: str | None


class CircularDependencyError(Exception):
    """Resources depend on each other; `names` are the logical ids on the cycle."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        super().__init__(f"Circular dependency between resources: [{', '.join(names)}]")


def references(value: Any) -> Iterator[Reference]:
    """Yield every reference inside a value, in reading order."""
    if isinstance(value, list):
        for element in value:
            yield from references(element)
    elif isinstance(value, dict):
        yield from _of_object(value)


def conditions_used(value: Any) -> Iterator[str]:
    """Yield the name of every condition that an `Fn::If` inside a value evaluates."""
    yield from (str(argument[0]) for argument in _arguments("Fn::If", value))


def conditions_needed(condition: Any) -> Iterator[str]:
    """Yield the names of the conditions that another condition evaluates."""
    yield from map(str, _arguments("Condition", condition))


def mappings_used(value: Any) -> Iterator[str]:
    """Yield the name of every mapping that an `Fn::FindInMap` inside a value names."""
    names = (argument[0] for argument in _arguments("Fn::FindInMap", value) if len(argument) == 3)
    yield from (name for name in names if isinstance(name, str))


def _arguments(function: str, value: Any) -> Iterator[Any]:
    for element in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        yield from _arguments(function, element)
    if isinstance(value, dict) and function in value:
        yield value[function]


def creation_order(resources: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the logical ids, each after what it depends on, otherwise in the order of the template.

    Raises:
        CircularDependencyError: no such order exists.
    """
    order: dict[str, None] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise CircularDependencyError(path[path.index(name) :])
        for needed in dependencies(resources[name]):
            # Other names are parameters, which are there from the beginning.
            if needed in resources and needed not in order:
                visit(needed, (*path, name))
        order[name] = None

    for name in resources:
        if name not in order:
            visit(name, ())
    return list(order)


def dependencies(resource: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names that a resource needs before it can be made."""
    explicit = resource.get("DependsOn", [])
    yield from [explicit] if isinstance(explicit, str) else explicit
    for reference in references(resource.get("Properties", {})):
        yield reference.name


def _of_object(value: dict[str, Any]) -> Iterator[Reference]:
    for key, inner in value.items():
        if key == "Ref" and isinstance(inner, str):
            yield Reference(inner, None)
        elif key == "Fn::GetAtt":
            name, attribute = inner.split(".", 1) if isinstance(inner, str) else inner
            yield from references(attribute)  # AWS allows a `Ref` there
            yield Reference(name, attribute if isinstance(attribute, str) else ANY)
        elif key == "Fn::Sub":
            yield from _of_substitution(inner)
        else:
            yield from references(inner)


def _of_substitution(value: Any) -> Iterator[Reference]:
    text, given = value if isinstance(value, list) else (value, {})
    yield from references(given)
    for placeholder in PLACEHOLDER.findall(text):
        name, _, attribute = placeholder.strip().partition(".")
        # What the second argument of `Fn::Sub` defines is known to this text alone.
        if name not in given:
            yield Reference(name, attribute or None)
