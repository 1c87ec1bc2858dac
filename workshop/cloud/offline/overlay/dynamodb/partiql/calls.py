"""ExecuteStatement, BatchExecuteStatement and ExecuteTransaction do what statements say, or refuse it.

AWS: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteStatement.html,
API_BatchExecuteStatement.html and API_ExecuteTransaction.html there. A batch has 25 statements, a
transaction 100; both have reads or writes only, each of one item by its whole key.

moto hands statements to a reader of its own, which answers nothing to BETWEEN, 500 to `sk > ?`, takes an
INSERT of a key that exists, and makes an item by UPDATE.

Changed: the three methods are written anew on `partiql.execution`.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from moto.dynamodb.exceptions import (
    MockValidationException,
    ResourceNotFoundException,
    TransactionCanceledException,
)
from moto.dynamodb.responses import DynamoHandler, DynamoResult

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.overlay.dynamodb.attribute_values import item_of
from workshop.cloud.offline.overlay.dynamodb.capacity import capacities, capacity, read_units, write_units
from workshop.cloud.offline.overlay.dynamodb.expressions.projections import project
from workshop.cloud.offline.overlay.dynamodb.item_calls import returned_attributes
from workshop.cloud.offline.overlay.dynamodb.pages import TableView
from workshop.cloud.offline.overlay.dynamodb.partiql.execution import Bound, Selection, bind
from workshop.cloud.offline.overlay.dynamodb.partiql.parser import parse_statement
from workshop.cloud.offline.overlay.dynamodb.tokens import once
from workshop.cloud.offline.overlay.dynamodb.transactions import (
    TransactionReason,
    attempt,
    run_transaction,
    summed,
)
from workshop.cloud.offline.overlay.sizes import attributes_size

MAXIMUM_BATCH = 25
MAXIMUM_TRANSACTION = 100
NOT_FOUND = "ResourceNotFound"
# What a statement consumes, measured only if the call asks for it.
Units = Callable[[], float]
# Conditions that do not hold; they are paid like the write.
REFUSALS = ("ConditionalCheckFailed", "DuplicateItem")


def _bound(request: Mapping[str, Any]) -> Bound:
    shows_item = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    return bind(parse_statement(request["Statement"]), request.get("Parameters"), shows_item=shows_item)


def _bytes(attributes: Mapping[str, Any] | None) -> int:
    return attributes_size(attributes) if attributes else 0


@corrects(DynamoHandler, "execute_statement")
def _execute_statement(self: Any) -> Any:
    bound = _bound(self.body)
    if bound.statement.kind == "EXISTS":
        raise MockValidationException("EXISTS can only be used in ExecuteTransaction")
    table = self.dynamodb_backend.get_table(bound.statement.table)
    if bound.statement.is_read:
        return _selected(self.body, bound, table)
    outcome = bound.write(table).run()
    attributes = returned_attributes(bound.statement.returning, outcome)
    return DynamoResult(
        {
            "Items": [attributes] if attributes else [],
            **capacity(self.body, lambda: write_units(outcome.size), bound.statement.table),
        }
    )


def _selected(request: Mapping[str, Any], bound: Bound, table: Any) -> Any:
    statement, consistent = bound.statement, bool(request.get("ConsistentRead"))
    view = TableView(table, statement.index, consistent=consistent)
    selection = bound.selection(view.hash_names, view.range_names)
    forward = _direction(statement.order, view, selection)
    # Without the whole partition key a SELECT looks at everything, as a Scan does.
    found = (
        view.in_partition(selection.equal)
        if set(view.hash_names) <= selection.equal.keys()
        else view.everything()
    )
    items = [item for item in found if selection.key is None or selection.key.holds(item.attrs)]
    start = _read_token(request.get("NextToken"), statement, view)
    page = view.page(
        view.in_order(items, forward=forward), start=start, limit=request.get("Limit"), forward=forward
    )
    # What does not concern the key is left out after the page is cut, as by the filter of a Query.
    images = [view.projected(item.attrs) for item in page.items]
    if selection.rest is not None:
        images = [image for image in images if selection.rest.holds(image)]
    if (paths := _paths(bound)) is not None:
        view.check_projected([str(path[0]) for path in paths])
        images = [project(image, paths) for image in images]
    answer: dict[str, Any] = {"Items": images}
    if page.last_key is not None:
        answer |= {"LastEvaluatedKey": page.last_key, "NextToken": _token(page.last_key, statement)}
    units = read_units(page.size, consistent=consistent)
    return DynamoResult({**answer, **capacity(request, lambda: units, statement.table)})


def _paths(bound: Bound) -> tuple[tuple[str | int, ...], ...] | None:
    paths = bound.statement.paths
    return None if paths is None else tuple(path.parts for path in paths)


def _direction(order: tuple[tuple[str, bool], ...], view: TableView, selection: Selection) -> bool:
    """Return whether items come in ascending order; raises `MockValidationException`."""
    if not order:
        return True
    if not selection.is_bounded:
        raise MockValidationException(
            "Must have at least one non-optional hash key condition in WHERE clause "
            "when using ORDER BY clause."
        )
    names = [name for name, _ in order]
    keys = [*view.hash_names, *view.range_names]
    if names not in (keys, view.hash_names, view.range_names) or len({up for _, up in order}) > 1:
        raise MockValidationException(
            "ORDER BY takes the partition key, the sort key, or both, in one direction"
        )
    return order[0][1]


def _token(key: Mapping[str, Any], statement: Any) -> str:
    document = {"key": item_of(key), "statement": _fingerprint(statement)}
    return base64.b64encode(json.dumps(document, default=_as_base64).encode()).decode()


def _as_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _fingerprint(statement: Any) -> str:
    return hashlib.sha256(repr(statement).encode()).hexdigest()[:16]


def _read_token(token: str | None, statement: Any, view: TableView) -> dict[str, Any] | None:
    if token is None:
        return None
    try:
        document = json.loads(base64.b64decode(token, validate=True))
        if document["statement"] == _fingerprint(statement):
            return view.start_key(document["key"])
    except (ValueError, KeyError, TypeError):
        pass  # no token of ours, which is said below
    raise MockValidationException("The provided NextToken is not one of this statement")


def _check_alike(bounds: list[Bound], operation: str) -> None:
    # An EXISTS may stand among writes, since it is no read here:
    # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteTransaction.html
    if len({bound.statement.is_read for bound in bounds}) > 1:
        raise MockValidationException(f"{operation} takes reads or writes, and not both at once")


@corrects(DynamoHandler, "batch_execute_statement")
def _batch_execute_statement(self: Any) -> Any:
    requests = self.body["Statements"]
    if len(requests) > MAXIMUM_BATCH:
        raise MockValidationException(
            "1 validation error detected: Value at 'statements' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAXIMUM_BATCH}"
        )
    read = [attempt(partial(_bound, request)) for request in requests]
    _check_alike([bound for bound, _ in read if bound is not None], "BatchExecuteStatement")
    backend = self.dynamodb_backend
    answers = [_answer(backend, request, *found) for request, found in zip(requests, read, strict=True)]
    units = lambda: summed((table, one()) for table, one, _ in answers if table)  # noqa: E731 # called if asked for
    return DynamoResult(
        {"Responses": [response for _, _, response in answers], **capacities(self.body, units)}
    )


def _answer(
    backend: Any, request: Mapping[str, Any], bound: Bound | None, reason: TransactionReason
) -> tuple[str, Units, dict[str, Any]]:
    """Do one statement of a batch; return its table, if it has one, what that consumes, and the answer."""
    if bound is None:
        return "", _nothing, {"Error": {"Code": reason[0], "Message": reason[1]}}
    name = bound.statement.table
    try:
        table = backend.get_table(name)
    except ResourceNotFoundException as error:
        return "", _nothing, {"Error": {"Code": NOT_FOUND, "Message": error.message}, "TableName": name}
    done, (code, message, item) = attempt(lambda: _done(bound, table, bool(request.get("ConsistentRead"))))
    if done is None:
        shown = {"Item": item} if item else {}
        response = {"Error": {"Code": code, "Message": message, **shown}, "TableName": name}
        return name, partial(_refused_units, bound, table) if code in REFUSALS else _nothing, response
    units, attributes = done
    return name, units, {"TableName": name, **({"Item": attributes} if attributes else {})}


def _nothing() -> float:
    return 0.0


def _refused_units(bound: Bound, table: Any) -> float:
    """Return what a write consumes whose condition does not hold: as much as for the item that is there."""
    stored = bound.write(table).place.item
    return write_units(0 if stored is None else _bytes(stored.attrs))


def _done(bound: Bound, table: Any, consistent: bool) -> tuple[Units, Mapping[str, Any] | None]:
    if bound.statement.kind == "EXISTS":
        raise MockValidationException("EXISTS can only be used in ExecuteTransaction")
    if bound.statement.is_read:
        item, size = _one(bound, table)
        return partial(read_units, size, consistent=consistent), item
    outcome = bound.write(table).run()
    return lambda: write_units(outcome.size), returned_attributes(bound.statement.returning, outcome)


def _one(bound: Bound, table: Any) -> tuple[Mapping[str, Any] | None, int]:
    """Return the item that a SELECT names by its whole key, None if there is none, and its size."""
    if bound.statement.index is not None:
        raise MockValidationException("A statement for one item names its table, and no index")
    stored = bound.place(table).item
    if stored is None:
        return None, 0
    size, paths = _bytes(stored.attrs), _paths(bound)
    condition = bound.condition(bound.statement.condition)
    if condition is not None and not condition.holds(stored.attrs):
        return None, size
    return (stored.attrs if paths is None else project(stored.attrs, paths)), size


@corrects(DynamoHandler, "execute_transaction")
def _execute_transaction(self: Any) -> Any:
    return once(self, self.body["TransactStatements"], lambda: _transacted(self))


def _transacted(handler: Any) -> Any:
    requests = handler.body["TransactStatements"]
    if len(requests) > MAXIMUM_TRANSACTION:
        raise MockValidationException(
            "1 validation error detected: Value at 'transactStatements' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAXIMUM_TRANSACTION}"
        )
    bounds = [_bound(request) for request in requests]
    _check_alike(bounds, "ExecuteTransaction")
    backend = handler.dynamodb_backend
    pairs = [(bound, backend.get_table(bound.statement.table)) for bound in bounds]
    names = [bound.statement.table for bound in bounds]
    if bounds and bounds[0].statement.is_read:
        results = [attempt(partial(_one, *pair)) for pair in pairs]
        # None is a refusal: where there is no item, `_one` returns a pair all the same.
        if any(found is None for found, _ in results):
            raise TransactionCanceledException([reason for _, reason in results])
        found = [pair for pair, _ in results]
        units = [2 * read_units(size, consistent=True) for _, size in found]
        responses: list[dict[str, Any]] = [{"Item": item} if item else {} for item, _ in found]
    else:
        outcomes = run_transaction([partial(bound.write, table) for bound, table in pairs])
        units = [2 * write_units(outcome.size) for outcome in outcomes]
        images = (
            returned_attributes(bound.statement.returning, outcome)
            for bound, outcome in zip(bounds, outcomes, strict=True)
        )
        responses = [{"Item": image} if image else {} for image in images]
    consumed = capacities(handler.body, lambda: summed(zip(names, units, strict=True)))
    return DynamoResult({"Responses": responses, **consumed})
