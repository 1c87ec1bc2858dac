"""UpdateTable keeps what it is not told to change, and refuses indexes that are there, or are not.

AWS: `AttributeDefinitions` of an UpdateTable adds what a new index needs; the table's own keys stay defined.
An index that exists is not created again, and one that does not is neither updated nor deleted; one comes or
goes at a time, and with capacity if the table has some. Its key is one, of attributes that are defined, as in
CreateTable. A table has capacity if it is not on demand. Source:
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html

moto replaces the definitions, after which no item can be found by its key, fails with a ValueError for
such indexes, and takes any key and any capacity.
"""

from typing import Any

from moto.dynamodb.exceptions import (
    ERROR_TYPE_PREFIX,
    DynamodbException,
    MockValidationException,
    ResourceNotFoundException,
)
from moto.dynamodb.models import DynamoDBBackend

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.overlay.dynamodb.tables import (
    INVALID,
    MAXIMUM_GLOBAL,
    check_index_keys,
    check_projected,
    check_projection,
)

ONE_AT_A_TIME = (
    "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
)
TOO_MANY = f"{INVALID}GlobalSecondaryIndex count exceeds the per-table limit of {MAXIMUM_GLOBAL}"

_MOTO_UPDATE = DynamoDBBackend.update_table


@corrects(DynamoDBBackend, "update_table")
def _update_table(
    self: Any,
    name: str,
    attr_definitions: list[dict[str, str]] | None,
    global_index: list[dict[str, Any]] | None,
    *arguments: Any,
    **named: Any,
) -> Any:
    table = self.get_table(name)
    if sum("Update" not in change for change in global_index or ()) > 1:
        raise DynamodbException(f"{ERROR_TYPE_PREFIX}LimitExceededException", ONE_AT_A_TIME)
    billing_mode = named.get("billing_mode") or table.billing_mode
    _check_capacity(named.get("throughput"), table, billing_mode)
    added = {one["AttributeName"]: one for one in attr_definitions or ()}
    merged = [*(one for one in table.attr if one["AttributeName"] not in added), *added.values()]
    for change in global_index or ():
        _check(change, table, billing_mode)
        _check_key(change.get("Create") or {}, [one["AttributeName"] for one in merged])
    return _MOTO_UPDATE(self, name, merged, global_index, *arguments, **named)


def _check_capacity(units: Any, table: Any, billing_mode: str) -> None:
    if billing_mode == "PAY_PER_REQUEST" and units:
        raise MockValidationException(
            f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
            "when BillingMode is PAY_PER_REQUEST"
        )
    if billing_mode != table.billing_mode != "PROVISIONED" and not units:
        raise MockValidationException(
            f"{INVALID}ReadCapacityUnits and WriteCapacityUnits must both be specified "
            "when BillingMode is PROVISIONED"
        )


def _check_key(index: dict[str, Any], defined: list[str]) -> None:
    if not index:
        return
    names = [key["AttributeName"] for key in index["KeySchema"]]
    if missing := [name for name in names if name not in defined]:
        raise MockValidationException(
            f"{INVALID}Some index key attributes are not defined in AttributeDefinitions. "
            f"Keys: [{', '.join(missing)}], AttributeDefinitions: [{', '.join(defined)}]"
        )


def _check(change: dict[str, Any], table: Any, billing_mode: str) -> None:
    known = {index.name for index in table.global_indexes}
    if created := change.get("Create"):
        if created["IndexName"] in known:
            raise MockValidationException("Attempting to create an index which already exists")
        _check_new(created, table, billing_mode)
    if (updated := change.get("Update")) and updated["IndexName"] not in known:
        raise MockValidationException(f"The table does not have the specified index: {updated['IndexName']}")
    if (deleted := change.get("Delete")) and deleted["IndexName"] not in known:
        raise ResourceNotFoundException("Requested resource not found")


def _check_new(index: dict[str, Any], table: Any, billing_mode: str) -> None:
    check_index_keys(index["KeySchema"])
    check_projection(projection := index.get("Projection") or {})
    check_projected([projection, *(one.projection for one in (*table.indexes, *table.global_indexes))])
    is_on_demand, has_units = billing_mode == "PAY_PER_REQUEST", bool(index.get("ProvisionedThroughput"))
    if is_on_demand and has_units:
        raise MockValidationException(
            f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: "
            f"{index['IndexName']} when BillingMode is PAY_PER_REQUEST"
        )
    if not (is_on_demand or has_units):
        raise MockValidationException(
            f"{INVALID}ProvisionedThroughput must be specified for index: {index['IndexName']}"
        )
    if len(table.global_indexes) >= MAXIMUM_GLOBAL:
        raise DynamodbException(f"{ERROR_TYPE_PREFIX}LimitExceededException", TOO_MANY)
