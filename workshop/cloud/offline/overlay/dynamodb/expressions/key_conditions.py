"""A key condition: one value of the partition key, and at most one condition on each part of the sort key.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from moto.dynamodb.exceptions import MockValidationException

from workshop.cloud.offline.overlay.dynamodb.expressions.conditions import BoundCondition
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

__all__ = ["attribute_names", "check_key_condition", "equal_values"]

KIND = "KeyConditionExpression"
MAXIMUM_CONDITIONS = 2
INVALID = "One or more parameter values were invalid: "


def check_key_condition(
    condition: BoundCondition, hash_names: Sequence[str], range_names: Sequence[str], types: Mapping[str, str]
) -> None:
    """Check that a condition can find items by their key.

    Raises:
        MockValidationException: with AWS's text.
    """
    found: dict[str, Condition] = {}
    for tree in _parts(condition.tree):
        path, values = _operands(tree)
        name = path.parts[0]
        if len(path.parts) > 1:
            raise MockValidationException(
                f"Invalid {KIND}: KeyConditionExpressions cannot have conditions on nested attributes"
            )
        if name in found:
            raise MockValidationException(
                f"Invalid {KIND}: KeyConditionExpressions must only contain one condition per key"
            )
        found[str(name)] = tree
        for value in values:
            _check_value(str(name), condition.values[value.name], types)
    # Either part of a global index's key may have several attributes.
    if len(found) > max(MAXIMUM_CONDITIONS, len(hash_names) + len(range_names)):
        raise MockValidationException("Conditions can be of length 1 or 2 only")
    _check_schema(found, hash_names, range_names)


def _check_schema(
    found: Mapping[str, Condition], hash_names: Sequence[str], range_names: Sequence[str]
) -> None:
    for name in hash_names:
        if name not in found:
            raise MockValidationException(f"Query condition missed key schema element: {name}")
        if getattr(found[name], "operator", None) != "=":
            raise MockValidationException("Query key condition not supported")
    others = [name for name in found if name not in hash_names]
    for name, wanted in zip(others, range_names, strict=False):
        if name not in range_names:
            raise MockValidationException(f"Query condition missed key schema element: {wanted}")
    if len(others) > len(range_names):
        raise MockValidationException("Query key condition not supported")


def _check_value(name: str, value: Any, types: Mapping[str, str]) -> None:
    if types.get(name, value.type) != value.type:
        raise MockValidationException(f"{INVALID}Condition parameter type does not match schema type")
    if value.type in ("S", "B") and not value.value:
        kind = "string" if value.type == "S" else "binary"
        raise MockValidationException(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
            f"contain an empty {kind} value. Key: {name}"
        )


def _parts(tree: Condition) -> Iterator[Condition]:
    if isinstance(tree, And):
        yield from _parts(tree.left)
        yield from _parts(tree.right)
        return
    operator = _operator(tree)
    if operator in ("OR", "NOT", "IN", "<>") or (
        isinstance(tree, FunctionCall) and operator != "begins_with"
    ):
        raise MockValidationException(f"Invalid operator used in {KIND}: {operator}")
    yield tree


def _operator(tree: Condition) -> str:
    if isinstance(tree, BinaryComparison):
        return tree.operator
    if isinstance(tree, FunctionCall):
        return tree.function
    return {Or: "OR", Not: "NOT", Included: "IN", Between: "BETWEEN"}[type(tree)]


def _operands(tree: Condition) -> tuple[Path, list[Value]]:
    """Return the path of a condition and the values that it is compared with."""
    if isinstance(tree, BinaryComparison):
        # `:v = pk` is allowed. Its sign need not be turned: the condition is evaluated as it is written.
        is_turned = isinstance(tree.left, Value)
        operands: tuple[Operand, ...] = (tree.right, tree.left) if is_turned else (tree.left, tree.right)
    elif isinstance(tree, Between):
        operands = (tree.operand, tree.lower, tree.upper)
    else:
        operands = tree.arguments  # type: ignore[union-attr] # of a call, since the others are refused before
    path, *values = operands
    if not isinstance(path, Path) or not all(isinstance(value, Value) for value in values):
        raise MockValidationException(
            f"Invalid {KIND}: Invalid operand: a condition on a key compares an attribute with values"
        )
    return path, [value for value in values if isinstance(value, Value)]


def equal_values(condition: BoundCondition) -> dict[str, Any]:
    """Return the values of the attributes that a checked key condition compares with `=`."""
    found: dict[str, Any] = {}
    for tree in _parts(condition.tree):
        if isinstance(tree, BinaryComparison) and tree.operator == "=":
            path, (value,) = _operands(tree)
            found[str(path.parts[0])] = condition.values[value.name]
    return found


def attribute_names(tree: Any) -> set[str]:
    """Return the names of all attributes that a condition looks at."""
    if isinstance(tree, Path):
        return {str(tree.parts[0])}
    if isinstance(tree, Value):
        return set()
    if isinstance(tree, FunctionCall):
        parts: Sequence[Any] = tree.arguments
    elif isinstance(tree, Between):
        parts = (tree.operand, tree.lower, tree.upper)
    elif isinstance(tree, Included):
        parts = (tree.operand, *tree.options)
    elif isinstance(tree, Not):
        parts = (tree.condition,)
    else:
        parts = (tree.left, tree.right)
    return set().union(*map(attribute_names, parts))
