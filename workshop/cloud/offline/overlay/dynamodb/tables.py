"""Tables are described as AWS describes them, and made only if their keys and indexes can be.

AWS gives each table a TableId and each index its ARN, size and number of items, leaves lists of indexes out
that are empty, and names a billing mode only of tables on demand, which alone can have `OnDemandThroughput`;
-1 takes a limit of that away. A local index shares the partition key of a
table that has a sort key; index names differ; time to live is switched on and off, and not twice. Sources:
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html, API_CreateTable.html
and API_UpdateTimeToLive.html there; the messages are recorded in https://github.com/mhart/dynalite.

moto gives empty lists and no id, forgets `OnDemandThroughput`, takes any keys, and answers `ResourceNotFound`
or `InvalidParameterValue`. Changed: the description, which has that limit although nothing is throttled here,
and what is checked before a table is made or its time to live is changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from moto.dynamodb.exceptions import (
    DeletionProtectedException,
    MockValidationException,
    ResourceNotFoundException,
)
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler, DynamoResult
from moto.moto_api._internal import mock_random

from workshop.cloud.offline.keeping.marks import MARKS
from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.overlay.every_service.named_keys import check_key_of_table
from workshop.cloud.offline.overlay.sizes import attributes_size

__all__ = [
    "INVALID",
    "MAXIMUM_GLOBAL",
    "check_expiry",
    "check_index_keys",
    "check_projected",
    "check_projection",
    "check_table",
    "limit_throughput",
]

MAXIMUM_LOCAL, MAXIMUM_GLOBAL = 5, 20
# Named by the projections of all indexes of a table together.
MAXIMUM_PROJECTED = 100
MAXIMUM_KEYS, ONE_OF_EACH = 2, "offers one partition key and one sort key of an index."
INVALID = "One or more parameter values were invalid: "
NOT_ON_DEMAND = f"{INVALID}OnDemandThroughput can only be specified when BillingMode is PAY_PER_REQUEST"
CHANGES = frozenset(
    (
        *("BillingMode", "DeletionProtectionEnabled", "GlobalSecondaryIndexUpdates", "OnDemandThroughput"),
        *("ProvisionedThroughput", "ReplicaUpdates", "SSESpecification", "StreamSpecification"),
        *("TableClass", "WarmThroughput", "GlobalTableWitnessUpdates", "MultiRegionConsistency"),
        *("GlobalTableSettingsReplicationMode", "VectorIndexUpdates"),
    )
)
PROTECTED = (
    "Resource cannot be deleted as it is currently protected against deletion. "
    "Disable deletion protection first."
)
NOTHING_TO_CHANGE = (
    "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates "
    "or SSESpecification or ReplicaUpdates is required"
)
_MOTO_CREATE = DynamoHandler.create_table
_MOTO_UPDATE = DynamoHandler.update_table
_MOTO_DESCRIBE = Table.describe
_MOTO_VALIDATE = DynamoHandler._validate_table_creation
_MOTO_UPDATE_EXPIRY = DynamoHandler.update_time_to_live
_MOTO_DESCRIBE_EXPIRY = DynamoHandler.describe_time_to_live


@corrects(Table, "describe")
def _describe(self: Any, base_key: str = "TableDescription") -> dict[str, Any]:
    described: dict[str, Any] = _MOTO_DESCRIBE(self, base_key)
    table = described[base_key]
    table["TableId"] = _id(self)
    if self.billing_mode != "PAY_PER_REQUEST":
        del table["BillingModeSummary"]
    elif limits := vars(self).get("on_demand_throughput"):
        table["OnDemandThroughput"] = limits
    for name, indexes in (
        ("GlobalSecondaryIndexes", self.global_indexes),
        ("LocalSecondaryIndexes", self.indexes),
    ):
        if not indexes:
            del table[name]
        for entry, index in zip(table.get(name, ()), indexes, strict=True):
            entry.update(_contents(self, index))
    return described


@corrects(DeletionProtectedException, "__init__")
def _protected(self: Any, _table_name: str) -> None:
    MockValidationException.__init__(self, PROTECTED)


@corrects(DynamoHandler, "create_table")
def _create_table(self: Any) -> Any:
    _check_settings(self.body)
    if not (wanted := self.body.get("OnDemandThroughput")):
        return _MOTO_CREATE(self)
    _MOTO_CREATE(self)
    table = self.dynamodb_backend.get_table(self.body["TableName"])
    limit_throughput(table, wanted)
    # Described once more: moto's answer was made before the limits were set.
    return DynamoResult(table.describe())


@corrects(DynamoHandler, "update_table")
def _update_table(self: Any) -> Any:
    if not self.body.keys() & CHANGES:
        raise MockValidationException(NOTHING_TO_CHANGE)
    _check_stream(self.body.get("StreamSpecification") or {})
    check_key_of_table(self.dynamodb_backend, self.body.get("SSESpecification"))
    if not (wanted := self.body.get("OnDemandThroughput")):
        return _MOTO_UPDATE(self)
    table = _table(self, self.body["TableName"])
    if self.body.get("BillingMode", table.billing_mode) != "PAY_PER_REQUEST":
        raise MockValidationException(NOT_ON_DEMAND)
    _MOTO_UPDATE(self)
    limit_throughput(table, {**vars(table).get("on_demand_throughput", {}), **wanted})
    return DynamoResult(table.describe())


def _check_stream(wanted: Mapping[str, Any]) -> None:
    # moto takes a view for a stream, whatever else is said.
    if wanted.get("StreamViewType") and not wanted["StreamEnabled"]:
        raise MockValidationException(f"{INVALID}StreamViewType can only be specified with StreamEnabled")


def check_table(request: Mapping[str, Any]) -> None:
    """Raise AWS's error unless CreateTable would make the table that its parameters describe."""
    _check_settings(request)
    DynamoHandler()._validate_table_creation(
        billing_mode=request.get("BillingMode", "PROVISIONED"),
        throughput=request.get("ProvisionedThroughput"),
        key_schema=request["KeySchema"],
        global_indexes=request.get("GlobalSecondaryIndexes"),
        local_secondary_indexes=request.get("LocalSecondaryIndexes"),
        attr=request.get("AttributeDefinitions", []),
        warm_throughput=request.get("WarmThroughput"),
    )


def _check_settings(request: Mapping[str, Any]) -> None:
    _check_stream(request.get("StreamSpecification") or {})
    if request.get("OnDemandThroughput") and request.get("BillingMode") != "PAY_PER_REQUEST":
        raise MockValidationException(NOT_ON_DEMAND)


def limit_throughput(table: Any, limits: Mapping[str, Any]) -> None:
    """Keep how many units a second a table on demand takes at most; -1 is no limit."""
    table.on_demand_throughput = {name: int(units) for name, units in limits.items() if int(units) != -1}
    MARKS.note_resources("dynamodb")


def _id(table: Any) -> str:
    if "table_id" not in vars(table):
        table.table_id = str(mock_random.uuid4())
        MARKS.note_resources("dynamodb")
    return str(table.table_id)


def _contents(table: Any, index: Any) -> dict[str, Any]:
    keys = [entry["AttributeName"] for entry in index.schema]
    items = [item for item in table.all_items() if all(name in item.attrs for name in keys)]
    return {
        "IndexArn": f"{table.table_arn}/index/{index.name}",
        "IndexSizeBytes": sum(attributes_size(item.attrs) for item in items),
        "ItemCount": len(items),
    }


@corrects(DynamoHandler, "_validate_table_creation")
def _validate_table_creation(self: Any, **request: Any) -> None:
    _MOTO_VALIDATE(self, **request)
    schema = request["key_schema"]
    local, everywhere = request["local_secondary_indexes"] or [], request["global_indexes"] or []
    _check_schema(schema)
    for index in (*local, *everywhere):
        check_index_keys(index["KeySchema"])
        check_projection(index.get("Projection") or {})
    for index in everywhere:
        _check_capacity(index, request["billing_mode"])
    check_projected(index.get("Projection") or {} for index in (*local, *everywhere))
    names = [index["IndexName"] for index in (*local, *everywhere)]
    if met := [name for name in names if names.count(name) > 1]:
        raise MockValidationException(f"{INVALID}Duplicate index name: {met[0]}")
    for index in local:
        _check_local(index, schema)
    for count, limit, kind in (
        (len(local), MAXIMUM_LOCAL, "LocalSecondaryIndex"),
        (len(everywhere), MAXIMUM_GLOBAL, "GlobalSecondaryIndex"),
    ):
        if count > limit:
            raise MockValidationException(f"{INVALID}{kind} count exceeds the per-table limit of {limit}")


def _check_capacity(index: Mapping[str, Any], billing_mode: str) -> None:
    name, has_units = index["IndexName"], bool(index.get("ProvisionedThroughput"))
    if billing_mode == "PAY_PER_REQUEST" and has_units:
        raise MockValidationException(
            f"{INVALID}ProvisionedThroughput should not be specified for index: {name} "
            "when BillingMode is PAY_PER_REQUEST"
        )
    if billing_mode == "PROVISIONED" and not has_units:
        raise MockValidationException(f"{INVALID}ProvisionedThroughput is not specified for index: {name}")


def check_projected(projections: Iterable[Mapping[str, Any]]) -> None:
    """Refuse projections that name too many attributes together; one counts for each index that has it."""
    if sum(len(one.get("NonKeyAttributes") or ()) for one in projections) > MAXIMUM_PROJECTED:
        text = f"NonKeyAttributes of all indexes exceed the per-table limit of {MAXIMUM_PROJECTED}"
        raise MockValidationException(INVALID + text)


def _check_schema(schema: Sequence[Mapping[str, str]]) -> None:
    kinds = [entry["KeyType"] for entry in schema]
    if kinds[0] != "HASH":
        raise MockValidationException("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    if kinds[1:] == ["HASH"]:
        raise MockValidationException(
            "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"
        )
    names = [entry["AttributeName"] for entry in schema]
    if len(set(names)) < len(names):
        raise MockValidationException(
            "Both the Hash Key and the Range Key element in the KeySchema have the same name"
        )


def check_index_keys(schema: Sequence[Mapping[str, str]]) -> None:
    """Refuse keys that an index has not here, where there is one of a kind; AWS has four of a global one."""
    kinds = [entry["KeyType"] for entry in schema]
    if len(kinds) > MAXIMUM_KEYS or kinds == ["HASH", "HASH"]:
        raise MockValidationException(f"{INVALID}The offline cloud {ONE_OF_EACH}")
    _check_schema(schema)


def check_projection(projection: Mapping[str, Any]) -> None:
    """Refuse a projection of an index that says nothing or too much."""
    kind, has_names = projection.get("ProjectionType"), bool(projection.get("NonKeyAttributes"))
    if kind is None:
        raise MockValidationException(f"{INVALID}Unknown ProjectionType: null")
    if (kind == "INCLUDE") is not has_names:
        verb = "is" if has_names else "is not"
        raise MockValidationException(
            f"{INVALID}ProjectionType is {kind}, but NonKeyAttributes {verb} specified"
        )


def _check_local(index: Mapping[str, Any], schema: Sequence[Mapping[str, str]]) -> None:
    if len(schema) == 1:
        raise MockValidationException(
            f"{INVALID}Table KeySchema does not have a range key, "
            "which is required when specifying a LocalSecondaryIndex"
        )
    hash_key, table_key = index["KeySchema"][0]["AttributeName"], schema[0]["AttributeName"]
    if hash_key != table_key:
        raise MockValidationException(
            f"{INVALID}Index KeySchema does not have the same leading hash key as table KeySchema for index: "
            f"{index['IndexName']}. index hash key: {hash_key}, table hash key: {table_key}"
        )
    if len(index["KeySchema"]) == 1:
        raise MockValidationException(
            f"{INVALID}Index KeySchema does not have a range key for index: {index['IndexName']}"
        )


@corrects(DynamoHandler, "update_time_to_live")
def _update_time_to_live(self: Any) -> Any:
    wanted, current = self.body["TimeToLiveSpecification"], _table(self, self.body["TableName"]).ttl
    check_expiry(current, wanted["AttributeName"])
    is_enabled = current["TimeToLiveStatus"] == "ENABLED"
    if wanted["Enabled"] is is_enabled:
        raise MockValidationException(f"TimeToLive is already {'enabled' if is_enabled else 'disabled'}")
    return _MOTO_UPDATE_EXPIRY(self)


def check_expiry(current: Mapping[str, str], attribute: str) -> None:
    """Refuse another attribute than that by which a table's items expire already."""
    known = current.get("AttributeName")
    if current["TimeToLiveStatus"] == "ENABLED" and attribute != known:
        raise MockValidationException(
            f"TimeToLive is active on a different AttributeName: current AttributeName is {known}"
        )


@corrects(DynamoHandler, "describe_time_to_live")
def _describe_time_to_live(self: Any) -> Any:
    _table(self, self.body["TableName"])
    return _MOTO_DESCRIBE_EXPIRY(self)


def _table(handler: Any, name: str) -> Any:
    try:
        return handler.dynamodb_backend.get_table(name)
    except ResourceNotFoundException as error:
        raise ResourceNotFoundException(table_name=name) from error
