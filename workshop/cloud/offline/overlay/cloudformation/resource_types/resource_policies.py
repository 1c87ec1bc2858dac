"""Policies of queues, topics and buckets are resources of their own.

AWS replaces the policy of each queue, topic or bucket that such a resource names, and takes it away again
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queuepolicy.html).
moto has the policies in its APIs but not in stacks. Changed: AWS::SQS::QueuePolicy, AWS::SNS::TopicPolicy and
AWS::S3::BucketPolicy exist.
"""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from moto.s3.models import s3_backends
from moto.sns.exceptions import SNSInvalidParameter, TopicNotFound
from moto.sns.models import sns_backends
from moto.sqs.exceptions import QueueDoesNotExist
from moto.sqs.models import sqs_backends

from workshop.cloud.offline.overlay.cloudformation.handlers import Wanted, policy_text
from workshop.cloud.offline.overlay.cloudformation.resource_types.added import (
    AddedResource,
    add_resource_type,
)
from workshop.cloud.offline.overlay.sns.topics import check_attributes

# What the resource covers, between two updates; no attribute that a template may ask for.
COVERED = "covered"
ARN_ELEMENTS = 6

SetPolicy = Callable[[Wanted, str, str | None], None]


def _set_queue_policy(wanted: Wanted, url: str, policy: str | None) -> None:
    queue = wanted.backend(sqs_backends).get_queue(url.rsplit("/", 1)[-1])
    if policy is None:
        queue.policy = None
    else:
        queue._set_attributes({"Policy": policy})


def _set_topic_policy(wanted: Wanted, arn: str, policy: str | None) -> None:
    if (elements := arn.count(":") + 1) < ARN_ELEMENTS:
        # In the words of the call: moto would fail to read it.
        raise SNSInvalidParameter(
            f"Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not {elements}"
        )
    topic = wanted.backend(sns_backends).get_topic(arn)
    if policy is None:
        default = topic._create_default_topic_policy(wanted.region_name, wanted.account_id, topic.name)
        topic.policy = json.dumps(default)
    else:
        check_attributes({"Policy": policy}, is_fifo=arn.endswith(".fifo"))
        topic.policy = policy


def _handlers(set_policy: SetPolicy, property_name: str) -> dict[str, Any]:
    """Return what creates, changes and deletes a policy of the targets that a property lists."""

    def put(wanted: Wanted) -> AddedResource:
        policy = policy_text(wanted.properties["PolicyDocument"])
        targets = [str(target) for target in wanted.properties[property_name]]
        for target in targets:
            set_policy(wanted, target, policy)
        before = json.loads(wanted.original.attributes[COVERED]) if wanted.original else []
        clear(wanted, set(before) - set(targets))
        return AddedResource(wanted.name, Id=wanted.name, **{COVERED: json.dumps(targets)})

    def clear(wanted: Wanted, targets: Iterable[str]) -> None:
        for target in targets:
            # What is gone has taken its policy with it.
            with suppress(QueueDoesNotExist, TopicNotFound):
                set_policy(wanted, target, None)

    def remove(wanted: Wanted) -> None:
        clear(wanted, wanted.properties[property_name])

    return {"create": put, "change": put, "delete": remove, "attributes": ("Id",)}


def _put_bucket_policy(wanted: Wanted) -> AddedResource:
    bucket = str(wanted.properties["Bucket"])
    policy = policy_text(wanted.properties["PolicyDocument"])
    wanted.backend(s3_backends, is_global=True).put_bucket_policy(bucket, policy.encode())
    return AddedResource(bucket)


def _remove_bucket_policy(wanted: Wanted) -> None:
    wanted.backend(s3_backends, is_global=True).delete_bucket_policy(wanted.name)


add_resource_type("AWS::SQS::QueuePolicy", **_handlers(_set_queue_policy, "Queues"))
add_resource_type("AWS::SNS::TopicPolicy", **_handlers(_set_topic_policy, "Topics"))
add_resource_type(
    "AWS::S3::BucketPolicy",
    create=_put_bucket_policy,
    change=_put_bucket_policy,
    delete=_remove_bucket_policy,
)
