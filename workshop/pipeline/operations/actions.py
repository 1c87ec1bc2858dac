"""Conditional writes to DynamoDB, made from plain Python values, and transactions of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import ClientError

from workshop.clock import Clock
from workshop.errors import NotSettledError
from workshop.pipeline.tables import plain_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["MAX_ACTIONS", "condition", "read_item", "takes_effect", "transact", "update"]

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
MAX_ACTIONS = 100
CONFLICT_ATTEMPTS = 50
CONFLICT_PAUSE_SECONDS = 0.05
LONGEST_PAUSES = 20
# What cancels a transaction for a moment only.
PASSING = {None, "None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}

Values = Mapping[str, Any]
NOTHING: Values = MappingProxyType({})


def read_item(client: DynamoDBClient, table: str, key: Values) -> dict[str, Any]:
    """Return an item as the last acknowledged write left it, or an empty dict."""
    answer = client.get_item(TableName=table, Key=_serialized(key), ConsistentRead=True)
    return plain_item(answer.get("Item", {}))


def condition(table: str, key: Values, seen: Values) -> dict[str, Any]:
    """Return the request of a write that is refused if attributes are not as `seen`; None is absent."""
    given = {f"Seen{name}": value for name, value in seen.items() if value is not None}
    terms = [
        f"attribute_not_exists(#{name})" if value is None else f"#{name} = :Seen{name}"
        for name, value in seen.items()
    ]
    return _request(table, key, given, names=seen) | {"ConditionExpression": " AND ".join(terms)}


def update(
    table: str,
    key: Values,
    *,
    seen: Values,
    to: Values = NOTHING,
    plus: Values = NOTHING,
    without: Iterable[str] = (),
) -> dict[str, Any]:
    """Return the request that sets, adds to and removes attributes, if others are as `seen`."""
    clauses = {
        "SET": [f"#{name} = :{name}" for name in to],
        "ADD": [f"#{name} :{name}" for name in plus],
        "REMOVE": [f"#{name}" for name in without],
    }
    expression = " ".join(f"{verb} {', '.join(terms)}" for verb, terms in clauses.items() if terms)
    request = _request(table, key, {**to, **plus}, names={*to, *plus, *without})
    for name, part in (condition(table, key, seen) if seen else {}).items():
        request[name] = request.get(name, {}) | part if name.startswith("ExpressionAttribute") else part
    return request | {"UpdateExpression": expression}


def takes_effect(write: Callable[..., Any], request: Values) -> bool:
    """Make a conditional write; return False if its condition does not hold."""
    try:
        write(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return False
    return True


def transact(client: DynamoDBClient, actions: Sequence[Any], *, clock: Clock) -> set[int]:
    """Write all or nothing; return the indices of the actions whose conditions do not hold.

    Nothing was written unless the set is empty.

    Raises:
        NotSettledError: other transactions keep writing the same items.
    """
    for attempt in range(1, CONFLICT_ATTEMPTS + 1):
        try:
            client.transact_write_items(TransactItems=actions)
        except ClientError as error:
            # boto3's type of an error response does not know the reasons.
            response: dict[str, Any] = {**error.response}
            reasons = response.get("CancellationReasons")
            if not reasons:
                raise
            refused = {
                index
                for index, reason in enumerate(reasons)
                if reason.get("Code") == "ConditionalCheckFailed"
            }
            if refused:
                return refused
            if not {reason.get("Code") for reason in reasons} <= PASSING:
                raise
            # A transaction of Map or Reduce, or a throttled request: neither lasts.
            clock.sleep(CONFLICT_PAUSE_SECONDS * min(attempt, LONGEST_PAUSES))
        else:
            return set()
    raise NotSettledError("others keep writing the same items of the tables; try again a little later")


def _request(table: str, key: Values, values: Values, *, names: Iterable[str]) -> dict[str, Any]:
    request: dict[str, Any] = {
        "TableName": table,
        "Key": _serialized(key),
        "ExpressionAttributeNames": {f"#{name}": name for name in names},
    }
    # DynamoDB rejects a request whose ExpressionAttributeValues are empty.
    if values:
        request["ExpressionAttributeValues"] = {
            f":{name}": each for name, each in _serialized(values).items()
        }
    return request


def _serialized(values: Values) -> dict[str, Any]:
    return {name: TypeSerializer().serialize(value) for name, value in values.items()}
