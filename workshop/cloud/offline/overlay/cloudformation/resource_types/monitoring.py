"""Log groups change in place; their filters, dashboards, consumers and schedule groups exist in stacks.

AWS sets or removes the retention of a log group and its tags; its `Arn` ends in `:*`, so that a policy with
it covers its streams. `Ref` is the name of a filter, dashboard or group, and the ARN of a consumer
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html,
aws-resource-logs-subscriptionfilter.html,
aws-resource-logs-metricfilter.html, aws-resource-cloudwatch-dashboard.html,
aws-resource-kinesis-streamconsumer.html and aws-resource-scheduler-schedulegroup.html there). moto has them
in its APIs, of these only groups in stacks, without their keys, an update and that ending, and dashboards,
which get another name with every update. Changed: as above, and all exist.
"""

from datetime import UTC, datetime
from typing import Any

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.cloudwatch.models import cloudwatch_backends
from moto.kinesis.models import kinesis_backends
from moto.logs.models import LogGroup, LogResourcePolicy, logs_backends
from moto.scheduler.models import scheduler_backends

from workshop.cloud.offline.overlay.cloudformation.handlers import (
    Wanted,
    changes,
    check_free,
    creates,
    tags_as_dict,
)
from workshop.cloud.offline.overlay.cloudformation.resource_types.added import (
    AddedResource,
    add_resource_type,
)
from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.overlay.every_service.named_keys import check_key_of_group

TRANSFORMATION = {
    "MetricName": "metricName",
    "MetricNamespace": "metricNamespace",
    "MetricValue": "metricValue",
    "DefaultValue": "defaultValue",
    "Unit": "unit",
}


@creates(LogGroup)
def _create_log_group(wanted: Wanted) -> Any:
    properties = wanted.properties
    tags, key = tags_as_dict(properties), properties.get("KmsKeyId")
    return wanted.backend(logs_backends).create_log_group(wanted.name, tags, kmsKeyId=key, **properties)


@creates(LogResourcePolicy)
def _create_log_policy(wanted: Wanted) -> Any:
    properties, backend = wanted.properties, wanted.backend(logs_backends)
    check_free(wanted, properties["PolicyName"], backend.resource_policies)
    return backend.put_resource_policy(properties["PolicyName"], properties["PolicyDocument"])


@changes(LogGroup)
def _change_group(wanted: Wanted) -> Any:
    backend, key = wanted.backend(logs_backends), wanted.properties.get("KmsKeyId")
    check_key_of_group(backend, wanted.name, key)
    wanted.original.kms_key_id = key
    if days := wanted.properties.get("RetentionInDays"):
        backend.put_retention_policy(wanted.name, days)
    else:
        backend.delete_retention_policy(wanted.name)
    backend.tagger.delete_all_tags_for_resource(wanted.original.arn)
    backend.tag_resource(wanted.original.arn, tags_as_dict(wanted.properties))
    return wanted.original


@corrects(LogGroup, "get_cfn_attribute")
def _attribute_of_group(group: Any, attribute_name: str) -> str:
    if attribute_name != "Arn":
        raise UnformattedGetAttTemplateException
    return f"{group.arn}:*"


def _put_metric_filter(wanted: Wanted) -> AddedResource:
    properties, backend = wanted.properties, wanted.backend(logs_backends)
    known = [
        one for one in backend.filters.metric_filters if one["logGroupName"] == properties["LogGroupName"]
    ]
    check_free(wanted, wanted.name, [one["filterName"] for one in known])
    backend.put_metric_filter(
        wanted.name,
        properties["FilterPattern"],
        properties["LogGroupName"],
        [_transformation(one) for one in properties["MetricTransformations"]],
    )
    return AddedResource(wanted.name)


def _transformation(wanted: dict[str, Any]) -> dict[str, Any]:
    transformation = {api: wanted[name] for name, api in TRANSFORMATION.items() if name in wanted}
    if dimensions := wanted.get("Dimensions"):
        transformation["dimensions"] = {one["Key"]: one["Value"] for one in dimensions}
    return transformation


def _remove_metric_filter(wanted: Wanted) -> None:
    wanted.backend(logs_backends).delete_metric_filter(wanted.name, wanted.properties["LogGroupName"])


def _put_subscription_filter(wanted: Wanted) -> AddedResource:
    properties, backend = wanted.properties, wanted.backend(logs_backends)
    group = backend.groups.get(properties["LogGroupName"])
    check_free(wanted, wanted.name, group.subscription_filters if group is not None else ())
    backend.put_subscription_filter(
        properties["LogGroupName"],
        wanted.name,
        properties.get("FilterPattern", ""),
        properties["DestinationArn"],
        properties.get("RoleArn"),
    )
    return AddedResource(wanted.name)


def _remove_subscription_filter(wanted: Wanted) -> None:
    wanted.backend(logs_backends).delete_subscription_filter(wanted.properties["LogGroupName"], wanted.name)


def _put_dashboard(wanted: Wanted) -> AddedResource:
    backend = wanted.backend(cloudwatch_backends)
    check_free(wanted, wanted.name, backend.dashboards)
    backend.put_dashboard(wanted.name, wanted.properties["DashboardBody"])
    return AddedResource(wanted.name)


def _remove_dashboard(wanted: Wanted) -> None:
    wanted.backend(cloudwatch_backends).delete_dashboards([wanted.name])


def _register_consumer(wanted: Wanted) -> AddedResource:
    properties, backend = wanted.properties, wanted.backend(kinesis_backends)
    consumer = backend.register_stream_consumer(properties["StreamARN"], wanted.name)
    return AddedResource(
        consumer.consumer_arn,
        ConsumerARN=consumer.consumer_arn,
        ConsumerCreationTimestamp=str(int(consumer.created.timestamp())),
        ConsumerName=consumer.consumer_name,
        ConsumerStatus="ACTIVE",
        StreamARN=properties["StreamARN"],
    )


def _keep(wanted: Wanted) -> AddedResource:
    """Keep the resource: what could change is replaced."""
    original: AddedResource = wanted.original
    return original


def _remove_consumer(wanted: Wanted) -> None:
    stream = wanted.backend(kinesis_backends).describe_stream(wanted.properties["StreamARN"], None)
    stream.delete_consumer(wanted.name)


def _create_group(wanted: Wanted) -> AddedResource:
    wanted.backend(scheduler_backends).create_schedule_group(wanted.name, [])
    return _settle_group(wanted)


def _settle_group(wanted: Wanted) -> AddedResource:
    backend = wanted.backend(scheduler_backends)
    group = backend.get_schedule_group(wanted.name)
    backend.tagger.delete_all_tags_for_resource(group.arn)
    backend.tag_resource(group.arn, wanted.properties.get("Tags", []))
    made = datetime.fromtimestamp(group.created_on, UTC).isoformat()
    return AddedResource(
        group.name, Arn=group.arn, State="ACTIVE", CreationDate=made, LastModificationDate=made
    )


def _remove_group(wanted: Wanted) -> None:
    wanted.backend(scheduler_backends).delete_schedule_group(wanted.name)


add_resource_type(
    "AWS::Logs::MetricFilter",
    name_property="FilterName",
    create=_put_metric_filter,
    change=_put_metric_filter,
    delete=_remove_metric_filter,
)
add_resource_type(
    "AWS::Logs::SubscriptionFilter",
    name_property="FilterName",
    create=_put_subscription_filter,
    change=_put_subscription_filter,
    delete=_remove_subscription_filter,
)
add_resource_type(
    "AWS::CloudWatch::Dashboard",
    name_property="DashboardName",
    create=_put_dashboard,
    change=_put_dashboard,
    delete=_remove_dashboard,
)
add_resource_type(
    "AWS::Kinesis::StreamConsumer",
    name_property="ConsumerName",
    attributes=(
        "ConsumerARN",
        "ConsumerCreationTimestamp",
        "ConsumerName",
        "ConsumerStatus",
        "StreamARN",
    ),
    create=_register_consumer,
    change=_keep,
    delete=_remove_consumer,
)
add_resource_type(
    "AWS::Scheduler::ScheduleGroup",
    name_property="Name",
    attributes=("Arn", "CreationDate", "LastModificationDate", "State"),
    create=_create_group,
    change=_settle_group,
    delete=_remove_group,
)
