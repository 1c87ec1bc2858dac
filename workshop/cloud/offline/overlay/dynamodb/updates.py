"""UpdateItem applies its expression completely or not at all, as one change of the item.

AWS applies an update expression completely or not at all, and an update that creates an item is one INSERT.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html

moto first creates the item with its key (which writes a stream record of its own), changes the stored item
in place, and keeps what it has done when a later part of the expression fails: `SET w = :w ADD v :text`
keeps `w`.

Changed: the condition is evaluated first; then a copy replaces the item and is changed, and a failure puts
the item back. moto's parsers, validators and executors still do the work. An update without any action
creates the item. A key that does not fit the table's schema is refused with AWS's message.
"""

from typing import Any

from moto.dynamodb.comparisons import get_expected, get_filter_expression
from moto.dynamodb.exceptions import (
    ConditionalCheckFailed,
    ItemSizeTooLarge,
    ItemSizeToUpdateTooLarge,
    ProvidedKeyDoesNotExist,
)
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.parsing.executors import UpdateExpressionExecutor
from moto.dynamodb.parsing.expressions import UpdateExpressionParser
from moto.dynamodb.parsing.validators import UpdateExpressionValidator

from workshop.cloud.offline.overlay.changes import collected_changes
from workshop.cloud.offline.overlay.correct import corrects

__all__ = ["check_condition"]

_MOTO_KEYS_VALUE = DynamoDBBackend.get_keys_value


def check_condition(request: dict[str, Any], item: Any) -> None:
    """Evaluate the condition of a write against the stored item, None if there is none.

    Raises:
        ConditionalCheckFailed: it does not hold; carries the item if the request wants it.
    """
    condition = get_filter_expression(
        request.get("ConditionExpression"),
        request.get("ExpressionAttributeNames"),
        request.get("ExpressionAttributeValues"),
    )
    if condition.expr(item):
        return
    if item is not None and request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
        raise ConditionalCheckFailed(item=item.to_json()["Attributes"])
    raise ConditionalCheckFailed


@corrects(DynamoDBBackend, "get_keys_value")
def _get_keys_value(self: Any, table: Any, keys: dict[str, Any]) -> Any:
    if not keys.keys() >= set(table.table_key_attrs):
        raise ProvidedKeyDoesNotExist
    return _MOTO_KEYS_VALUE(self, table, keys)


@corrects(DynamoDBBackend, "update_item")
def _update_item(  # noqa: PLR0913, PLR0917 # moto's signature
    self: Any,
    table_name: str,
    key: dict[str, dict[str, Any]],
    update_expression: str,
    expression_attribute_names: dict[str, Any],
    expression_attribute_values: dict[str, Any],
    attribute_updates: dict[str, Any] | None = None,
    expected: dict[str, Any] | None = None,
    condition_expression: str | None = None,
    return_values_on_condition_check_failure: str | None = None,
) -> Any:
    table = self.get_table(table_name)
    # Parsed before the condition is evaluated: AWS reports a malformed expression even if the condition
    # fails.
    tree = UpdateExpressionParser.make(update_expression) if update_expression else None
    hash_key, range_key = self.get_keys_value(table, key)
    current = table.get_item(hash_key, range_key)
    if not get_expected(expected or {}).expr(current):
        raise ConditionalCheckFailed
    request = {
        "ConditionExpression": condition_expression,
        "ExpressionAttributeNames": expression_attribute_names,
        "ExpressionAttributeValues": expression_attribute_values,
        "ReturnValuesOnConditionCheckFailure": return_values_on_condition_check_failure,
    }
    check_condition(request, current)
    with collected_changes() as changes:
        item = changes.draft(table, hash_key, range_key)
        if item is None:
            # moto's executor needs an item to work on; `Changes` makes one INSERT of this and the update.
            item = table.put_item({name: key[name] for name in table.table_key_attrs})
        if tree is None:
            item.validate_no_empty_key_values(attribute_updates or {}, table.attribute_keys)
            item.update_with_attribute_updates(attribute_updates or {})
        else:
            _execute(tree, request, item=item, table=table)
        if table.stream_shard is not None:
            table.stream_shard.add(current, item)
    return item


def _execute(tree: Any, request: dict[str, Any], *, item: Any, table: Any) -> None:
    names, values = request["ExpressionAttributeNames"], request["ExpressionAttributeValues"]
    validator = UpdateExpressionValidator(
        tree, expression_attribute_names=names, expression_attribute_values=values, item=item, table=table
    )
    actions = validator.validate()
    actions.normalize()
    try:
        UpdateExpressionExecutor(actions, item, names).execute()
    except ItemSizeTooLarge as error:
        raise ItemSizeToUpdateTooLarge from error
