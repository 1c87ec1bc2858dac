"""What a service may deliver: its role allows the target, or else the target's own policy names the service.

A function's policy is what AddPermission made; queues, topics, buses and log groups have theirs. Policies of
targets are asked with the keys that AWS sets: the ARN and the account of what the delivery comes from.
Sources: https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html,
https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto.awslambda.utils import get_backend
from moto.core.exceptions import JsonRESTError
from moto.logs.models import logs_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.permissions.policy_evaluation import (
    Access,
    PolicyStatement,
    as_list,
    parse_statements,
)
from workshop.cloud.offline.permissions.roles import may
from workshop.cloud.offline.permissions.services import trusts
from workshop.cloud.offline.permissions.trust import names_of_service

__all__ = ["ACTIONS", "DeliveringService", "delivery_problem", "role_problem"]

# Service of the target → what is called there.
ACTIONS = {
    "events": "events:PutEvents",
    "kinesis": "kinesis:PutRecord",
    "lambda": "lambda:InvokeFunction",
    "logs": "logs:PutLogEvents",
    "sns": "sns:Publish",
    "sqs": "sqs:SendMessage",
}


@dataclass(frozen=True, slots=True)
class DeliveringService:
    """Who delivers: a service for one of its resources, in the name of a role if it was given one."""

    service: str
    source_arn: str
    account_id: str
    role_arn: str = ""


def delivery_problem(sender: DeliveringService, target_arn: str) -> str | None:
    """Return why a service may not deliver to a target, or None if it may; a target need not exist."""
    service = target_arn.split(":")[2]
    action = ACTIONS[service]
    if sender.role_arn:
        return role_problem(sender, action, target_arn)
    if service == "events":
        return None  # another bus of the same account asks for no permission
    with LOCK:
        documents = list(DOCUMENTS.get(service, _none)(target_arn))
    if _is_allowed(sender, action, _resource(service, target_arn), documents):
        return None
    return f"`{target_arn}` has no resource policy that allows {sender.service} to call {action}"


def role_problem(sender: DeliveringService, action: str, target_arn: str) -> str | None:
    """Return why a service may not do something to a resource in its role's name, or None if it may."""
    if not trusts(sender.role_arn, sender.service, on_behalf_of=sender.source_arn):
        return f"`{sender.role_arn}` does not trust {sender.service}"
    if not may(sender.role_arn, action, target_arn):
        return f"`{sender.role_arn}` does not allow {action}"
    return None


def _is_allowed(sender: DeliveringService, action: str, resource: str, documents: list[Any]) -> bool:
    keys = {
        "aws:sourcearn": (sender.source_arn,),
        "aws:sourceaccount": (sender.account_id,),
        "aws:principalservicename": (sender.service,),
        "aws:principalisawsservice": ("true",),
        "aws:securetransport": ("true",),
    }
    access = Access(action, resource, keys)
    names = names_of_service(sender.service, sender.source_arn)
    statements = (one for document in documents for one in parse_statements(document))
    applying = {
        one.allows
        for one in statements
        if one.actions.match(action) and _names(one, names) and one.applies(access)
    }
    return applying == {True}


def _resource(service: str, target_arn: str) -> str:
    if service == "logs":  # events are put into a stream of the group
        return f"{target_arn.removesuffix(':*')}:log-stream:events"
    return target_arn.removesuffix(":$LATEST")


def _names(statement: PolicyStatement, services: frozenset[str]) -> bool:
    principals = statement.principals
    if isinstance(principals, Mapping):
        named = set(as_list(principals.get("Service")))
        is_named = "*" in as_list(principals.get("AWS")) or bool(named & {"*", *services})
    else:
        is_named = principals == "*"
    return is_named is not statement.excludes_principals


def _place(arn: str) -> tuple[str, str, str]:
    """Return account, region and resource."""
    _, _, _, region, account_id, resource = arn.split(":", 5)
    return account_id, region, resource


def _of_function(arn: str) -> Iterator[Any]:
    account_id, region, resource = _place(arn)
    try:
        function = get_backend(account_id, region).get_function(resource.split(":")[1])
    except JsonRESTError:
        return
    yield {"Version": "2012-10-17", "Statement": function.policy.statements}


def _of_queue(arn: str) -> Iterator[Any]:
    account_id, region, name = _place(arn)
    if (queue := sqs_backends[account_id][region].queues.get(name)) is not None:
        yield queue.policy


def _of_topic(arn: str) -> Iterator[Any]:
    account_id, region, _ = _place(arn)
    if (topic := sns_backends[account_id][region].topics.get(arn)) is not None:
        yield topic.policy


def _of_log_groups(arn: str) -> Iterator[Any]:
    account_id, region, _ = _place(arn)
    for policy in logs_backends[account_id][region].resource_policies.values():
        yield policy.policy_document


def _none(_arn: str) -> Iterator[Any]:
    yield from ()


DOCUMENTS: dict[str, Callable[[str], Iterator[Any]]] = {
    "lambda": _of_function,
    "logs": _of_log_groups,
    "sns": _of_topic,
    "sqs": _of_queue,
}
