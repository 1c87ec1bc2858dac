"""A statement as a value, and the values that it holds until its parameters are known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from moto.dynamodb.exceptions import MockValidationException

from workshop.cloud.offline.overlay.dynamodb.attribute_values import read_value, value_of
from workshop.cloud.offline.overlay.dynamodb.expressions.trees import Condition, Path, UpdateAction
from workshop.cloud.offline.overlay.dynamodb.partiql.tokens import StatementError

__all__ = ["ItemOf", "ListOf", "MapOf", "Parameter", "SetOf", "Statement", "Template", "bound_values"]


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


@dataclass(frozen=True, slots=True)
class Statement:
    """What a statement says; nobody may change it, since it is kept for the next call.

    `kind` is SELECT, INSERT, UPDATE, DELETE or EXISTS. `paths` are None for `*`. The placeholders in
    `condition` and `actions` are numbered as `templates` are. `order` names attributes, each with whether it
    ascends.
    """

    kind: str
    table: str
    index: str | None = None
    paths: tuple[Path, ...] | None = None
    condition: Condition | None = None
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
