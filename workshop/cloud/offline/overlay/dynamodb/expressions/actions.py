"""The actions of an update are checked against their values, and applied to a copy of an item.

All actions see the item as it was before. Elements that are set behind the end of a list are appended in the
order of their positions, and positions of elements that are removed are those of the list before.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.dynamodb.exceptions import (
    AttributeDoesNotExist,
    IncorrectDataType,
    InvalidUpdateExpressionInvalidDocumentPath,
    MockValidationException,
)

from workshop.cloud.offline.overlay.dynamodb.attribute_values import copied, value_of
from workshop.cloud.offline.overlay.dynamodb.expressions.tokens import ExpressionError
from workshop.cloud.offline.overlay.dynamodb.expressions.trees import (
    AddAction,
    Arithmetic,
    DeleteAction,
    FunctionCall,
    Operand,
    Path,
    RemoveAction,
    SetAction,
    UpdateAction,
    Value,
)
from workshop.cloud.offline.overlay.dynamodb.expressions.values import SETS, value_at

__all__ = ["BoundUpdate", "Changed"]

KIND = "UpdateExpression"
TYPE_NAMES = {
    "S": "STRING",
    "N": "NUMBER",
    "B": "BINARY",
    "SS": "STRING_SET",
    "NS": "NUMBER_SET",
    "BS": "BINARY_SET",
    "L": "LIST",
    "M": "MAP",
    "BOOL": "BOOLEAN",
    "NULL": "NULL",
}
ADDABLE = ("N", *SETS)
CREATING = (SetAction, AddAction)
Parts = tuple[str | int, ...]


# Not frozen: there is one of each for every write, and that would take three times as long to make.
@dataclass(slots=True)
class Changed:
    """An item after its update, the paths that the update touched, and where they ended up."""

    attributes: dict[str, Any]
    old_paths: tuple[Parts, ...]
    new_paths: tuple[Parts, ...]


@dataclass(slots=True)
class BoundUpdate:
    """The actions of an update expression; `values` has moto's values by placeholder, such as `:v`."""

    actions: tuple[UpdateAction, ...]
    values: Mapping[str, Any]

    @property
    def creates(self) -> bool:
        """Whether an item that does not exist comes into being: not if things are only taken away."""
        return any(isinstance(action, CREATING) for action in self.actions)

    def check(self, key_names: list[str]) -> None:
        """Check types of the values, and that no part of the key is touched.

        Raises:
            MockValidationException: with AWS's text.
        """
        for action in self.actions:
            if action.path.parts[0] in key_names:
                raise MockValidationException(
                    f"One or more parameter values were invalid: Cannot update attribute "
                    f"{action.path.parts[0]}. This attribute is part of the key"
                )
            if isinstance(action, SetAction):
                _check_operand(action.value, self.values)
            elif not isinstance(action, RemoveAction):
                self._check_change(action)

    def _check_change(self, action: AddAction | DeleteAction) -> None:
        name, allowed = ("ADD", ADDABLE) if isinstance(action, AddAction) else ("DELETE", SETS)
        kind = self.values[action.value.name].type
        if kind not in allowed:
            raise ExpressionError(
                KIND,
                "Incorrect operand type for operator or function; "
                f"operator: {name}, operand type: {TYPE_NAMES[kind]}, typeSet: ALLOWED_FOR_{name}_OPERAND",
            )

    def applied_to(self, attributes: Mapping[str, Any]) -> Changed:
        """Return the item after the update; the one given stays as it is.

        Raises:
            MockValidationException: an action does not fit the item, with AWS's text.
        """
        draft = _Draft(attributes)
        appended: list[tuple[Path, Any]] = []
        removed: list[Path] = []
        new_paths: list[Parts] = []
        # Values come from the item as it was, not from the draft: `SET a = b, b = a` swaps.
        for action in self.actions:
            value = (
                None
                if isinstance(action, RemoveAction)
                else _RESULTS[type(action)](action, attributes, self.values)
            )
            # A REMOVE, or a DELETE that leaves nothing of a set: there are no empty sets.
            if value is None:
                removed.append(action.path)
            elif draft.replaces(action.path, value):
                new_paths.append(action.path.parts)
            else:
                appended.append((action.path, value))
        for path, value in sorted(appended, key=lambda pair: pair[0].parts[-1]):
            new_paths.append(draft.append(path, value))
        # From within and from behind, so that the positions in the other paths stay right.
        for path in sorted(removed, key=_depth_and_position, reverse=True):
            draft.remove(path)
        touched = tuple([action.path.parts for action in self.actions])
        return Changed(draft.attributes, touched, tuple(new_paths))


def _depth_and_position(path: Path) -> tuple[int, int]:
    last = path.parts[-1]
    # A map's members have no order, so any number will do for them.
    return len(path.parts), last if isinstance(last, int) else -1


class _Draft:
    """A copy of an item; only the maps and lists that an update goes through are copied themselves."""

    def __init__(self, attributes: Mapping[str, Any]) -> None:
        self.attributes = dict(attributes)
        self._own: dict[Parts, Any] = {}

    def replaces(self, path: Path, value: Any) -> bool:
        """Put a value at a path, unless that is behind the end of a list."""
        container, last = self._container(path), path.parts[-1]
        if isinstance(last, int) and last >= len(container):
            return False
        container[last] = value
        return True

    def append(self, path: Path, value: Any) -> Parts:
        """Append a value to a list; return its path."""
        container = self._container(path)
        container.append(value)
        return (*path.parts[:-1], len(container) - 1)

    def remove(self, path: Path) -> None:
        """Take away what is at a path, if anything is."""
        container, last = self._container(path), path.parts[-1]
        if isinstance(container, dict):
            container.pop(last, None)
        elif last < len(container):  # type: ignore[operator] # a position, since the container is a list
            del container[last]

    def _container(self, path: Path) -> Any:
        """Return the map or list that a path ends in, as this draft's own.

        Raises:
            InvalidUpdateExpressionInvalidDocumentPath: there is none, or it is of another type.
        """
        container: Any = self.attributes
        for place, part in enumerate(path.parts[:-1], start=1):
            parts = path.parts[:place]
            if parts not in self._own:
                self._own[parts] = _shallow(container, part, wants_list=isinstance(path.parts[place], int))
                container[part] = self._own[parts]
            container = self._own[parts].value
        return container


def _shallow(container: Any, part: Any, *, wants_list: bool) -> Any:
    """Return a copy of the map or list at a part of a container, which shares its contents."""
    found = container.get(part) if isinstance(container, dict) else None
    if isinstance(container, list) and part < len(container):
        found = container[part]
    if found is None or found.type != ("L" if wants_list else "M"):
        raise InvalidUpdateExpressionInvalidDocumentPath
    return value_of(found.type, found.value.copy())


def _check_operand(operand: Operand, values: Mapping[str, Any]) -> None:
    if isinstance(operand, Arithmetic):
        for side in (operand.left, operand.right):
            _check_operand(side, values)
            _check_type(operand.operator, side, "N", values)
    elif isinstance(operand, FunctionCall):
        _check_call(operand, values)


def _check_call(call: FunctionCall, values: Mapping[str, Any]) -> None:
    if len(call.arguments) != 2:  # both functions take two
        raise ExpressionError(
            KIND,
            "Incorrect number of operands for operator or function; "
            f"operator or function: {call.function}, number of operands: {len(call.arguments)}",
        )
    if call.function == "if_not_exists" and not isinstance(call.arguments[0], Path):
        raise ExpressionError(
            KIND, f"Operator or function requires a document path; operator or function: {call.function}"
        )
    for argument in call.arguments:
        _check_operand(argument, values)
        if call.function == "list_append":
            _check_type(call.function, argument, "L", values)


def _check_type(name: str, operand: Operand, wanted: str, values: Mapping[str, Any]) -> None:
    if isinstance(operand, Value) and (kind := values[operand.name].type) != wanted:
        raise ExpressionError(
            KIND,
            "Incorrect operand type for operator or function; "
            f"operator or function: {name}, operand type: {kind}",
        )


def _evaluate(operand: Any, attributes: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
    """Return the value of an operand; raises if the item lacks it or has another type there."""
    if isinstance(operand, Value):
        return copied(values[operand.name])
    if isinstance(operand, Path):
        if (found := value_at(attributes, operand.parts)) is None:
            raise AttributeDoesNotExist
        return copied(found)
    if isinstance(operand, FunctionCall) and operand.function == "if_not_exists":
        path, otherwise = operand.arguments
        found = value_at(attributes, path.parts)  # type: ignore[union-attr] # checked before
        return copied(found) if found is not None else _evaluate(otherwise, attributes, values)
    sides = operand.arguments if isinstance(operand, FunctionCall) else (operand.left, operand.right)
    left, right = (_evaluate(side, attributes, values) for side in sides)
    wanted = "L" if isinstance(operand, FunctionCall) else "N"
    if (left.type, right.type) != (wanted, wanted):
        raise IncorrectDataType
    if isinstance(operand, FunctionCall):
        return value_of("L", left.value + right.value)
    return left + right if operand.operator == "+" else left - right


def _set(action: SetAction, attributes: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
    return _evaluate(action.value, attributes, values)


def _add(action: AddAction, attributes: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
    added, current = _evaluate(action.value, attributes, values), value_at(attributes, action.path.parts)
    if current is None:
        return added
    if current.type != added.type:
        raise IncorrectDataType
    if added.type == "N":
        return current + added
    new = [member for member in added.value if member not in current.value]
    return value_of(added.type, [*current.value, *new])


def _delete(action: DeleteAction, attributes: Mapping[str, Any], values: Mapping[str, Any]) -> Any | None:
    """Return what is left of a set; None if that is nothing, and the attribute goes."""
    taken, current = _evaluate(action.value, attributes, values), value_at(attributes, action.path.parts)
    if current is None:
        return None
    if current.type != taken.type:
        raise IncorrectDataType
    left = [member for member in current.value if member not in taken.value]
    return value_of(taken.type, left) if left else None


_RESULTS: dict[type, Callable[..., Any | None]] = {SetAction: _set, AddAction: _add, DeleteAction: _delete}
