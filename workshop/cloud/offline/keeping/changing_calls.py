"""What calls of AWS's API change, and with it whether the document of resources is to be written again.

Calls that only read, by the name of their operation, change nothing; nor do those that only change what
containers hold, which mark themselves. Whatever is not known to be one of these counts as a change.
"""

import re
from enum import StrEnum
from functools import cache

from workshop.cloud.offline.http.calls import Call

__all__ = ["Effect", "concerned", "effect_of", "services_of"]

READING = re.compile(
    r"(BatchGet|Check|Describe|Estimate|Filter|Get|Head|List|Lookup|Preview|Query|Scan|Search|Simulate|Test"
    r"|Validate)[A-Z]\w*|Query|Scan"
)
# By service, what begins as what reads does, and makes something.
CHANGING: dict[str, frozenset[str]] = {
    "cognito-identity": frozenset(("GetId",)),
    "sts": frozenset(("GetFederationToken", "GetSessionToken")),
}
# By service, the names of operations whose whole effect is kept row by row.
BY_ROWS: dict[str, frozenset[str]] = {
    "dynamodb": frozenset(
        (
            "BatchExecuteStatement",
            "BatchWriteItem",
            "DeleteItem",
            "ExecuteStatement",
            "ExecuteTransaction",
            "PutItem",
            "TransactWriteItems",
            "UpdateItem",
        )
    ),
    "kinesis": frozenset(("PutRecord", "PutRecords")),
    "logs": frozenset(("PutLogEvents",)),
    "monitoring": frozenset(("PutMetricData",)),
    "sns": frozenset(("Publish", "PublishBatch")),
    "sqs": frozenset(
        (
            "ChangeMessageVisibility",
            "ChangeMessageVisibilityBatch",
            "DeleteMessage",
            "DeleteMessageBatch",
            "ReceiveMessage",
            "SendMessage",
            "SendMessageBatch",
        )
    ),
}
# The services whose calls may name their operation in a form. For others such a form is mere content.
FORMS = frozenset(
    (
        "autoscaling",
        "cloudformation",
        "ec2",
        "elasticache",
        "elasticbeanstalk",
        "elasticloadbalancing",
        "iam",
        "monitoring",
        "rds",
        "redshift",
        "sdb",
        "ses",
        "sns",
        "sqs",
        "sts",
    )
)
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
# moto's names, where signatures have others.
OWN_NAMES = {"lambda": "awslambda", "monitoring": "cloudwatch"}


class Effect(StrEnum):
    """What a call may change: nothing, what containers hold, or resources."""

    NOTHING = "nothing"
    ROWS = "rows"
    RESOURCES = "resources"


def effect_of(call: Call) -> Effect:
    """Return what a call may change."""
    service = call.scope.service if call.scope else ""
    name = _operation(call, service)
    if name is None:  # a REST API, where the method tells
        # An address that was signed for others says nowhere whether its service takes forms.
        may_be_form = call.scope is None and "Action=" in call.target
        if call.method in {"GET", "HEAD", "OPTIONS"} and not may_be_form:
            return Effect.NOTHING
        is_invoke = service == "lambda" and INVOKE.fullmatch(call.path)
        return Effect.ROWS if is_invoke else Effect.RESOURCES
    return _effect_of_operation(service, name)


def services_of(call: Call) -> frozenset[str]:
    """Return the services, by moto's names, whose resources a call may change; none stand for all."""
    return WITHIN.get(call.scope.service, EVERYTHING) if call.scope else EVERYTHING


def concerned(call: Call, effect: Effect, unkept: set[str]) -> set[str]:
    """Return the services that a call may change, by moto's names; all unkept ones if that is not known."""
    if effect is Effect.ROWS and call.scope is not None:
        return {OWN_NAMES.get(call.scope.service, call.scope.service)}
    return set(services_of(call)) or unkept


@cache
def _effect_of_operation(service: str, name: str) -> Effect:
    if name in BY_ROWS.get(service, ()):
        return Effect.ROWS
    is_reading = READING.fullmatch(name) and name not in CHANGING.get(service, ())
    return Effect.NOTHING if is_reading else Effect.RESOURCES


def _operation(call: Call, service: str) -> str | None:
    """Return the name of the operation where the call says it: in a header, in its path, or in a form."""
    if "x-amz-target" in call.headers:
        return call.operation
    if (found := NAMED_PATH.fullmatch(call.path)) is not None:
        return found[1]
    if service not in FORMS:
        return None
    action = ACTION.search(call.body) or ACTION.search(call.target.partition("?")[2].encode())
    return None if action is None else action[1].decode()
