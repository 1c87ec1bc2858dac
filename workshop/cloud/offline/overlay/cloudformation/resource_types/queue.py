"""AWS::SQS::Queue changes all its attributes in place, and names FIFO queues that the template does not name.

AWS sets every attribute to the template's value or its default
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-sqs-queue.html); `Ref` is the
queue's URL, `QueueUrl` an attribute. moto changes two attributes and says `UPDATE_COMPLETE` for the others,
and gives a FIFO queue, and one with a long name, a name that it must not have. Changed: the update, and the
names.
"""

from collections.abc import Mapping
from typing import Any

from moto.sqs.models import MAXIMUM_MESSAGE_LENGTH, Queue, sqs_backends

from workshop.cloud.offline.overlay.cloudformation.handlers import (
    Wanted,
    changes,
    check_free,
    creates,
    is_true,
    tags_as_dict,
)
from workshop.cloud.offline.overlay.sqs.attributes import check_attributes

DEFAULTS: Mapping[str, Any] = {
    "DelaySeconds": 0,
    "KmsDataKeyReusePeriodSeconds": 300,
    "KmsMasterKeyId": None,
    "MaximumMessageSize": MAXIMUM_MESSAGE_LENGTH,
    "MessageRetentionPeriod": 345600,
    "ReceiveMessageWaitTimeSeconds": 0,
    "RedrivePolicy": {},
    "SqsManagedSseEnabled": True,
    "VisibilityTimeout": 30,
}
# SetQueueAttributes takes none of these.
FIXED = ("FifoQueue", "QueueName", "Tags")
LONGEST_NAME = 80
FIFO = ".fifo"
# A hyphen, and what moto draws.
RANDOM_END = 13

_MOTO_CREATE = Queue.create_from_cloudformation_json


def _shortened(name: str, length: int) -> str:
    """Return a name that is not too long, and still has the random end that no other one has."""
    return name if len(name) <= length else f"{name[: length - RANDOM_END]}{name[-RANDOM_END:]}"


@creates(Queue)
def _create(wanted: Wanted) -> Any:
    name, properties = wanted.name, wanted.properties
    if "QueueName" not in properties:
        ending = FIFO if is_true(properties.get("FifoQueue")) else ""
        name = _shortened(name, LONGEST_NAME - len(ending)) + ending
    check_free(wanted, name, wanted.backend(sqs_backends).queues)
    return _MOTO_CREATE(name, {"Properties": properties}, wanted.account_id, wanted.region_name)


@changes(Queue)
def _change(wanted: Wanted) -> Any:
    queue = wanted.backend(sqs_backends).get_queue(wanted.original.name)
    given = {name: value for name, value in wanted.properties.items() if name not in FIXED}
    check_attributes(given, {}, is_fifo=queue.fifo_queue)
    attributes = {**DEFAULTS, **given}
    # The policy belongs to AWS::SQS::QueuePolicy, and moto would clear it.
    attributes["Policy"] = queue.policy
    queue._set_attributes(attributes)
    queue.tags = tags_as_dict(wanted.properties)
    return queue
