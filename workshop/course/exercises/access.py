"""Exercise of notebook 12: a producer that may put messages into one stream, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from workshop.course.exercise import Cell, CheckResult, Exercise, incorrect, not_attempted, passed
from workshop.course.trials.policies import statements_of
from workshop.course.trials.producer_role import client_as_producer, is_denied, producer_role_name
from workshop.pipeline.operations.clear import MARKER

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["EXERCISES"]

Attempt = Callable[[], Any]

SENDING = "kinesis:PutRecords"

# On AWS a new role or policy takes some seconds to be known everywhere.
PATIENCE_SECONDS = 20.0
PAUSE_SECONDS = 2.0


def check_policy(course: Course) -> CheckResult:
    """Observe as the producer that PutRecords is allowed and other calls are denied; read the rest in IAM."""
    name = producer_role_name(course)
    try:
        policies = _policies(course, name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
        return not_attempted(f"There is no role called `{name}` yet.")
    if not policies:
        return not_attempted(
            f"The role `{name}` has no policy, so a producer that assumes it may do nothing at all."
        )
    kinesis = client_as_producer(course, "kinesis")
    if not _may_put_in_the_end(course, kinesis):
        return incorrect(
            f"A producer with the role `{name}` may not call PutRecords on the stream "
            f"`{course.outputs['StreamName']}`; AWS refused it. Its policies: {', '.join(policies)}."
        )
    for what, attempt in _forbidden(course, kinesis).items():
        if _may(attempt):
            return incorrect(f"The producer can send. It can also {what}, and AWS lets it.")
    if beyond := _allowed_beyond(course, name):
        return incorrect(f"The producer can send, and was refused what was tried. But {beyond}")
    return passed(
        "The producer can put messages into the one stream. It was refused everything else that was tried "
        "(reading the stream, another stream, the totals, your functions), and its policies allow no more."
    )


def _allowed_beyond(course: Course, role: str) -> str:
    """Return what the role's policies allow beyond sending into the one stream; not all can be tried."""
    stream = course.stream_arn("IncomingDataStream")
    for statement in statements_of(course.client("iam"), role):
        if statement.effect != "Allow":
            continue
        policy = f"its policy `{statement.policy}`"
        if statement.is_negative:
            return f"{policy} names what it does not allow, and allows all the rest."
        for action in statement.actions:
            if action.lower() != SENDING.lower():
                return f"{policy} allows `{action}` as well."
        for resource in statement.resources:
            if resource != stream:
                return f"{policy} also allows `{resource}`; limit it to the stream."
    return ""


def _forbidden(course: Course, kinesis: Any) -> dict[str, Attempt]:
    """Return calls that a producer should be denied, by a description of each.

    They are harmless if the policy allows them: at most a record is added that the functions ignore.
    """
    stream, totals = course.outputs["StreamName"], course.outputs["AggregateTableName"]
    dynamodb = client_as_producer(course, "dynamodb")
    functions = client_as_producer(course, "lambda")
    return {
        "put into any other stream of this account": lambda: _put(
            kinesis, f"{course.stack}-some-other-stream"
        ),
        "read everybody's messages": lambda: _iterator(kinesis, stream),
        "list all streams of this account": kinesis.list_streams,
        "put records one by one (PutRecord), which our producer never does": lambda: kinesis.put_record(
            StreamName=stream, Data=MARKER, PartitionKey="check"
        ),
        "read the totals": lambda: dynamodb.get_item(
            TableName=totals, Key={"Identifier": {"S": "Grand Total"}}
        ),
        "list your functions": functions.list_functions,
    }


def _put(kinesis: Any, stream: str) -> Any:
    # The functions ignore this record.
    return kinesis.put_records(StreamName=stream, Records=[{"Data": MARKER, "PartitionKey": "check"}])


def _iterator(kinesis: Any, stream: str) -> Any:
    return kinesis.get_shard_iterator(
        StreamName=stream, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )


def _may_put_in_the_end(course: Course, kinesis: Any) -> bool:
    deadline = course.clock.now() + (PATIENCE_SECONDS if course.cloud.offline is None else 0.0)
    while not _may(lambda: _put(kinesis, course.outputs["StreamName"])):
        if course.clock.now() >= deadline:
            return False
        course.clock.sleep(PAUSE_SECONDS)
    return True


def _may(attempt: Attempt) -> bool:
    """Whether IAM allows a call; an error other than AccessDenied shows that it does."""
    try:
        attempt()
    except ClientError as error:
        return not is_denied(error)
    return True


def _policies(course: Course, role: str) -> list[str]:
    client = course.client("iam")
    own: list[str] = client.list_role_policies(RoleName=role)["PolicyNames"]
    attached = client.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    return [*own, *(each["PolicyName"] for each in attached)]


def undo_policy(course: Course) -> None:
    """Delete the role with all its policies; may be repeated."""
    delete_role(course, producer_role_name(course))


def delete_role(course: Course, name: str) -> None:
    """Delete a role that was made by hand, with its policies; may be repeated."""
    client = course.client("iam")
    try:
        for policy in client.list_role_policies(RoleName=name)["PolicyNames"]:
            client.delete_role_policy(RoleName=name, PolicyName=policy)
        for each in client.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            client.detach_role_policy(RoleName=name, PolicyArn=each["PolicyArn"])
        client.delete_role(RoleName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise


EXERCISES = (
    Exercise(
        id="producer-policy",
        title="A producer that can only produce",
        notebook="12",
        minutes=5,
        answer_location=Cell("12"),
        check=check_policy,
        undo=undo_policy,
    ),
)
