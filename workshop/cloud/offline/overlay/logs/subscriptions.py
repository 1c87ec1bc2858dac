"""Subscription filters send matching log events to a function or a stream that may receive them.

AWS sends what the filter pattern selects, compressed, as
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html describes; it checks the
destination when the filter is made, and what cannot be delivered later is lost. moto sends every event
whatever the pattern, asks for no permission, and fails PutLogEvents if the destination is gone. Changed: as
above. Destinations other than functions and streams are refused by name.
"""

import base64
import gzip
import json
from typing import Any

from moto.logs.exceptions import InvalidParameterException, LimitExceededException
from moto.logs.models import LogGroup, LogsBackend, LogStream, SubscriptionFilter

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.overlay.logs.patterns import InvalidLogPatternError, compile_pattern
from workshop.cloud.offline.permissions.resource_policies import DeliveringService, delivery_problem
from workshop.cloud.offline.runtime.deliveries.targets import DeliveryError, deliver, log_once

SERVICE = "logs.amazonaws.com"
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutSubscriptionFilter.html
MOST_FILTERS = 2
UNREACHABLE = {
    "lambda": (
        "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to "
        "execute your function."
    ),
    "kinesis": (
        "Could not deliver test message to specified Kinesis stream. "
        "Check if the given kinesis stream is in ACTIVE state."
    ),
}

_MOTO_PUT = LogsBackend.put_subscription_filter


@corrects(LogsBackend, "put_subscription_filter")
def _put(
    backend: Any,
    log_group_name: str,
    filter_name: str,
    filter_pattern: str,
    destination_arn: str,
    role_arn: str | None,
) -> None:
    service = destination_arn.split(":")[2] if destination_arn.count(":") > 1 else ""
    if service not in UNREACHABLE:
        raise InvalidParameterException(
            f"The offline cloud delivers log events to functions and streams only, not to `{destination_arn}`"
        )
    if service == "lambda" and role_arn:
        raise InvalidParameterException("destinationArn for vendor lambda cannot be used with roleArn")
    try:
        compile_pattern(filter_pattern or "")
    except InvalidLogPatternError as error:
        raise InvalidParameterException(str(error)) from error
    if (group := backend.groups.get(log_group_name)) is not None:
        if filter_name not in group.subscription_filters and (
            len(group.subscription_filters) >= MOST_FILTERS
        ):
            raise LimitExceededException
        problem = delivery_problem(_sender(group, role_arn), destination_arn)
        if problem is not None:
            log_once(f"{group.arn}: {problem}")
            raise InvalidParameterException(UNREACHABLE[service])
    _MOTO_PUT(backend, log_group_name, filter_name, filter_pattern, destination_arn, role_arn)


@corrects(LogGroup, "put_subscription_filter")
def _keep(group: Any, filter_name: str, filter_pattern: str, destination_arn: str, role_arn: str) -> None:
    # moto counts a filter that is only changed as one more; `_put` has counted.
    group.subscription_filters[filter_name] = SubscriptionFilter(
        name=filter_name,
        log_group_name=group.name,
        filter_pattern=filter_pattern,
        destination_arn=destination_arn,
        role_arn=role_arn,
    )


@corrects(LogStream, "_send_log_events")
def _send(
    stream: Any, service: str, destination_arn: str, filter_name: str, log_events: list[dict[str, Any]]
) -> None:
    group = stream.log_group
    chosen = group.subscription_filters[filter_name]
    pattern = compile_pattern(chosen.filter_pattern or "")
    selected = [event for event in log_events if pattern.matches(event["message"])]
    if not selected:
        return
    document = {
        "messageType": "DATA_MESSAGE",
        "owner": stream.account_id,
        "logGroup": group.name,
        "logStream": stream.log_stream_name,
        "subscriptionFilters": [filter_name],
        "logEvents": [{**event, "id": str(event["id"])} for event in selected],
    }
    # Without the time of compression, the same events are the same bytes.
    packed = gzip.compress(json.dumps(document, separators=(",", ":")).encode(), mtime=0)
    message: str | bytes = packed
    if service == "lambda":
        message = json.dumps({"awslogs": {"data": base64.b64encode(packed).decode()}})
    try:
        deliver(destination_arn, message, _sender(group, chosen.role_arn))
    except DeliveryError as error:
        log_once(f"{group.arn}: the filter `{filter_name}` could not deliver: {error}")


def _sender(group: Any, role_arn: str | None) -> DeliveringService:
    return DeliveringService(SERVICE, f"{group.arn}:*", group.account_id, role_arn or "")
