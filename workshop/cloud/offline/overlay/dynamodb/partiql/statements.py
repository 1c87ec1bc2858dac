"""A statement as a value, and the values that it holds until its parameters are known."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from moto.dynamodb.exceptions import MockValidationException

from workshop.cloud.offline.overlay.dynamodb.attribute_values import read_value, value_of
from workshop.cloud.offline.overlay.dynamodb.expressions.trees import (
    And,
    BinaryComparison,
    Condition,
    Path,
    UpdateAction,
    Value,
)
from workshop.cloud.offline.overlay.dynamodb.partiql.tokens import StatementError

__all__ = [
    "Clause",
    "ItemOf",
    "ListOf",
    "MapOf",
    "Parameter",
    "SetOf",
    "Statement",
    "Template",
    "bound_values",
    "parts_of",
]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A question mark: the parameter at a place, counted from 0."""

    place: int


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list: `[1, ?]`."""

    parts: tuple["Template", ...]


@dataclass(frozen=True, slots=True)
class SetOf:
    """A set: `<<'a', ?>>`."""

    parts: tuple["Template", ...]


@dataclass(frozen=True, slots=True)
class MapOf:
    """A map: `{'a': ?}`."""

    parts: tuple[tuple[str, "Template"], ...]


@dataclass(frozen=True, slots=True)
class ItemOf:
    """An item of which all values are parameters, in their order: `{'a': ?, 'b': ?}`."""

    names: tuple[str, ...]


# A scalar is a value already.
Template = Any


class Clause(NamedTuple):
    """One of the conditions that must all hold; of `name = :value` the attribute and the placeholder."""

    tree: Condition
    name: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """What a statement says; nobody may change it, since it is kept for the next call.

    `kind` is SELECT, INSERT, UPDATE, DELETE or EXISTS. `paths` are None for `*`. The placeholders in
    `condition` and `actions` are numbered as `templates` are. `parts` are those of the condition. `order`
    names attributes, each with whether it ascends.
    """

    kind: str
    table: str
    index: str | None = None
    paths: tuple[Path, ...] | None = None
    condition: Condition | None = None
    parts: tuple[Clause, ...] = ()
    actions: tuple[UpdateAction, ...] = ()
    item: Template = None
    order: tuple[tuple[str, bool], ...] = ()
    returning: str = "NONE"
    templates: tuple[Template, ...] = ()
    parameter_count: int = 0

    @property
    def is_read(self) -> bool:
        """Whether it is a SELECT. An EXISTS changes nothing either, but counts as a write's condition."""
        return self.kind == "SELECT"


def parts_of(tree: Condition | None) -> Iterator[Clause]:
    """Yield the conditions that must all hold."""
    if isinstance(tree, And):
        yield from parts_of(tree.left)
        yield from parts_of(tree.right)
    elif isinstance(tree, BinaryComparison) and tree.operator == "=":
        path, value = (tree.left, tree.right) if isinstance(tree.left, Path) else (tree.right, tree.left)
        is_equality = isinstance(path, Path) and len(path.parts) == 1 and isinstance(value, Value)
        yield Clause(tree, str(path.parts[0]), value.name) if is_equality else Clause(tree)  # type: ignore[union-attr] # looked at
    elif tree is not None:
        yield Clause(tree)


def bound_values(statement: Statement, parameters: Sequence[Any] | None) -> tuple[dict[str, Any], Any]:
    """Return the values by the names of their placeholders, and the item of an INSERT, or None.

    Raises:
        MockValidationException: more or fewer parameters than question marks, or a value that is none.
    """
    given = [read_value(raw) for raw in parameters or ()]
    if len(given) != statement.parameter_count:
        raise MockValidationException("Number of parameters in request and statement don't match.")
    values = {f":{place}": _bound(template, given) for place, template in enumerate(statement.templates)}
    return values, None if statement.item is None else _bound(statement.item, given)


def _bound(template: Template, given: list[Any]) -> Any:
    if isinstance(template, Parameter):
        return given[template.place]
    if isinstance(template, ItemOf):
        return value_of("M", dict(zip(template.names, given, strict=True)))
    if isinstance(template, ListOf):
        return value_of("L", [_bound(part, given) for part in template.parts])
    if isinstance(template, MapOf):
        return value_of("M", {name: _bound(part, given) for name, part in template.parts})
    if isinstance(template, SetOf):
        return _set([_bound(part, given) for part in template.parts])
    return template


def _set(members: list[Any]) -> Any:
    kinds = {member.type for member in members}
    if len(kinds) != 1 or not kinds <= {"S", "N", "B"}:
        raise StatementError("a set has strings, numbers or binary values, and only one kind of them")
    return read_value({f"{kinds.pop()}S": [member.value for member in members]})
