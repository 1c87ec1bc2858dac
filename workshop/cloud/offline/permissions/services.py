"""What services do in a role's name: Lambda reads sources and writes to destinations, schedules invoke.

The role must trust the service, and its policies must allow each action. Sources:
https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html and
https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html#setting-up-execution-role. The
sentences are those of CreateEventSourceMapping, as users report them. ListStreams has no resource, so that
granting it on one stream has no effect; AWS names it in its message without checking it, and so do we.
"""

from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.permissions.call_scope import CallScope
from workshop.cloud.offline.permissions.needs import log_stream_arn
from workshop.cloud.offline.permissions.roles import find_role, may
from workshop.cloud.offline.permissions.trust import Principal, Trust, names_of_service, trust_in

__all__ = ["LAMBDA", "SCHEDULER", "destination_problem", "may_log", "source_problem", "trusts"]

LAMBDA = "lambda.amazonaws.com"
SCHEDULER = "scheduler.amazonaws.com"

STREAM_ACTIONS = {
    "kinesis": ("GetRecords", "GetShardIterator", "DescribeStream", "ListShards"),
    "dynamodb": ("GetRecords", "GetShardIterator", "DescribeStream"),
}
QUEUE_ACTIONS = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
# Kind of destination → what is called there, and the name of the service in AWS's sentence.
DESTINATION_ACTIONS = {"sqs": ("SendMessage", "SQS"), "sns": ("Publish", "SNS"), "s3": ("PutObject", "S3")}


def trusts(role_arn: str, service: str, *, on_behalf_of: str) -> bool:
    """Return whether there is such a role, and a service may assume it for one of its resources, by ARN."""
    keys = {"aws:sourcearn": (on_behalf_of,), "aws:sourceaccount": (on_behalf_of.split(":")[4],)}
    with LOCK:
        role = find_role(role_arn)
        if role is None:
            return False
        document = role.assume_role_policy_document
        caller = Principal(services=names_of_service(service, on_behalf_of))
        return trust_in(caller, document, role_arn=role_arn, keys=keys) is Trust.NAMED


def source_problem(role_arn: str, source_arn: str) -> str | None:
    """Return AWS's sentence about a source that the role may not read, or None."""
    service = source_arn.split(":")[2]
    if service == "sqs":
        missing = [action for action in QUEUE_ACTIONS if not may(role_arn, f"sqs:{action}", source_arn)]
        return _no_permission(missing[0], "SQS") if missing else None
    actions = STREAM_ACTIONS.get(service, ())
    stream_arn = source_arn.partition("/consumer/")[0]
    if all(may(role_arn, f"{service}:{action}", stream_arn) for action in actions):
        return None
    listed = ", ".join(actions)
    return (
        f"Cannot access stream {source_arn}. Please ensure the role can perform the {listed}, and "
        "ListStreams Actions on your stream in IAM."
    )


def destination_problem(role_arn: str, destination_arn: str) -> str | None:
    """Return AWS's sentence about a destination that the role may not write to, or None."""
    service = destination_arn.split(":")[2] if destination_arn.count(":") > 1 else ""
    if service not in DESTINATION_ACTIONS:
        return None
    action, name = DESTINATION_ACTIONS[service]
    resource = f"{destination_arn}/*" if service == "s3" else destination_arn
    return None if may(role_arn, f"{service}:{action}", resource) else _no_permission(action, name)


def may_log(role_arn: str, action: str, *, scope: CallScope, group: str, stream: str = "") -> bool:
    """Return whether a function with this role may do something with its log."""
    return may(role_arn, f"logs:{action}", log_stream_arn(scope, group, stream))


def _no_permission(action: str, service: str) -> str:
    return f"The function execution role does not have permissions to call {action} on {service}"
