"""AWS::SQS::Queue changes all its attributes in place.

AWS sets every attribute to the template's value or its default
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-sqs-queue.html); `Ref` is the
queue's URL, `QueueUrl` an attribute. moto changes two attributes and says `UPDATE_COMPLETE` for the others,
and `Ref` names a host of AWS, where GetQueueUrl names this cloud. Changed: the update and the URL.
"""

from collections.abc import Mapping
from typing import Any

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.sqs.models import Queue, sqs_backends

from workshop.cloud.offline.overlay.cloudformation.handlers import Wanted, changes, tags_as_dict
from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.runtime.active_runtime import active

DEFAULTS: Mapping[str, Any] = {
    "DelaySeconds": 0,
    "KmsDataKeyReusePeriodSeconds": 300,
    "KmsMasterKeyId": None,
    "MaximumMessageSize": 262144,
    "MessageRetentionPeriod": 345600,
    "ReceiveMessageWaitTimeSeconds": 0,
    "RedrivePolicy": {},
    "SqsManagedSseEnabled": True,
    "VisibilityTimeout": 30,
}
# SetQueueAttributes takes none of these.
FIXED = ("FifoQueue", "QueueName", "Tags")


@corrects(Queue, "physical_resource_id", kind=property)
def _url(queue: Any) -> str:
    runtime = active()
    host = f"https://sqs.{queue.region}.amazonaws.com" if runtime is None else runtime.endpoint_url
    return f"{host}/{queue.account_id}/{queue.name}"


@corrects(Queue, "has_cfn_attr", kind=staticmethod)
def _has_attribute(attribute: str) -> bool:
    return attribute in {"Arn", "QueueName", "QueueUrl"}


@corrects(Queue, "get_cfn_attribute")
def _attribute(queue: Any, attribute_name: str) -> str:
    values = {"Arn": queue.queue_arn, "QueueName": queue.name, "QueueUrl": queue.physical_resource_id}
    if attribute_name not in values:
        raise UnformattedGetAttTemplateException
    return str(values[attribute_name])


@changes(Queue)
def _change(wanted: Wanted) -> Any:
    queue = wanted.backend(sqs_backends).get_queue(wanted.original.name)
    attributes = {**DEFAULTS, **wanted.properties}
    # The policy belongs to AWS::SQS::QueuePolicy, and moto would clear it.
    attributes["Policy"] = queue.policy
    queue._set_attributes({name: value for name, value in attributes.items() if name not in FIXED})
    queue.tags = tags_as_dict(wanted.properties)
    return queue
