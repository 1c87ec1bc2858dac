"""Buckets notify functions, queues, topics and EventBridge with AWS's event, if they may.

AWS checks when a notification is configured that the bucket may reach each destination, and that no two
configurations want the same event of the same object; FIFO queues are no destinations
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html); an event has the
members of https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html, and
EventBridge gets those of https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html on its default
bus. moto asks for no permission, takes configurations that overlap, hides every failure, sends a shorter
event with the machine's time, sends to rules of all buses, and says nothing about delete markers. Changed:
all of these.
"""

import itertools
import json
import uuid
from typing import Any
from urllib.parse import quote_plus

from moto.events.models import events_backends
from moto.s3 import models as s3_models
from moto.s3 import notifications
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeBucket, S3Backend

from workshop.cloud.offline.overlay.correct import CLOCK, corrects
from workshop.cloud.offline.overlay.events.buses import put_event
from workshop.cloud.offline.permissions.resource_policies import DeliveringService, delivery_problem
from workshop.cloud.offline.runtime.deliveries.targets import DeliveryError, deliver, log_once
from workshop.cloud.offline.runtime.timestamps import iso_time

SERVICE = "s3.amazonaws.com"
REQUEST_ID = "C3D13FE58DE4C810"
PRINCIPAL = {"principalId": "AWS:AIDAJDPLRKLG7UEXAMPLE"}
# The part of an event's name after `s3:` → EventBridge's `reason`.
REASONS = {
    "ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
    "ObjectCreated:Copy": "CopyObject",
    "ObjectCreated:Post": "POST Object",
    "ObjectCreated:Put": "PutObject",
    "ObjectRemoved:Delete": "DeleteObject",
    "ObjectRemoved:DeleteMarkerCreated": "DeleteObject",
}
DELETIONS = {
    "ObjectRemoved:Delete": "Permanently Deleted",
    "ObjectRemoved:DeleteMarkerCreated": "Delete Marker Created",
}

_MOTO_SET = FakeBucket.set_notification_configuration
_MOTO_SET_DELETE_MARKER = S3Backend._set_delete_marker
# Sequencers of one object compare as text, later ones as greater.
_SEQUENCE = itertools.count(1)


class UnreachableDestinationError(S3ClientError):  # type: ignore[misc]  # moto is untyped
    """A bucket may not reach a destination of its notifications."""

    code = 400

    def __init__(self) -> None:
        super().__init__("InvalidArgument", "Unable to validate the following destination configurations")


class AmbiguousNotificationsError(S3ClientError):  # type: ignore[misc]  # moto is untyped
    """Two configurations of a bucket want the same event of the same object."""

    code = 400

    def __init__(self) -> None:
        super().__init__(
            "InvalidArgument",
            "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the "
            "prefixes are overlapping for the same event type.",
        )


@corrects(FakeBucket, "set_notification_configuration")
def _configure(bucket: Any, notification_config: dict[str, Any] | None) -> None:
    wanted = notification_config or {}
    # As moto's own class reads it, before a bucket has it.
    read = s3_models.NotificationConfiguration(
        wanted.get("TopicConfiguration"),
        wanted.get("QueueConfiguration"),
        wanted.get("CloudFunctionConfiguration"),
    )
    notifications_of = (*read.topic, *read.queue, *read.cloud_function)
    if any(_overlap(one, other) for one, other in itertools.combinations(notifications_of, 2)):
        raise AmbiguousNotificationsError
    for one in notifications_of:
        _check(one)
        # AWS's refusal does not say why, so the log does.
        if (problem := delivery_problem(_sender(bucket), one.arn)) is not None:
            log_once(f"{bucket.arn}: {problem}")
            raise UnreachableDestinationError
    _MOTO_SET(bucket, notification_config)


def _check(notification: Any) -> None:
    names = [rule["Name"].lower() for rule in _rules(notification)]
    if not {*names} <= {"prefix", "suffix"}:
        raise S3ClientError("InvalidArgument", "filter rule name must be either prefix or suffix")
    for name in ("prefix", "suffix"):
        if names.count(name) > 1:
            text = f"Cannot specify more than one {name} rule in a filter."
            raise S3ClientError("InvalidArgument", text)
    # Events of a bucket are in no order that a FIFO queue or topic could keep.
    if notification.arn.endswith(".fifo"):
        raise UnreachableDestinationError


def _overlap(one: Any, other: Any) -> bool:
    if not any(_shares(event, wanted) for event in one.events for wanted in other.events):
        return False
    (prefix, suffix), (other_prefix, other_suffix) = _ends(one), _ends(other)
    return (prefix.startswith(other_prefix) or other_prefix.startswith(prefix)) and (
        suffix.endswith(other_suffix) or other_suffix.endswith(suffix)
    )


def _shares(event: str, other: str) -> bool:
    """Return whether something can be both; `s3:ObjectCreated:*` is every creation."""
    return event == other or any(
        whole.endswith(":*") and part.startswith(whole[:-1])
        for whole, part in ((event, other), (other, event))
    )


def _ends(notification: Any) -> tuple[str, str]:
    """Return prefix and suffix of the keys that a configuration is about."""
    named = {rule["Name"].lower(): rule.get("Value") or "" for rule in _rules(notification)}
    return named.get("prefix", ""), named.get("suffix", "")


def _rules(notification: Any) -> list[dict[str, Any]]:
    return (notification.filters.get("S3Key") or {}).get("FilterRule") or []


@corrects(notifications, "send_event")
def _send_event(account_id: str, event_name: Any, bucket: Any, key: Any) -> None:
    configured = bucket.notification_configuration
    if configured is None or key is None:
        return
    name = getattr(event_name, "value", event_name)
    for notification in (*configured.cloud_function, *configured.queue, *configured.topic):
        if notification.matches(name, key.name):
            event = {"Records": [_record(name.removeprefix("s3:"), bucket, key, notification.id)]}
            _deliver(bucket, notification.arn, json.dumps(event))
    if configured.event_bridge is not None:
        put_event(
            events_backends[account_id][bucket.region_name],
            _bus_event(account_id, name, bucket, key),
        )


@corrects(notifications, "send_test_event")
def _send_test_event(account_id: str, bucket: Any) -> None:
    del account_id
    test = {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": iso_time(CLOCK.now()),
        "Bucket": bucket.name,
        "RequestId": REQUEST_ID,
        "HostId": REQUEST_ID,
    }
    configured = bucket.notification_configuration
    for arn in {one.arn: None for one in (*configured.queue, *configured.topic)}:
        _deliver(bucket, arn, json.dumps(test))


@corrects(S3Backend, "_set_delete_marker")
def _set_delete_marker(backend: Any, bucket_name: str, key_name: str) -> Any:
    marker = _MOTO_SET_DELETE_MARKER(backend, bucket_name, key_name)
    event_name = notifications.S3NotificationEvent.OBJECT_REMOVED_DELETE_MARKER_CREATED_EVENT
    notifications.send_event(backend.account_id, event_name, backend.get_bucket(bucket_name), marker)
    return marker


@corrects(s3_models, "events_send_notification")
def _no_event(*_arguments: Any, **_names: Any) -> None:
    """Send nothing: only a trail, which nobody has here, makes events of calls such as CreateBucket."""


def _sender(bucket: Any) -> DeliveringService:
    return DeliveringService(SERVICE, bucket.arn, bucket.account_id)


def _deliver(bucket: Any, arn: str, body: str) -> None:
    try:
        deliver(arn, body, _sender(bucket))
    except DeliveryError as error:
        log_once(f"{bucket.arn} could not notify `{arn}`: {error}")


def _record(name: str, bucket: Any, key: Any, notification_id: str) -> dict[str, Any]:
    described: dict[str, Any] = {"key": quote_plus(key.name, safe="/")}
    if name not in DELETIONS:
        described |= _content(key, "eTag")
    if bucket.is_versioned:
        described["versionId"] = str(key.version_id)
    described["sequencer"] = _sequencer()
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": bucket.region_name,
        "eventTime": iso_time(CLOCK.now()),
        "eventName": name,
        "userIdentity": PRINCIPAL,
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": REQUEST_ID, "x-amz-id-2": REQUEST_ID},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": notification_id,
            "bucket": {
                "name": bucket.name,
                "ownerIdentity": {"principalId": "A3NL1KOZZKEXAMPLE"},
                "arn": bucket.arn,
            },
            "object": described,
        },
    }


def _bus_event(account_id: str, name: str, bucket: Any, key: Any) -> dict[str, Any]:
    kind = name.removeprefix("s3:")
    # As it is: only in notifications is a key URL-encoded.
    described: dict[str, Any] = {"key": key.name}
    if kind not in DELETIONS:
        described |= _content(key, "etag")
    if bucket.is_versioned:
        described["version-id"] = str(key.version_id)
    detail = {
        "version": "0",
        "bucket": {"name": bucket.name},
        "object": {**described, "sequencer": _sequencer()},
        "request-id": REQUEST_ID,
        "requester": account_id,
        "source-ip-address": "127.0.0.1",
    }
    if kind in REASONS:
        detail["reason"] = REASONS[kind]
    if kind in DELETIONS:
        detail["deletion-type"] = DELETIONS[kind]
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": notifications._detail_type(name),
        "source": "aws.s3",
        "account": account_id,
        "time": iso_time(CLOCK.now(), "seconds"),
        "region": bucket.region_name,
        "resources": [bucket.arn],
        "detail": detail,
    }


def _content(key: Any, tag_name: str) -> dict[str, Any]:
    """Return size and tag of an object; a delete marker has neither."""
    if not hasattr(key, "etag"):
        return {}
    return {"size": key.size, tag_name: str(key.etag).strip('"')}


def _sequencer() -> str:
    # The count begins again after 65,536 events, which no millisecond has.
    return f"{int(CLOCK.now() * 1000):012X}{next(_SEQUENCE) % 0x10000:04X}"
