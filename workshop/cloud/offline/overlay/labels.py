"""AddPermission and RemovePermission take whatever policy a queue or a topic has.

A policy may have one statement outside a list, and statements need no label
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html). moto fails at both.
Changed: both operations of both services.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.sns.models import SNSBackend
from moto.sqs.models import SQSBackend

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.request_models.policies import statements_of

_MOTO_ADD_TO_QUEUE = SQSBackend.add_permission
_MOTO_REMOVE_FROM_QUEUE = SQSBackend.remove_permission
_MOTO_ADD_TO_TOPIC = SNSBackend.add_permission
_MOTO_REMOVE_FROM_TOPIC = SNSBackend.remove_permission


@contextmanager
def _labelled(policy: dict[str, Any]) -> Iterator[None]:
    """Leave a policy only the statements with a label, in a list, as long as it lasts."""
    statements = statements_of(policy)
    others = [statement for statement in statements if "Sid" not in statement]
    policy["Statement"] = [statement for statement in statements if "Sid" in statement]
    try:
        yield
    finally:
        policy["Statement"] = others + policy["Statement"]


@corrects(SQSBackend, "add_permission")
def _add_to_queue(backend: Any, region_name: str, queue_name: str, *arguments: Any, **named: Any) -> None:
    with _labelled(backend.get_queue(queue_name)._policy_json):
        _MOTO_ADD_TO_QUEUE(backend, region_name, queue_name, *arguments, **named)


@corrects(SQSBackend, "remove_permission")
def _remove_from_queue(backend: Any, queue_name: str, label: str) -> None:
    with _labelled(backend.get_queue(queue_name)._policy_json):
        _MOTO_REMOVE_FROM_QUEUE(backend, queue_name, label)


@corrects(SNSBackend, "add_permission")
def _add_to_topic(backend: Any, region_name: str, topic_arn: str, *arguments: Any, **named: Any) -> None:
    with _labelled(backend.get_topic(topic_arn)._policy_json):
        _MOTO_ADD_TO_TOPIC(backend, region_name, topic_arn, *arguments, **named)


@corrects(SNSBackend, "remove_permission")
def _remove_from_topic(backend: Any, topic_arn: str, label: str) -> None:
    with _labelled(backend.get_topic(topic_arn)._policy_json):
        _MOTO_REMOVE_FROM_TOPIC(backend, topic_arn, label)
