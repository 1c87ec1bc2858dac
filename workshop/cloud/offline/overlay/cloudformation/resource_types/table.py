"""AWS::DynamoDB::Table changes in place, and keeps time to live and point-in-time recovery.

AWS enables and disables a table's stream and updates its capacity, indexes, tags, time to live and recovery
without touching its items
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-dynamodb-table.html, "Update
requires"); of its global indexes one comes or goes at a time, and none changes its key or projection. A
stream that is enabled again has a new ARN, and a table without one has no `StreamArn`. moto has no update at
all, drops time to live and recovery, and fails with `KeyError: LatestStreamArn`. Changed: creation, update
and the attribute.
"""

from typing import Any

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table

from workshop.cloud.offline.overlay.cloudformation.catalogue.api_requests import REQUESTS, written
from workshop.cloud.offline.overlay.cloudformation.handlers import Wanted, changes, creates, is_true, undone
from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.overlay.dynamodb.tables import check_expiry, check_table, limit_throughput
from workshop.cloud.offline.overlay.every_service.named_keys import check_key_of_table

WITH_NUMBERS = ("GlobalSecondaryIndexes", "ProvisionedThroughput", "WarmThroughput")
ONE_AT_A_TIME = "Cannot perform more than one GSI creation or deletion in a single update"
FIXED = (
    "Cannot update GSI's properties other than Provisioned Throughput and Contributor Insights "
    "Specification. You can create a new GSI with a different name."
)

_create_table = Table.create_from_cloudformation_json.__func__


@creates(Table)
def _create(wanted: Wanted) -> Any:
    properties = _checked(wanted.properties)
    table = _create_table(
        Table, wanted.name, {"Properties": properties}, wanted.account_id, wanted.region_name
    )
    backend = wanted.backend(dynamodb_backends)
    with undone(lambda: backend.delete_table(table.name)):
        _settle(backend, table, properties)
    return table


@changes(Table)
def _change(wanted: Wanted) -> Any:
    properties, backend = _checked(wanted.properties), wanted.backend(dynamodb_backends)
    table = backend.get_table(wanted.name)
    check_key_of_table(backend, properties.get("SSESpecification"))
    if expiry := properties.get("TimeToLiveSpecification"):
        check_expiry(table.ttl, expiry.get("AttributeName"))
    indexes = _index_changes(table, properties.get("GlobalSecondaryIndexes", []))
    _change_stream(backend, table, properties.get("StreamSpecification", {}).get("StreamViewType"))
    on_demand = properties.get("BillingMode") == "PAY_PER_REQUEST"
    backend.update_table(
        name=table.name,
        attr_definitions=properties["AttributeDefinitions"],
        global_index=indexes,
        throughput=None if on_demand else properties.get("ProvisionedThroughput"),
        billing_mode="PAY_PER_REQUEST" if on_demand else "PROVISIONED",
        stream_spec=None,
        deletion_protection_enabled=is_true(properties.get("DeletionProtectionEnabled")),
        warm_throughput=properties.get("WarmThroughput"),
    )
    table.sse_specification = properties.get("SSESpecification")
    table.tags = properties.get("Tags", [])
    _settle(backend, table, properties)
    return table


def _checked(properties: dict[str, Any]) -> dict[str, Any]:
    """Return properties whose numbers are no text, if there can be such a table."""
    request = written(REQUESTS["AWS::DynamoDB::Table"][0], properties)
    # A template names the view of a stream that there is.
    stream = properties.get("StreamSpecification") and {
        "StreamEnabled": True,
        **properties["StreamSpecification"],
    }
    check_table({**request, "StreamSpecification": stream})
    return {**properties, **{name: request[name] for name in WITH_NUMBERS if name in request}}


def _change_stream(backend: Any, table: Any, wanted_view: str | None) -> None:
    current = table.stream_specification or {}
    view = current.get("StreamViewType") if current.get("StreamEnabled") else None
    if view == wanted_view:
        return
    # Another view needs another stream: DynamoDB cannot change the view of one that is enabled.
    if view is not None:
        backend.update_table_streams(table, {"StreamEnabled": False})
    if wanted_view is not None:
        backend.update_table_streams(table, {"StreamEnabled": True, "StreamViewType": wanted_view})


def _index_changes(table: Any, wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    existing = {index.name: _form(index.schema, index.projection) for index in table.global_indexes}
    forms = {index["IndexName"]: _form(index["KeySchema"], index["Projection"]) for index in wanted}
    if any(forms[name] != existing[name] for name in existing.keys() & forms.keys()):
        raise MockValidationException(FIXED)
    changes = [
        *({"Delete": {"IndexName": name}} for name in existing.keys() - forms.keys()),
        *({"Create": index} for index in wanted if index["IndexName"] not in existing),
    ]
    if len(changes) > 1:
        raise MockValidationException(ONE_AT_A_TIME)
    return changes


def _form(schema: list[dict[str, str]], projection: dict[str, Any]) -> tuple[Any, ...]:
    """Return what of an index stays as it is; projected attributes have no order."""
    keys = [(key["AttributeName"], key["KeyType"]) for key in schema]
    return keys, projection.get("ProjectionType"), frozenset(projection.get("NonKeyAttributes") or ())


def _settle(backend: Any, table: Any, properties: dict[str, Any]) -> None:
    limit_throughput(table, properties.get("OnDemandThroughput", {}))
    recovery = properties.get("PointInTimeRecoverySpecification", {})
    is_recoverable = is_true(recovery.get("PointInTimeRecoveryEnabled"))
    backend.update_continuous_backups(table.name, {**recovery, "PointInTimeRecoveryEnabled": is_recoverable})
    expiry = properties.get("TimeToLiveSpecification", {})
    # Disabling has to name the attribute, which a template without the specification no longer does.
    attribute = expiry.get("AttributeName", table.ttl.get("AttributeName"))
    if attribute is not None:
        is_enabled = is_true(expiry.get("Enabled"))
        backend.update_time_to_live(table.name, {"AttributeName": attribute, "Enabled": is_enabled})


@corrects(Table, "get_cfn_attribute")
def _attribute(table: Any, attribute_name: str) -> str:
    if attribute_name == "Arn":
        return str(table.table_arn)
    has_stream = (table.stream_specification or {}).get("StreamEnabled")
    if attribute_name != "StreamArn" or not has_stream:
        raise UnformattedGetAttTemplateException
    return str(table.describe()["TableDescription"]["LatestStreamArn"])
