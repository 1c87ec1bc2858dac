"""Conditions are checked against their values, and evaluated on an item."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workshop.cloud.offline.overlay.dynamodb.expressions.parser import BOOLEAN_FUNCTIONS
from workshop.cloud.offline.overlay.dynamodb.expressions.tokens import ExpressionError
from workshop.cloud.offline.overlay.dynamodb.expressions.trees import (
    And,
    Between,
    BinaryComparison,
    Condition,
    FunctionCall,
    Included,
    Not,
    Operand,
    Or,
    Path,
    Value,
)
from workshop.cloud.offline.overlay.dynamodb.expressions.values import (
    ORDERED,
    compare,
    contains,
    length,
    shown,
    value_at,
)

__all__ = ["BoundCondition"]

MAXIMUM_OPTIONS = 100
TYPES = ("B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M")
NEEDS_PATH = ("attribute_exists", "attribute_not_exists", "attribute_type")
# The types that a constant may have as the first and the second argument.
ARGUMENT_TYPES: dict[str, tuple[tuple[str, ...], ...]] = {
    "begins_with": (("S", "B"), ("S", "B")),
    "contains": (("S", "B", "SS", "NS", "BS", "L"), TYPES),
    "size": (("S", "B", "SS", "NS", "BS", "L", "M"),),
    "attribute_type": (TYPES, ("S",)),
}


@dataclass(frozen=True, slots=True)
class BoundCondition:
    """A condition; `kind` is the parameter that it came in.

    `values` has moto's values by placeholder, such as `:v`.
    """

    kind: str
    tree: Condition
    values: Mapping[str, Any]

    def check(self) -> None:
        """Check number and types of all operands.

        Raises:
            ExpressionError: with AWS's text.
        """
        _Check(self.kind, self.values).condition(self.tree)

    def holds(self, attributes: Mapping[str, Any] | None) -> bool:
        """Evaluate it on an item, None if there is none."""
        return _holds(self.tree, attributes or {}, self.values)


class _Check:
    def __init__(self, kind: str, values: Mapping[str, Any]) -> None:
        self.kind = kind
        self.values = values

    def error(self, problem: str) -> ExpressionError:
        return ExpressionError(self.kind, problem)

    def condition(self, tree: Condition) -> None:
        if isinstance(tree, Not):
            self.condition(tree.condition)
        elif isinstance(tree, And | Or):
            self.condition(tree.left)
            self.condition(tree.right)
        elif isinstance(tree, FunctionCall):
            self.call(tree)
        elif isinstance(tree, BinaryComparison):
            self.comparison(tree)
        elif isinstance(tree, Between):
            self.between(tree)
        else:
            self.inclusion(tree)

    def comparison(self, tree: BinaryComparison) -> None:
        for operand in (tree.left, tree.right):
            self.operand(operand)
            if tree.operator not in ("=", "<>"):
                self.type_of(tree.operator, operand, ORDERED)
        self.distinct(f"operator: {tree.operator}", tree.left, (tree.right,))

    def between(self, tree: Between) -> None:
        for operand in (tree.operand, tree.lower, tree.upper):
            self.operand(operand)
            self.type_of("BETWEEN", operand, ORDERED)
        self.distinct("operator: BETWEEN", tree.operand, (tree.lower, tree.upper))
        if not isinstance(tree.lower, Value) or not isinstance(tree.upper, Value):
            return
        lower, upper = self.values[tree.lower.name], self.values[tree.upper.name]
        bounds = (
            f"lower bound operand: AttributeValue: {shown(lower)}, "
            f"upper bound operand: AttributeValue: {shown(upper)}"
        )
        if lower.type != upper.type:
            raise self.error(
                f"The BETWEEN operator requires same data type for lower and upper bounds; {bounds}"
            )
        if compare(">", lower, upper):
            raise self.error(
                "The BETWEEN operator requires upper bound to be greater "
                f"than or equal to lower bound; {bounds}"
            )

    def inclusion(self, tree: Included) -> None:
        for operand in (tree.operand, *tree.options):
            self.operand(operand)
        if len(tree.options) > MAXIMUM_OPTIONS:
            # AWS counts the operand in front as well.
            raise self.count("IN", len(tree.options) + 1)
        self.distinct("operator: IN", tree.operand, tree.options)

    def call(self, tree: FunctionCall) -> None:
        function, arguments = tree.function, tree.arguments
        # `size` is not among them, since it is no condition; it takes one.
        if len(arguments) != BOOLEAN_FUNCTIONS.get(function, 1):
            raise self.count(function, len(arguments))
        if function in NEEDS_PATH and not isinstance(arguments[0], Path):
            raise self.error(
                f"Operator or function requires a document path; operator or function: {function}"
            )
        for argument in arguments:
            self.operand(argument)
        if function in BOOLEAN_FUNCTIONS and arguments[1:]:
            self.distinct(f"operator: {function}", arguments[0], arguments[1:])
        for argument, types in zip(arguments, ARGUMENT_TYPES.get(function, ()), strict=False):
            self.type_of(function, argument, types)
        if function == "attribute_type":
            self.type_name(arguments[1])

    def type_name(self, operand: Operand) -> None:
        if not isinstance(operand, Value):
            raise self.error(
                "Incorrect operand type for operator or function; operator or function: attribute_type, "
                "operand type: a document path"
            )
        if (name := self.values[operand.name].value) not in TYPES:
            raise self.error(
                f"Invalid attribute type name found; type: {name}, valid types: {{{','.join(TYPES)}}}"
            )

    def operand(self, tree: Operand) -> None:
        if not isinstance(tree, FunctionCall):
            return
        if tree.function != "size":
            raise self.error(
                f"The function is not allowed to be used this way in an expression; function: {tree.function}"
            )
        self.call(tree)

    def type_of(self, name: str, operand: Operand, allowed: tuple[str, ...]) -> None:
        # A path is left alone: what it leads to shows on an item, where a wrong type makes a condition false.
        if isinstance(operand, Value) and (kind := self.values[operand.name].type) not in allowed:
            raise self.error(
                "Incorrect operand type for operator or function; "
                f"operator or function: {name}, operand type: {kind}"
            )

    def distinct(self, name: str, first: Operand, others: tuple[Operand, ...]) -> None:
        if isinstance(first, Path) and first in others:
            raise self.error(
                "The first operand must be distinct from the remaining operands for this operator or "
                f"function; {name}, first operand: {first}"
            )

    def count(self, name: str, number: int) -> ExpressionError:
        return self.error(
            "Incorrect number of operands for operator or function; "
            f"operator or function: {name}, number of operands: {number}"
        )


def _operand(tree: Any, attributes: Mapping[str, Any], values: Mapping[str, Any]) -> Any | None:
    if type(tree) is Value:
        return values[tree.name]
    if type(tree) is Path:
        return value_at(attributes, tree.parts)
    return length(_operand(tree.arguments[0], attributes, values))


def _holds(tree: Any, attributes: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    return _EVALUATE[type(tree)](tree, attributes, values)


def _comparison(tree: BinaryComparison, attributes: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    left, right = (_operand(side, attributes, values) for side in (tree.left, tree.right))
    return compare(tree.operator, left, right)


def _between(tree: Between, attributes: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    operand, lower, upper = (
        _operand(part, attributes, values) for part in (tree.operand, tree.lower, tree.upper)
    )
    return compare(">=", operand, lower) and compare("<=", operand, upper)


def _included(tree: Included, attributes: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    operand = _operand(tree.operand, attributes, values)
    return any(compare("=", operand, _operand(option, attributes, values)) for option in tree.options)


def _begins(whole: Any | None, start: Any | None) -> bool:
    if whole is None or start is None or whole.type != start.type or whole.type not in ("S", "B"):
        return False
    return bool(contains(whole, start) and whole.value[: len(start.value)] == start.value)


_FUNCTIONS: dict[str, Callable[..., bool]] = {
    "attribute_exists": lambda value: value is not None,
    "attribute_not_exists": lambda value: value is None,
    "attribute_type": lambda value, kind: value is not None and value.type == kind.value,
    "begins_with": _begins,
    "contains": contains,
}


def _call(tree: FunctionCall, attributes: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    arguments = (_operand(argument, attributes, values) for argument in tree.arguments)
    return _FUNCTIONS[tree.function](*arguments)


_EVALUATE: dict[type, Callable[[Any, Mapping[str, Any], Mapping[str, Any]], bool]] = {
    And: lambda tree, *item: _holds(tree.left, *item) and _holds(tree.right, *item),
    Or: lambda tree, *item: _holds(tree.left, *item) or _holds(tree.right, *item),
    Not: lambda tree, *item: not _holds(tree.condition, *item),
    BinaryComparison: _comparison,
    Between: _between,
    Included: _included,
    FunctionCall: _call,
}
