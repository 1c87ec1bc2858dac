"""What calls of AWS's API change, and with it whether the document of resources is to be written again.

Calls that only read, by the name of their operation, change nothing; nor do those that only change what
containers hold, which mark themselves. Whatever is not known to be one of these counts as a change.
"""

import re
from enum import StrEnum
from functools import cache

from workshop.cloud.offline.http.calls import Call

__all__ = ["Effect", "effect_of", "services_of"]

READING = re.compile(
    r"(BatchGet|Check|Describe|Estimate|Filter|Get|Head|List|Lookup|Preview|Query|Scan|Search|Simulate|Test"
    r"|Validate)[A-Z]\w*|Query|Scan"
)
# Begins as what reads does, and hands out credentials.
CHANGING = {"GetFederationToken", "GetSessionToken"}
# What they put in or take away is kept row by row.
BY_ROWS = {
    "BatchExecuteStatement",
    "BatchWriteItem",
    "ChangeMessageVisibility",
    "ChangeMessageVisibilityBatch",
    "DeleteItem",
    "DeleteMessage",
    "DeleteMessageBatch",
    "ExecuteStatement",
    "ExecuteTransaction",
    "Publish",
    "PublishBatch",
    "PutItem",
    "PutLogEvents",
    "PutMetricData",
    "PutRecord",
    "PutRecords",
    "ReceiveMessage",
    "SendMessage",
    "SendMessageBatch",
    "TransactWriteItems",
    "UpdateItem",
}
INVOKE = re.compile(r"/2015-03-31/functions/[^/]+/invocations/?|/2014-11-13/functions/[^/]+/invoke-async/?")
# CBOR, which CloudWatch's clients speak.
NAMED_PATH = re.compile(r"/service/\w+/operation/(\w+)")
ACTION = re.compile(rb"(?:^|&)Action=(\w+)")


# What calls of a service change, by its name in signatures; calls of any other may change everything.
WITHIN = {
    **{name: frozenset((name,)) for name in ("iam", "kinesis", "scheduler")},
    **{name: frozenset((name,)) for name in ("sns", "sqs")},
    "monitoring": frozenset(("cloudwatch",)),
    # Encrypted tables have keys of KMS, exports go to buckets, and so do those of logs.
    "dynamodb": frozenset(("dynamodb", "kms", "s3")),
    "logs": frozenset(("logs", "s3")),
    # S3 Control signs as S3 does.
    "s3": frozenset(("s3", "s3control")),
    # Connections keep their secrets in Secrets Manager.
    "events": frozenset(("events", "secretsmanager")),
    "sts": frozenset(("iam", "sts")),
    # moto's mappings are also known to their sources.
    "lambda": frozenset(("awslambda", "dynamodb", "kinesis", "sqs")),
}
EVERYTHING: frozenset[str] = frozenset()


class Effect(StrEnum):
    """What a call may change: nothing, what containers hold, or resources."""

    NOTHING = "nothing"
    ROWS = "rows"
    RESOURCES = "resources"


def effect_of(call: Call) -> Effect:
    """Return what a call may change."""
    name = _operation(call)
    if name is None:  # a REST API, where the method tells
        if call.method in {"GET", "HEAD", "OPTIONS"}:
            return Effect.NOTHING
        return Effect.ROWS if INVOKE.fullmatch(call.path) else Effect.RESOURCES
    return _effect_of_operation(name)


def services_of(call: Call) -> frozenset[str]:
    """Return the services, by moto's names, whose resources a call may change; none stand for all."""
    return WITHIN.get(call.scope.service, EVERYTHING) if call.scope else EVERYTHING


@cache
def _effect_of_operation(name: str) -> Effect:
    if name in BY_ROWS:
        return Effect.ROWS
    return Effect.NOTHING if READING.fullmatch(name) and name not in CHANGING else Effect.RESOURCES


def _operation(call: Call) -> str | None:
    """Return the name of the operation where the call says it: in a header, in its path, or in a form."""
    if "x-amz-target" in call.headers:
        return call.operation
    if (found := NAMED_PATH.fullmatch(call.path)) is not None:
        return found[1]
    form = call.body if "form-urlencoded" in call.headers.get("content-type", "") else b""
    action = ACTION.search(form) or ACTION.search(call.target.partition("?")[2].encode())
    return None if action is None else action[1].decode()
