"""The parameters that came before expressions, as the same conditions and updates.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
"""

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

from moto.dynamodb.exceptions import MockValidationException

from workshop.cloud.offline.overlay.dynamodb.attribute_values import read_value
from workshop.cloud.offline.overlay.dynamodb.expressions.actions import BoundUpdate
from workshop.cloud.offline.overlay.dynamodb.expressions.conditions import BoundCondition
from workshop.cloud.offline.overlay.dynamodb.expressions.trees import (
    AddAction,
    And,
    Between,
    BinaryComparison,
    Condition,
    DeleteAction,
    FunctionCall,
    Included,
    Not,
    Or,
    Path,
    RemoveAction,
    SetAction,
    UpdateAction,
    Value,
)
from workshop.cloud.offline.overlay.dynamodb.expressions.values import SETS

__all__ = ["check_forms", "legacy_condition", "legacy_update"]

INVALID = "One or more parameter values were invalid: "
OLDER = (
    "AttributesToGet",
    "AttributeUpdates",
    "ConditionalOperator",
    "Expected",
    "KeyConditions",
    "QueryFilter",
    "ScanFilter",
)
NEWER = (
    "UpdateExpression",
    "ProjectionExpression",
    "FilterExpression",
    "ConditionExpression",
    "KeyConditionExpression",
)
SIGNS = {"EQ": "=", "NE": "<>", "LT": "<", "LE": "<=", "GT": ">", "GE": ">="}
# How many values an operator takes, None for any number but none.
COUNTS: dict[str, int | None] = {
    **dict.fromkeys([*SIGNS, "CONTAINS", "NOT_CONTAINS", "BEGINS_WITH"], 1),
    "NULL": 0,
    "NOT_NULL": 0,
    "BETWEEN": 2,
    "IN": None,
}
ADDABLE = ("N", *SETS, "L")


def check_forms(request: Mapping[str, Any]) -> None:
    """Refuse a request that has both expressions and the older parameters.

    Raises:
        MockValidationException: with AWS's text.
    """
    older = [name for name in OLDER if request.get(name) is not None]
    newer = [name for name in NEWER if request.get(name) is not None]
    if older and newer:
        raise MockValidationException(
            "Can not use both expression and non-expression parameters in the same request: "
            f"Non-expression parameters: {{{', '.join(older)}}} "
            f"Expression parameters: {{{', '.join(newer)}}}"
        )


def legacy_condition(
    kind: str, raw: Mapping[str, Any] | None, conditional_operator: str | None = None
) -> BoundCondition | None:
    """Return the condition of `Expected`, `KeyConditions`, `QueryFilter` or `ScanFilter`, None if empty.

    Raises:
        MockValidationException: an operator with the wrong number or types of values.
    """
    if not raw:
        return None
    values: dict[str, Any] = {}
    trees = [_tree(name, _described(entry), values) for name, entry in raw.items()]
    join: Callable[[Condition, Condition], Condition] = Or if conditional_operator == "OR" else And
    condition = BoundCondition(kind, reduce(join, trees), values)
    condition.check()
    return condition


def _described(entry: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """Return operator and values; `Expected` may have one value, or say whether there is one, instead."""
    if (operator := entry.get("ComparisonOperator")) is not None:
        return operator, list(entry.get("AttributeValueList") or ())
    if entry.get("Exists") is False:
        if "Value" in entry:
            raise MockValidationException(
                f"{INVALID}Value cannot be used when Exists is set to false for Attribute"
            )
        return "NULL", []
    if "Value" not in entry:
        raise MockValidationException(f"{INVALID}Value must be provided when Exists is true for Attribute")
    return "EQ", [entry["Value"]]


def _tree(name: str, described: tuple[str, list[Any]], values: dict[str, Any]) -> Condition:
    operator, operands = described
    wanted = COUNTS[operator]
    if len(operands) != wanted if wanted is not None else not operands:
        raise MockValidationException(
            f"{INVALID}Invalid number of argument(s) for the {operator} ComparisonOperator"
        )
    placeholders = []
    for raw in operands:
        placeholders.append(Value(f":{len(values)}"))
        values[placeholders[-1].name] = read_value(raw)
    path = Path((name,))
    if operator in SIGNS:
        return BinaryComparison(SIGNS[operator], path, placeholders[0])
    if operator == "BETWEEN":
        return Between(path, *placeholders)
    if operator == "IN":
        return Included(path, tuple(placeholders))
    if operator in ("NULL", "NOT_NULL"):
        return FunctionCall("attribute_not_exists" if operator == "NULL" else "attribute_exists", (path,))
    call = FunctionCall("begins_with" if operator == "BEGINS_WITH" else "contains", (path, placeholders[0]))
    return Not(call) if operator == "NOT_CONTAINS" else call


def legacy_update(raw: Mapping[str, Any]) -> BoundUpdate:
    """Return the update of `AttributeUpdates`.

    Raises:
        MockValidationException: an action lacks its value, or cannot have one of its type.
    """
    values: dict[str, Any] = {}
    actions = [_action(name, entry, values) for name, entry in raw.items()]
    return BoundUpdate(tuple(actions), values)


def _action(name: str, entry: Mapping[str, Any], values: dict[str, Any]) -> UpdateAction:
    action, path = entry.get("Action", "PUT"), Path((name,))
    if "Value" not in entry:
        if action != "DELETE":
            raise MockValidationException(
                f"{INVALID}Only DELETE action is allowed when no attribute value is specified"
            )
        return RemoveAction(path)
    value = read_value(entry["Value"])
    placeholder = Value(f":{len(values)}")
    values[placeholder.name] = value
    if action == "PUT":
        return SetAction(path, placeholder)
    # The ADD of expressions knows no lists; here it appends, to an empty one where there is none.
    if action == "ADD" and value.type == "L":
        empty = Value(f":{len(values)}")
        values[empty.name] = read_value({"L": []})
        return SetAction(
            path, FunctionCall("list_append", (FunctionCall("if_not_exists", (path, empty)), placeholder))
        )
    allowed = ADDABLE if action == "ADD" else SETS
    if value.type not in allowed:
        raise MockValidationException(f"{INVALID}Action {action} is not supported for the type {value.type}")
    return AddAction(path, placeholder) if action == "ADD" else DeleteAction(path, placeholder)
