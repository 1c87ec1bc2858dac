"""The only way to DynamoDB: every read and every write of the functions goes through here.

Writes are actions, made by `put`, `update` and `check`, or statements of PartiQL. A condition that does not
hold is an outcome, not an error. If DynamoDB is busy, a `BusyError` says that the batch should come again.
Everything else propagates as boto3 raised it, so that Lambda sees a function error and retries the batch.
"""

import functools
import random
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004 - botocore's name

from common.injected_faults import Faults, InjectedBusyError
from common.items import Item, text
from common.settings import EnvironmentSettings

__all__ = [
    "RETRIES",
    "Action",
    "BusyError",
    "Refusal",
    "Statement",
    "check",
    "execute",
    "put",
    "read_item",
    "transact",
    "update",
    "write",
    "write_all",
]

Action = dict[str, dict[str, Any]]
# Of PartiQL, as BatchExecuteStatement takes it.
Statement = dict[str, Any]

# A small PutItem costs the client 2.5 ms of CPU with the defaults and 1.5 ms with these: items are in
# DynamoDB's own form already, and a fixed user agent is not put together anew for every call.
CLIENT_CONFIG = Config(
    parameter_validation=False,
    user_agent="trade-risk-workshop",
    connect_timeout=3,
    read_timeout=20,
    retries={"mode": "standard", "total_max_attempts": 4},
)
BUSY = ("ProvisionedThroughputExceeded", "Throttling", "TransactionConflict", "TransactionInProgress")
# So they stand in the answer to a statement or a cancelled transaction; whole calls fail with longer names.
PASSING = {"InternalServerError", "RequestLimitExceeded", "ThrottlingError", *BUSY}
BUSY_CODES = PASSING | {f"{code}Exception" for code in BUSY}
BATCH_WRITES = 25
# The longest pause before each attempt; chance shortens it, or all who were refused would come back at once.
PAUSE_SECONDS = (0.0, 0.025, 0.05, 0.1)
# An INSERT finds an item, or the condition of an UPDATE does not hold.
REFUSALS = frozenset({"DuplicateItem", "ConditionalCheckFailed"})
RETRIES = {"busy": 0}  # how often DynamoDB was, since the last report


class BusyError(RuntimeError):
    """There is no way on now, though there may be one later, so what is left of the batch has to come again.

    DynamoDB refused or did not answer, the pipeline was cleared, or the invocation's time is running out.
    """


@dataclass(frozen=True, slots=True)
class Refusal:
    """A condition did not hold, so nothing was written; `item` is what was stored, empty if nothing was."""

    item: Item


@functools.cache
def client() -> BaseClient:
    """Return the one client of this execution environment; region, credentials and endpoint are Lambda's."""
    return boto3.client("dynamodb", config=CLIENT_CONFIG)


def put(table: str, item: Item, *, condition: str = "", values: Item | None = None) -> Action:
    """Return the action that puts an item in place of whatever stands there.

    In a condition `#Name` is the attribute of that name and `:Name` an entry of `values`.
    """
    return {"Put": {"TableName": table, "Item": item, **_condition(condition, values or {})}}


def update(
    table: str,
    key: Item,
    *,
    to: Mapping[str, Item] | None = None,
    plus: Mapping[str, Item] | None = None,
    condition: str = "",
    values: Item | None = None,
) -> Action:
    """Return the action that sets attributes `to` values and adds (`plus`) numbers to others.

    In a condition `#Name` is the attribute of that name and `:Name` an entry of `values`, `to` or `plus`.
    """
    to, plus = to or {}, plus or {}
    clauses = []
    if to:
        clauses.append("SET " + ", ".join(f"#{name} = :{name}" for name in to))
    if plus:
        clauses.append("ADD " + ", ".join(f"#{name} :{name}" for name in plus))
    expressions = _condition(condition, {**(values or {}), **to, **plus})
    expressions["ExpressionAttributeNames"] = _names(" ".join([condition, *clauses]))
    return {"Update": {"TableName": table, "Key": key, "UpdateExpression": " ".join(clauses), **expressions}}


def check(table: str, key: Item, *, condition: str, values: Item | None = None) -> Action:
    """Return the action that writes nothing, and fails its transaction if the condition does not hold."""
    return {"ConditionCheck": {"TableName": table, "Key": key, **_condition(condition, values or {})}}


def read_item(table: str, key: Item) -> Item | None:
    """Return an item, read with strong consistency, or None if there is none.

    Raises:
        BusyError: DynamoDB is busy or does not answer.
    """
    item: Item | None = _call("get_item", TableName=table, Key=key, ConsistentRead=True).get("Item")
    return item


def write(action: Action) -> Refusal | None:
    """Carry out one `put` or `update`; return the refusal if its condition did not hold, else None.

    Raises:
        BusyError: DynamoDB is busy or does not answer; the write may have been done all the same.
    """
    [(kind, request)] = action.items()
    try:
        _write(f"{kind.lower()}_item", **request)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        response: Item = {**error.response}
        return Refusal(response.get("Item", {}))
    return None


def transact(actions: Sequence[Action], *, token: str | None = None) -> bool:
    """Carry out all actions or none; return whether the condition of the first one, the guard, held.

    DynamoDB takes a `token` of up to 36 characters to stand for these actions during ten minutes: a second
    request with it succeeds and changes nothing.

    Raises:
        BusyError: another transaction, a limit or a lost answer; the actions may have been carried out.
        ClientError: the condition of another action did not hold, or the request is invalid.
    """
    request: dict[str, Any] = {"TransactItems": list(actions)}
    if token is not None:
        request["ClientRequestToken"] = token
    try:
        _write("transact_write_items", **request)
    except ClientError as error:
        reasons = [reason["Code"] for reason in error.response.get("CancellationReasons", ())]
        if reasons[:1] == ["ConditionalCheckFailed"]:
            return False
        if reasons and set(reasons) <= BUSY_CODES | {"None"}:
            raise _busy(f"a transaction met another one or a limit: {error}") from error
        raise
    return True


def write_all(table: str, items: Sequence[Item]) -> None:
    """Put items with different keys, 25 in each request; may be repeated.

    Raises:
        BusyError: some of the items were still not accepted after several attempts.
    """
    for start in range(0, len(items), BATCH_WRITES):
        request = {table: [{"PutRequest": {"Item": item}} for item in items[start : start + BATCH_WRITES]]}
        for _ in _attempts():
            request = _write("batch_write_item", RequestItems=request).get("UnprocessedItems", {})
            if not request:
                break
        else:
            raise _busy(f"`{table}` did not take {len(request[table])} items; the batch has to come again")


def execute(statements: Sequence[Statement]) -> Iterator[Refusal | BusyError | None]:
    """Carry out statements on different items, 25 in each request; yield what became of each, in order.

    None is done. A refused INSERT does not show the item. Each statement is done or not, whatever becomes of
    the others; as with all writes, one that DynamoDB was too busy for may have been done all the same.

    Raises:
        BusyError: a request was refused or not answered; those before it are done.
        ClientError: a statement fails for another reason.
    """
    for start in range(0, len(statements), BATCH_WRITES):
        yield from _execute(statements[start : start + BATCH_WRITES])


def _execute(statements: Sequence[Statement]) -> list[Refusal | BusyError | None]:
    outcomes: list[Refusal | BusyError | None] = [None] * len(statements)
    left = list(range(len(statements)))
    for _ in _attempts():
        chosen = [statements[place] for place in left]
        answers = _write("batch_execute_statement", Statements=chosen)["Responses"]
        for place, answer in zip(left, answers, strict=True):
            outcomes[place] = _outcome(answer.get("Error"))
        left = [place for place in left if isinstance(outcomes[place], BusyError)]
        if not left:
            break
    return outcomes


def _attempts() -> Iterator[None]:
    """Yield for each attempt, after its pause."""
    for longest in PAUSE_SECONDS:
        if longest:
            time.sleep(random.uniform(0, longest))
        yield


def _outcome(error: Item | None) -> Refusal | BusyError | None:
    if error is None:
        return None
    if error["Code"] in REFUSALS:
        return Refusal(error.get("Item", {}))
    if error["Code"] in BUSY_CODES:
        return _busy(f"DynamoDB was too busy for a statement: {error}")
    raise ClientError({"Error": {"Code": error["Code"], "Message": error.get("Message", "")}}, "Statement")


def _write(operation: str, **request: Any) -> Any:
    faults = _faults()
    try:
        faults.before_write()
    except InjectedBusyError as error:
        raise _busy(f"DynamoDB was too busy for {operation}: {error}") from error
    answer = _call(operation, **request)
    faults.after_write()
    return answer


@functools.cache
def _faults() -> Faults:
    """Return what may go wrong on purpose in this execution environment; usually nothing."""
    settings = EnvironmentSettings.from_environ()

    def read() -> str | None:
        if not settings.parameter_table_name:
            return None
        item = read_item(settings.parameter_table_name, {"Parameter": text("faults")})
        return str(item["Value"]["S"]) if item else None

    return Faults(read, settings.stage, environment=settings.aws_lambda_log_stream_name)


def _busy(problem: str) -> BusyError:
    """Return the error of a DynamoDB that refused or did not answer, after counting it."""
    RETRIES["busy"] += 1
    return BusyError(problem)


def _call(operation: str, **request: Any) -> Any:
    try:
        return getattr(client(), operation)(**request)
    except (HTTPClientError, ConnectionError) as error:
        raise _busy(f"no answer to {operation}: {error}") from error
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if error.response["Error"]["Code"] in BUSY_CODES or status >= 500:
            raise _busy(f"DynamoDB was too busy for {operation}: {error}") from error
        raise


def _condition(condition: str, values: Item) -> dict[str, Any]:
    request: dict[str, Any] = {}
    if condition:
        request["ConditionExpression"] = condition
        request["ExpressionAttributeNames"] = _names(condition)
        request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    if values:
        request["ExpressionAttributeValues"] = {f":{name}": value for name, value in values.items()}
    return request


@functools.cache
def _names(expression: str) -> dict[str, str]:
    # Many of our attributes (Value, Timestamp) are words that expressions reserve, so all get a placeholder.
    return {f"#{name}": name for name in re.findall(r"#(\w+)", expression)}
