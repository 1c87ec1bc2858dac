"""GetItem, PutItem, UpdateItem and DeleteItem check a request as AWS does, and answer what AWS answers.

AWS checks all of a request before it looks at an item, so that a mistake is a ValidationException whatever
is stored. `UPDATED_OLD` and `UPDATED_NEW` return the parts that the expression touched, also those that
kept their value, a nested path only that path. Sources:
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html and its siblings.

moto answers 500 to undefined names and values and to functions on wrong types, compares the item before and
after to find what was updated, and lets an update that only removes create its item.

Changed: the four methods are written anew on `expressions` and `operations`.
"""

from collections.abc import Mapping
from typing import Any

from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.responses import DynamoHandler, DynamoResult

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.overlay.dynamodb.capacity import capacity, read_units, write_units
from workshop.cloud.offline.overlay.dynamodb.expressions.conditions import BoundCondition
from workshop.cloud.offline.overlay.dynamodb.expressions.legacy import (
    check_forms,
    legacy_condition,
    legacy_update,
)
from workshop.cloud.offline.overlay.dynamodb.expressions.projections import project
from workshop.cloud.offline.overlay.dynamodb.expressions.request import Expressions
from workshop.cloud.offline.overlay.dynamodb.keys import place_of
from workshop.cloud.offline.overlay.dynamodb.operations import Write, WriteOutcome, put_of
from workshop.cloud.offline.overlay.sizes import attributes_size

__all__ = ["projection_of", "returned_attributes", "update_of"]

PREFIX = "1 validation error detected: "
# Values of `ReturnValues`: those that puts and deletes take, and those of updates.
WHOLE = ("NONE", "ALL_OLD")
PARTS = (*WHOLE, "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW")
Paths = tuple[tuple[str | int, ...], ...]


def projection_of(request: Mapping[str, Any], expressions: Expressions) -> Paths | None:
    """Return the paths that a read is limited to, None if it is not; raises `MockValidationException`."""
    paths = expressions.projection()
    if paths is None and (names := request.get("AttributesToGet")):
        if len(set(names)) < len(names):
            raise MockValidationException(
                "One or more parameter values were invalid: Duplicate value in attribute name: "
                f"{next(name for name in names if names.count(name) > 1)}"
            )
        return tuple((name,) for name in names)
    return paths


def update_of(table: Any, request: Mapping[str, Any], expressions: Expressions, **more: Any) -> Write:
    """Return the update that a request asks for; raises `MockValidationException`."""
    update = expressions.update()
    if update is None and request.get("AttributeUpdates") is not None:
        update = legacy_update(request["AttributeUpdates"])
    place = place_of(table, request["Key"])
    if update is not None:
        update.check(table.table_key_attrs)
    return Write("Update", place, update=update, **more)


def returned_attributes(wanted: str, outcome: WriteOutcome) -> dict[str, Any]:
    """Return what a value of `ReturnValues` stands for; empty if there is nothing."""
    if wanted == "ALL_OLD":
        return dict(outcome.before)
    if wanted == "ALL_NEW":
        return dict(outcome.after)
    if wanted == "UPDATED_OLD" and outcome.changed:
        return project(outcome.before, outcome.changed.old_paths)
    if wanted == "UPDATED_NEW" and outcome.changed:
        return project(outcome.after, outcome.changed.new_paths)
    return {}


def _conditions(request: Mapping[str, Any], expressions: Expressions) -> tuple[BoundCondition, ...]:
    found = (
        expressions.condition("ConditionExpression"),
        legacy_condition("Expected", request.get("Expected"), request.get("ConditionalOperator")),
    )
    return tuple(condition for condition in found if condition is not None)


def _checked(
    request: Mapping[str, Any], *kinds: str, returns: tuple[str, ...]
) -> tuple[Expressions, dict[str, Any]]:
    """Return the expressions of a write, and what a `Write` has besides place and contents."""
    check_forms(request)
    if (request.get("ReturnValues") or "NONE") not in returns:
        raise MockValidationException("Return values set to invalid value")
    expressions = Expressions(request, (*kinds, "ConditionExpression"), prefix=PREFIX)
    more = {
        "conditions": _conditions(request, expressions),
        "shows_item": request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD",
    }
    # For its mistakes, and so that what it uses counts as used; `update_of` reads it again, when the
    # table is known, and gets the tree that was kept.
    if "UpdateExpression" in kinds:
        expressions.update()
    expressions.check_used()
    return expressions, more


def _answer(request: Mapping[str, Any], write: Write) -> Any:
    outcome = write.run()
    attributes = returned_attributes(request.get("ReturnValues") or "NONE", outcome)
    answer = {"Attributes": attributes} if attributes else {}
    return DynamoResult({**answer, **capacity(request, lambda: write_units(outcome.size))})


@corrects(DynamoHandler, "put_item")
def _put_item(self: Any) -> Any:
    request = self.body
    _, more = _checked(request, returns=WHOLE)
    table = self.dynamodb_backend.get_table(request["TableName"])
    return _answer(request, put_of(table, request["Item"], **more))


@corrects(DynamoHandler, "update_item")
def _update_item(self: Any) -> Any:
    request = self.body
    expressions, more = _checked(request, "UpdateExpression", returns=PARTS)
    table = self.dynamodb_backend.get_table(request["TableName"])
    return _answer(request, update_of(table, request, expressions, **more))


@corrects(DynamoHandler, "delete_item")
def _delete_item(self: Any) -> Any:
    request = self.body
    _, more = _checked(request, returns=WHOLE)
    table = self.dynamodb_backend.get_table(request["TableName"])
    return _answer(request, Write("Delete", place_of(table, request["Key"]), **more))


@corrects(DynamoHandler, "get_item")
def _get_item(self: Any) -> Any:
    request = self.body
    check_forms(request)
    expressions = Expressions(request, (), paths="ProjectionExpression")
    paths = projection_of(request, expressions)
    expressions.check_used()
    table = self.dynamodb_backend.get_table(request["TableName"])
    item = place_of(table, request["Key"]).item
    answer: dict[str, Any] = {}
    if item is not None:
        answer["Item"] = item.attrs if paths is None else project(item.attrs, paths)
    return DynamoResult({**answer, **capacity(request, lambda: _read_units(request, item))})


def _read_units(request: Mapping[str, Any], item: Any | None) -> float:
    size = attributes_size(item.attrs) if item else 0
    return read_units(size, consistent=bool(request.get("ConsistentRead")))
