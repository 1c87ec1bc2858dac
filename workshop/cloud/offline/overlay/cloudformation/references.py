"""What the parts of a template refer to, and the order of creation that follows. Pure; corrects nothing.

A resource depends on what its `Ref`, `Fn::GetAtt` and `Fn::Sub` name and on what its `DependsOn` lists
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-dependson.html).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

__all__ = ["CircularDependencyError", "Reference", "conditions_used", "creation_order", "references"]

# `${!Name}` stands for the text `${Name}` and refers to nothing:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-sub.html
_PLACEHOLDER = re.compile(r"\$\{([^!][^}]*)\}")


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
    for element in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        yield from conditions_used(element)
    if isinstance(value, dict) and isinstance(value.get("Fn::If"), list):
        yield value["Fn::If"][0]


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
            name, attribute = inner.split(".", 1) if isinstance(inner, str) else inner[:2]
            yield Reference(name, attribute)
        elif key == "Fn::Sub":
            yield from _of_substitution(inner)
        else:
            yield from references(inner)


def _of_substitution(value: Any) -> Iterator[Reference]:
    text, given = value if isinstance(value, list) else (value, {})
    yield from references(given)
    for placeholder in _PLACEHOLDER.findall(text):
        name, _, attribute = placeholder.strip().partition(".")
        # What the second argument of `Fn::Sub` defines is known to this text alone.
        if name not in given:
            yield Reference(name, attribute or None)
