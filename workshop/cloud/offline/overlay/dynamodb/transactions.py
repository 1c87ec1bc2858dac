"""TransactWriteItems applies all actions or none, at the cost of the items that it touches.

AWS takes up to 100 actions on different items, 4 MB together. If any condition fails or any action cannot be
applied to its stored item, nothing is written, and `CancellationReasons` lists for each action, in order, the
reason or `None`. Source:
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html and
API_TransactionCanceledException there (the codes and the texts of `ValidationError`).

moto copies each table completely for each action, and swaps the copy in to undo: 10 actions on a table of
10,000 items take 6 s, writes of other clients are lost, stream records of cancelled transactions are
delivered, and pollers keep reading the old table. An action that fails because of a stored value cancels with
the name of a Python exception or not at all; 4 MB are not checked.

Changed: the backend's method is written anew on `Changes`. AWS does not document its message for more than
4 MB; the one here is ours.
"""

from collections.abc import Callable
from typing import Any

from moto.dynamodb.exceptions import (
    AttributeDoesNotExist,
    ConditionalCheckFailed,
    IncorrectDataType,
    IncorrectOperandType,
    InvalidUpdateExpressionInvalidDocumentPath,
    ItemSizeTooLarge,
    ItemSizeToUpdateTooLarge,
    MockValidationException,
    MultipleTransactionsException,
    TooManyTransactionsException,
    TransactionCanceledException,
    TransactWriteSingleOpException,
)
from moto.dynamodb.models import DynamoDBBackend

from workshop.cloud.offline.overlay.changes import Changes, collected_changes
from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.overlay.dynamodb.numbers import NumberError
from workshop.cloud.offline.overlay.dynamodb.updates import check_condition
from workshop.cloud.offline.overlay.sizes import attributes_size

MAXIMUM_ACTIONS = 100
MAXIMUM_BYTES = 4 * 1024 * 1024
# Of these AWS makes a cancellation reason; other errors concern the request itself and are raised as they
# are.
DUE_TO_THE_STORED_ITEM = (
    AttributeDoesNotExist,
    IncorrectDataType,
    IncorrectOperandType,
    InvalidUpdateExpressionInvalidDocumentPath,
    ItemSizeTooLarge,
    ItemSizeToUpdateTooLarge,
    NumberError,
)
NO_REASON = (None, None, None)


class _Action:
    """One action of a transaction: its kind, table and key.

    Raises:
        TransactWriteSingleOpException: an entry has not exactly one of the four kinds.
    """

    def __init__(self, backend: Any, entry: dict[str, Any]) -> None:
        if len(entry) != 1:
            raise TransactWriteSingleOpException
        ((self.kind, self.request),) = entry.items()
        if self.kind not in _APPLY:
            raise TransactWriteSingleOpException
        self.backend = backend
        self.table = backend.get_table(self.request["TableName"])
        given = self.request["Item" if self.kind == "Put" else "Key"]
        self.hash_key, self.range_key = backend.get_keys_value(self.table, given)
        self.key = {name: given[name] for name in self.table.table_key_attrs}

    @property
    def target(self) -> tuple[Any, ...]:
        """The table and key as a value that can be compared with other actions'."""
        # By the table itself, since one action may name it and another give its ARN.
        return (id(self.table), self.hash_key, self.range_key)

    @property
    def item(self) -> Any:
        """The item as it is stored now, or None."""
        return self.table.get_item(self.hash_key, self.range_key)

    def apply(self, changes: Changes) -> tuple[Any, Any, Any]:
        """Apply it; return its cancellation reason (code, message, item), or `NO_REASON`."""
        current = self.item
        try:
            # Every action is on another item, so no condition can see what an earlier action has written.
            check_condition(self.request, current)
            changes.remember(self.table, self.hash_key, self.range_key)
            _APPLY[self.kind](self)
        except ConditionalCheckFailed as error:
            wanted = self.request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
            shown = current.to_json()["Attributes"] if wanted and current is not None else None
            return ("ConditionalCheckFailed", error.message, shown)
        except DUE_TO_THE_STORED_ITEM as error:
            return ("ValidationError", error.message, None)
        return NO_REASON


def _put(action: _Action) -> None:
    action.backend.put_item(action.request["TableName"], action.request["Item"])


def _update(action: _Action) -> None:
    action.backend.update_item(
        action.request["TableName"],
        action.key,
        update_expression=action.request["UpdateExpression"],
        expression_attribute_names=action.request.get("ExpressionAttributeNames"),
        expression_attribute_values=action.request.get("ExpressionAttributeValues"),
    )


def _delete(action: _Action) -> None:
    action.table.delete_item(action.hash_key, action.range_key)


def _check_only(_action: _Action) -> None:
    """A ConditionCheck writes nothing: `_Action.apply` has evaluated its condition already."""


_APPLY: dict[str, Callable[[_Action], None]] = {
    "Put": _put,
    "Update": _update,
    "Delete": _delete,
    "ConditionCheck": _check_only,
}


@corrects(DynamoDBBackend, "transact_write_items")
def _transact_write_items(self: Any, transact_items: list[dict[str, Any]]) -> None:
    if len(transact_items) > MAXIMUM_ACTIONS:
        raise TooManyTransactionsException
    actions = [_Action(self, entry) for entry in transact_items]
    if len({action.target for action in actions}) < len(actions):
        raise MultipleTransactionsException
    with collected_changes() as changes:
        # An item counts with its larger image, so that deleting a large item costs as much as writing it.
        # After the actions, since only then the new sizes are known: `collected_changes` undoes them if they
        # are too large.
        sizes = [_stored_bytes(action) for action in actions]
        # All of them, even after a failure: the client gets a reason for each action.
        reasons = [action.apply(changes) for action in actions]
        if any(code is not None for code, _, _ in reasons):
            raise TransactionCanceledException(reasons)
        if (
            sum(max(size, _stored_bytes(action)) for size, action in zip(sizes, actions, strict=True))
            > MAXIMUM_BYTES
        ):
            raise MockValidationException(
                "The aggregate size of the items in the transaction exceeds the limit of 4 MB"
            )


def _stored_bytes(action: _Action) -> int:
    item = action.item
    return 0 if item is None else attributes_size(item.attrs)
