"""TransactWriteItems applies all actions or none; TransactGetItems reads together. ClientRequestToken counts.

AWS takes up to 100 actions on different items, 4 MB together. If any condition fails or any action cannot
be applied to its item, nothing is written, and `CancellationReasons` lists for each action, in order, the
reason or `None`; a key of the wrong type is such a reason, a malformed expression is a mistake of the whole
request. Reads honour projections. Source:
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html,
API_TransactGetItems.html and API_TransactionCanceledException there (the codes and texts of
`ValidationError`).

moto copies each table completely for each action, and swaps the copy in to undo: 10 actions on a table of
10,000 items take 6 s, writes of other clients are lost, stream records of cancelled transactions are
delivered, and pollers keep reading the old table. It reads 25 items at most, all of each, and ignores the
token.

Changed: both methods are written anew on `operations`, the write with the tokens of `dynamodb.tokens`. AWS
does not document its message for more than 4 MB; the one here is ours.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from moto.dynamodb.exceptions import (
    ConditionalCheckFailed,
    MockValidationException,
    MultipleTransactionsException,
    TooManyTransactionsException,
    TransactionCanceledException,
    TransactWriteSingleOpException,
)
from moto.dynamodb.responses import DynamoHandler, DynamoResult

from workshop.cloud.offline.overlay.changes import collected_changes
from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.overlay.dynamodb.attribute_values import attributes_of
from workshop.cloud.offline.overlay.dynamodb.capacity import capacities, read_units, write_units
from workshop.cloud.offline.overlay.dynamodb.expressions.projections import project
from workshop.cloud.offline.overlay.dynamodb.expressions.request import Expressions
from workshop.cloud.offline.overlay.dynamodb.keys import place_of, place_of_key
from workshop.cloud.offline.overlay.dynamodb.operations import (
    DuplicateItemError,
    Write,
    WriteOutcome,
    put_of_attributes,
)
from workshop.cloud.offline.overlay.dynamodb.tokens import once
from workshop.cloud.offline.overlay.sizes import attributes_size

__all__ = ["TransactionReason", "attempt", "run_transaction", "summed"]

MAXIMUM_ACTIONS = 100
MAXIMUM_BYTES = 4 * 1024 * 1024
KINDS = frozenset(("ConditionCheck", "Put", "Update", "Delete"))
UPDATE_KINDS, OTHER_KINDS = ("UpdateExpression", "ConditionExpression"), ("ConditionExpression",)
# Code, message and item of a member of `CancellationReasons`.
TransactionReason = tuple[Any, Any, Any]
NO_REASON: TransactionReason = (None, None, None)


def run_transaction(writes: Sequence[Callable[[], Write]]) -> list[WriteOutcome]:
    """Apply all of the writes or none; each is made ready first, which may fail for its item alone.

    Raises:
        TransactionCanceledException: with a reason for each write.
        MockValidationException: two writes concern one item, or all together are too large.
    """
    prepared = [attempt(make) for make in writes]
    places = [write.place.target for write, _ in prepared if write is not None]
    # A mistake of the request and not of an item, so it is refused without a list of reasons.
    if len(set(places)) < len(places):
        raise MultipleTransactionsException
    with collected_changes() as changes:
        # All of them, even after a failure: the client gets a reason for each action. Every action is on
        # another item, so no condition can see what an earlier action has written.
        results = [
            (None, reason) if write is None else attempt(partial(write.run, changes.write))
            for write, reason in prepared
        ]
        if any(reason is not NO_REASON for _, reason in results):
            # Inside the block, which then takes back what the other actions have written.
            raise TransactionCanceledException([reason for _, reason in results])
        outcomes = [outcome for outcome, _ in results if outcome is not None]
        # An item counts with its larger image, so that deleting a large item costs as much as writing it.
        if sum(outcome.size for outcome in outcomes) > MAXIMUM_BYTES:
            raise MockValidationException(
                "The aggregate size of the items in the transaction exceeds the limit of 4 MB"
            )
    return outcomes


def attempt(step: Callable[[], Any]) -> tuple[Any, TransactionReason]:
    """Return what a step gives, or None and why the transaction is cancelled."""
    try:
        return step(), NO_REASON
    except ConditionalCheckFailed as error:
        return None, ("ConditionalCheckFailed", error.message, vars(error).get("item"))
    except DuplicateItemError as error:
        return None, ("DuplicateItem", error.message, error.item)
    except MockValidationException as error:
        return None, ("ValidationError", error.message, None)


def _write(backend: Any, entry: Mapping[str, Any]) -> Callable[[], Write]:
    """Return how to make the write of an action ready.

    Raises:
        MockValidationException: the entry is no action, or an expression of it is wrong.
    """
    given = [(kind, request) for kind, request in entry.items() if request is not None]
    if len(given) != 1 or given[0][0] not in KINDS:
        raise TransactWriteSingleOpException
    kind, request = given[0]
    # A value that is none is a mistake of the whole request; one that does not fit its table, of its item.
    read = attributes_of(request["Item"] if kind == "Put" else request["Key"])
    expressions = Expressions(request, UPDATE_KINDS if kind == "Update" else OTHER_KINDS)
    condition = expressions.condition("ConditionExpression")
    update = expressions.update() if kind == "Update" else None
    expressions.check_used()
    table = backend.get_table(request["TableName"])
    if update is not None:
        update.check(table.table_key_attrs)
    more = {
        "conditions": () if condition is None else (condition,),
        "shows_item": request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD",
    }
    # Made later, by `run_transaction`: what does not fit its table is this action's reason alone.
    if kind == "Put":
        return lambda: put_of_attributes(table, read, **more)
    return lambda: Write(kind, place_of_key(table, read), update=update, **more)


@corrects(DynamoHandler, "transact_write_items")
def _transact_write_items(self: Any) -> Any:
    return once(self, self.body["TransactItems"], lambda: _written(self))


def _written(handler: Any) -> Any:
    entries = handler.body["TransactItems"]
    if len(entries) > MAXIMUM_ACTIONS:
        raise TooManyTransactionsException
    backend = handler.dynamodb_backend
    outcomes = run_transaction([_write(backend, entry) for entry in entries])
    tables = [next(iter(entry.values()))["TableName"] for entry in entries]
    # Twice, once to prepare and once to commit:
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
    units = zip(tables, (2 * write_units(outcome.size) for outcome in outcomes), strict=True)
    return DynamoResult(capacities(handler.body, lambda: summed(units)))


def summed(units: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Return the units of each table together."""
    sums: dict[str, float] = {}
    for table, one in units:
        sums[table] = sums.get(table, 0.0) + one
    return sums


@corrects(DynamoHandler, "transact_get_items")
def _transact_get_items(self: Any) -> Any:
    entries = self.body["TransactItems"]
    if len(entries) > MAXIMUM_ACTIONS:
        raise TooManyTransactionsException
    backend = self.dynamodb_backend
    reads = [_read(backend, entry) for entry in entries]
    # One after the other, and yet the same moment: nobody writes while this call holds the lock.
    results = [attempt(read) for read in reads]
    if any(reason is not NO_REASON for _, reason in results):
        raise TransactionCanceledException([reason for _, reason in results])
    found = [pair for pair, _ in results]
    if sum(size for _, size in found) > MAXIMUM_BYTES:
        raise MockValidationException(
            "The aggregate size of the items in the transaction exceeds the limit of 4 MB"
        )
    tables = (entry["Get"]["TableName"] for entry in entries)
    units = zip(tables, (2 * read_units(size, consistent=True) for _, size in found), strict=True)
    responses = [{} if attributes is None else {"Item": attributes} for attributes, _ in found]
    return DynamoResult({"Responses": responses, **capacities(self.body, lambda: summed(units))})


def _read(backend: Any, entry: Mapping[str, Any]) -> Callable[[], tuple[dict[str, Any] | None, int]]:
    """Return how to read an item: the wanted part, None if there is no item, and its size."""
    request = entry["Get"]
    expressions = Expressions(request, (), paths="ProjectionExpression")
    paths = expressions.projection()
    expressions.check_used()
    table = backend.get_table(request["TableName"])

    def read() -> tuple[dict[str, Any] | None, int]:
        item = place_of(table, request["Key"]).item
        if item is None:
            return None, 0
        wanted = item.attrs if paths is None else project(item.attrs, paths)
        # Capacity and limit go by what is read, not by what the projection leaves.
        return wanted, attributes_size(item.attrs)

    return read
