"""The permissions that calls of DynamoDB and its streams need: actions, tables, indexes, condition keys.

A transaction needs the actions within it, on each table; a batch needs its own action on each table; a query
of an index needs the index. Sources:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html and
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from moto.dynamodb.models import dynamodb_backends

from workshop.cloud.offline.permissions.call_scope import CallScope, Needed

__all__ = ["needs_of_dynamodb"]

TRANSACTION_ACTIONS = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}
PARTIQL_ACTIONS = {
    "SELECT": "PartiQLSelect",
    "INSERT": "PartiQLInsert",
    "UPDATE": "PartiQLUpdate",
    "DELETE": "PartiQLDelete",
}
# A table, and for SELECT perhaps one of its indexes: `"a.table"."an index"`.
PARTIQL_TABLE = re.compile(
    r"""\b(?:FROM|INTO|UPDATE)\s+(?:"([^"]+)"|([\w-]+))(?:\s*\.\s*(?:"([^"]+)"|([\w-]+)))?""", re.IGNORECASE
)
WORD = re.compile(r"[#:]?[A-Za-z_][\w-]*")
EXPRESSIONS = ("ProjectionExpression", "UpdateExpression", "ConditionExpression", "FilterExpression")
WORDS_OF_EXPRESSIONS = frozenset(
    [
        "set",
        "remove",
        "add",
        "delete",
        "and",
        "or",
        "not",
        "between",
        "in",
        "attribute_exists",
        "attribute_not_exists",
        "attribute_type",
        "begins_with",
        "contains",
        "size",
        "if_not_exists",
        "list_append",
    ]
)
# They concern the whole account, so that no resource can be named.
LISTS = frozenset({"DescribeEndpoints", "DescribeLimits", "ListStreams", "ListTables"})


def needs_of_dynamodb(name: str, parameters: Mapping[str, Any], scope: CallScope) -> Iterator[Needed]:
    """Yield what a call of this operation needs."""
    if name in LISTS:
        yield Needed(f"dynamodb:{name}", "*")
    elif name in {"TransactWriteItems", "TransactGetItems"}:
        yield from _transaction(name, parameters, scope)
    elif name in {"BatchGetItem", "BatchWriteItem"}:
        for table, requests in (parameters.get("RequestItems") or {}).items():
            keys = partial(_batch_keys, requests, table, scope)
            yield Needed(f"dynamodb:{name}", _table_arn(table, scope), keys)
    elif name in {"ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"}:
        yield from _partiql(parameters, scope)
    elif stream := _stream_arn(parameters):
        yield Needed(f"dynamodb:{name}", stream)
    elif "TableName" in parameters:
        yield _single(name, parameters, scope)
    else:
        arns = [value for key, value in parameters.items() if key.lower().endswith("arn")]
        yield Needed(f"dynamodb:{name}", str(arns[0]) if arns else "*")


def _single(name: str, parameters: Mapping[str, Any], scope: CallScope) -> Needed:
    table = str(parameters["TableName"])
    arn = _table_arn(table, scope)
    index = parameters.get("IndexName") if name in {"Query", "Scan"} else None
    resource = f"{arn}/index/{index}" if index else arn
    return Needed(f"dynamodb:{name}", resource, partial(_item_keys, parameters, table, scope))


def _transaction(name: str, parameters: Mapping[str, Any], scope: CallScope) -> Iterator[Needed]:
    """Yield one need per action and table, with the keys of all items that have both in common."""
    gathered: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for item in parameters.get("TransactItems") or ():
        for kind, request in item.items():
            gathered[TRANSACTION_ACTIONS.get(kind, name), str(request.get("TableName"))].append(request)
    for (action, table), requests in gathered.items():
        keys = partial(_transaction_keys, name, requests, scope)
        yield Needed(f"dynamodb:{action}", _table_arn(table, scope), keys)


def _transaction_keys(
    name: str, requests: list[Mapping[str, Any]], scope: CallScope
) -> dict[str, tuple[str, ...]]:
    gathered: dict[str, set[str]] = defaultdict(set)
    for request in requests:
        for key, values in _item_keys(request, str(request.get("TableName")), scope).items():
            gathered[key].update(values)
    keys = {key: tuple(sorted(values)) for key, values in gathered.items()}
    return {**keys, "dynamodb:enclosingoperation": (name,)}


def _partiql(parameters: Mapping[str, Any], scope: CallScope) -> Iterator[Needed]:
    several = parameters.get("Statements") or parameters.get("TransactStatements") or ()
    texts = (str(statement.get("Statement") or "").strip() for statement in (parameters, *several))
    # Batches have hardly more than one text.
    for text in dict.fromkeys(texts):
        if text:
            action = PARTIQL_ACTIONS.get(text.split()[0].upper(), "PartiQLSelect")
            yield Needed(f"dynamodb:{action}", _partiql_resource(text, action, scope))


def _partiql_resource(statement: str, action: str, scope: CallScope) -> str:
    found = PARTIQL_TABLE.search(statement)
    if found is None:
        return "*"
    arn, index = _table_arn(found[1] or found[2], scope), found[3] or found[4]
    return f"{arn}/index/{index}" if index and action == PARTIQL_ACTIONS["SELECT"] else arn


def _stream_arn(parameters: Mapping[str, Any]) -> str | None:
    """Return the stream that is read; an iterator begins with it."""
    if "StreamArn" in parameters:
        return str(parameters["StreamArn"])
    if "ShardIterator" in parameters:
        return str(parameters["ShardIterator"]).partition("|")[0]
    return None


def _table_arn(table: str, scope: CallScope) -> str:
    return table if table.startswith("arn:") else scope.arn("dynamodb", f"table/{table}")


def _item_keys(request: Mapping[str, Any], table: str, scope: CallScope) -> dict[str, tuple[str, ...]]:
    """Return the condition keys of a request for one item, or of a query."""
    keys: dict[str, tuple[str, ...]] = {}
    item = request.get("Item") or request.get("Key") or {}
    if values := _leading_values([item], table, scope) or _queried_value(request, table, scope):
        keys["dynamodb:leadingkeys"] = values
    if attributes := {*item, *_named_attributes(request)}:
        keys["dynamodb:attributes"] = tuple(sorted(attributes))
    for name in ("Select", "ReturnValues", "ReturnConsumedCapacity"):
        if name in request:
            keys[f"dynamodb:{name.lower()}"] = (str(request[name]),)
    return keys


def _batch_keys(requests: Any, table: str, scope: CallScope) -> dict[str, tuple[str, ...]]:
    if isinstance(requests, dict):
        items = list(requests.get("Keys") or ())
        named = _named_attributes(requests)
    else:
        bodies = [body for request in requests or () for body in request.values()]
        items = [body.get("Item") or body.get("Key") or {} for body in bodies]
        named = set()
    keys = {"dynamodb:attributes": tuple(sorted({name for item in items for name in item} | named))}
    return {**keys, "dynamodb:leadingkeys": _leading_values(items, table, scope)}


def _leading_values(items: Iterable[Mapping[str, Any]], table: str, scope: CallScope) -> tuple[str, ...]:
    name = _partition_key(table, scope)
    values = (next(iter(item[name].values())) for item in items if name and item.get(name))
    return tuple(sorted({str(value) for value in values}))


def _queried_value(request: Mapping[str, Any], table: str, scope: CallScope) -> tuple[str, ...]:
    """Return the partition key's value that a query asks for with `=`."""
    expression, name = str(request.get("KeyConditionExpression") or ""), _partition_key(table, scope)
    names = request.get("ExpressionAttributeNames") or {}
    values = request.get("ExpressionAttributeValues") or {}
    for left, right in re.findall(r"([#\w.-]+)\s*=\s*(:\w+)", expression):
        if names.get(left, left) == name and values.get(right):
            return (str(next(iter(values[right].values()))),)
    return ()


def _named_attributes(request: Mapping[str, Any]) -> set[str]:
    names = request.get("ExpressionAttributeNames") or {}
    words = (word for part in EXPRESSIONS for word in WORD.findall(str(request.get(part) or "")))
    found = {names.get(word, word) for word in words if not word.startswith(":")}
    return {name for name in found if name.lower() not in WORDS_OF_EXPRESSIONS} | set(
        request.get("AttributesToGet") or ()
    )


def _partition_key(table: str, scope: CallScope) -> str | None:
    name = table.rpartition("/")[2]
    known = dynamodb_backends[scope.account_id][scope.region].tables.get(name)
    return str(known.hash_key_attr) if known is not None else None
