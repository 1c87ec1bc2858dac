"""Which attributes a queue may be given, when it is made and later.

AWS refuses what is no value of an attribute, attributes that only it sets, those of FIFO queues for any other
queue, another kind of queue, two kinds of encryption at once, and policies that say nothing
(https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html and
API_CreateQueue.html there). moto takes any number for an attribute and fails at what is none, sets whatever
else it knows, and turns a queue into one of another kind. Changed: as above.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from moto.sqs.exceptions import (
    InvalidAttributeName,
    InvalidAttributeValue,
    InvalidParameterValue,
    SQSException,
)
from moto.sqs.models import MAXIMUM_MESSAGE_LENGTH, Queue, SQSBackend, sqs_backends

from workshop.cloud.offline.overlay.correct import CLOCK, corrects
from workshop.cloud.offline.request_models.policies import json_object

__all__ = ["check_attributes"]

RANGES: Mapping[str, tuple[int, int]] = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
    "MaximumMessageSize": (1024, MAXIMUM_MESSAGE_LENGTH),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}
FLAGS = ("ContentBasedDeduplication", "FifoQueue", "SqsManagedSseEnabled")
DOCUMENTS = ("Policy", "RedrivePolicy", "RedriveAllowPolicy")
PERMISSIONS = ("allowAll", "byQueue", "denyAll")
SCOPE, LIMIT, BY_GROUP = "DeduplicationScope", "FifoThroughputLimit", "perMessageGroupId"
CHOICES: Mapping[str, tuple[str, ...]] = {
    SCOPE: ("messageGroup", "queue"),
    LIMIT: (BY_GROUP, "perQueue"),
}
READ_ONLY = frozenset(
    (
        "All",
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
        "CreatedTimestamp",
        "LastModifiedTimestamp",
        "QueueArn",
    )
)
ONLY_FIFO: Mapping[str, str] = {
    **{name: f"Unknown Attribute {name}." for name in ("ContentBasedDeduplication", "FifoQueue")},
    **{name: f"You can specify the {name} only when FifoQueue is set to true." for name in CHOICES},
}
ONE_ENCRYPTION = (
    "You can use one type of server-side encryption (SSE) at one time. "
    "You can either enable KMS SSE or SQS SSE."
)
MOST_RECEIVES = 1000

_MOTO_SET = Queue._set_attributes
_MOTO_SET_ALL = SQSBackend.set_queue_attributes
_MOTO_CREATE = SQSBackend.create_queue


@corrects(Queue, "_set_attributes")
def _set_attributes(queue: Any, attributes: dict[str, Any], _now: float | None = None) -> None:
    for name, value in attributes.items():
        if not _is_possible(name, value):
            raise InvalidAttributeValue(name)
    _check_redrive_policy(queue, attributes.get("RedrivePolicy"))
    _MOTO_SET(queue, attributes, CLOCK.now())


def _is_possible(name: str, value: Any) -> bool:
    text = str(value)
    if name in RANGES:
        lowest, highest = RANGES[name]
        # `int` would take other digits, signs and blanks as well; no bound has more than seven digits.
        return re.fullmatch("[0-9]{1,9}", text) is not None and lowest <= int(text) <= highest
    if name in FLAGS:
        return text.lower() in {"true", "false"}
    return name not in DOCUMENTS or not value or _is_document(name, value)


def _is_document(name: str, value: Any) -> bool:
    # A template may give objects as such.
    document = json_object(value) if isinstance(value, str) else value
    if not isinstance(document, dict):
        return False
    if name == "RedriveAllowPolicy":
        return document.get("redrivePermission", "allowAll") in PERMISSIONS
    return name != "Policy" or "Statement" in document


def _check_redrive_policy(queue: Any, policy: Any) -> None:
    policy = json.loads(policy) if isinstance(policy, str) and policy else policy
    for problem in _problems_of_redriving(queue, policy or {}):
        raise InvalidParameterValue(
            f"Value {json.dumps(policy)} for parameter RedrivePolicy is invalid. Reason: {problem}"
        )


def _problems_of_redriving(queue: Any, policy: Mapping[str, Any]) -> Iterator[str]:
    count = str(policy.get("maxReceiveCount", "1"))
    if not count.isdecimal() or not 1 <= int(count) <= MOST_RECEIVES:
        valid = f"valid values are from 1 to {MOST_RECEIVES} both inclusive."
        yield f"Invalid value for maxReceiveCount: {count}, {valid}"
    if (arn := policy.get("deadLetterTargetArn")) is not None:
        name = str(arn).rpartition(":")[2]
        dead = sqs_backends[queue.account_id][queue.region].queues.get(name)
        if dead is None or dead.queue_arn != arn:
            yield "Dead letter target does not exist."
        elif dead.fifo_queue != queue.name.endswith(".fifo"):
            yield "Dead-letter queue must be same type of queue as the source."


@corrects(SQSBackend, "create_queue")
def _create_queue(self: Any, name: str, tags: dict[str, str] | None = None, **attributes: Any) -> Any:
    is_fifo = _is_true(attributes.get("FifoQueue"))
    if name.endswith(".fifo") and not is_fifo:
        raise InvalidParameterValue(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        )
    check_attributes(attributes, {}, is_fifo=is_fifo)
    return _MOTO_CREATE(self, name, tags, **attributes)


@corrects(SQSBackend, "set_queue_attributes")
def _set_queue_attributes(self: Any, queue_name: str, attributes: dict[str, Any]) -> Any:
    queue = self.get_queue(queue_name)
    check_attributes(attributes, queue.attributes, is_fifo=queue.fifo_queue)
    return _MOTO_SET_ALL(self, queue_name, attributes)


def check_attributes(given: Mapping[str, Any], kept: Mapping[str, Any], *, is_fifo: bool) -> None:
    """Raise AWS's error unless a queue of a kind may be given these attributes, beside those it keeps."""
    for problem in (*_problems_of_kind(given, is_fifo=is_fifo), *_problems_of_values(given, kept)):
        raise problem


def _problems_of_kind(given: Mapping[str, Any], *, is_fifo: bool) -> Iterator[SQSException]:
    for name in sorted(given.keys() & READ_ONLY):
        yield InvalidAttributeName(name)
    if "FifoQueue" in given and _is_true(given["FifoQueue"]) is not is_fifo:
        yield _invalid("FifoQueue", "Modifying queue type is not supported.")
    for name, text in () if is_fifo else ONLY_FIFO.items():
        if given.get(name) is not None:
            yield SQSException("InvalidAttributeName", text)


def _problems_of_values(given: Mapping[str, Any], kept: Mapping[str, Any]) -> Iterator[SQSException]:
    for name, allowed in CHOICES.items():
        if given.get(name) is not None and given[name] not in allowed:
            yield _invalid(name, "not a supported value.")
    together = {**kept, **given}
    if together.get(LIMIT) == BY_GROUP and together.get(SCOPE) != "messageGroup":
        yield _invalid(LIMIT, f"To set {LIMIT} to {BY_GROUP}, the {SCOPE} must be messageGroup.")
    if given.get("KmsMasterKeyId") and _is_true(given.get("SqsManagedSseEnabled")):
        yield SQSException("InvalidAttributeValue", ONE_ENCRYPTION)


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"


def _invalid(name: str, reason: str) -> SQSException:
    return SQSException("InvalidAttributeValue", f"Invalid value for the parameter {name}. Reason: {reason}")
