"""Conditional writes to DynamoDB, made from plain Python values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["condition", "read_item", "takes_effect", "update"]

Values = Mapping[str, Any]
NOTHING: Values = MappingProxyType({})


def read_item(client: DynamoDBClient, table: str, key: Values) -> dict[str, Any]:
    """Return an item as the last acknowledged write left it, or an empty dict."""
    item = client.get_item(TableName=table, Key=_serialized(key), ConsistentRead=True).get("Item", {})
    return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}


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
