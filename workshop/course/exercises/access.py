"""Exercises of notebook 12: a producer that may only produce, and a front end that may only look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from workshop.cloud.sign_in import is_denied
from workshop.course.exercise import Cell, CheckResult, Exercise, incorrect, not_attempted, passed
from workshop.course.trials.made_role import FRONT_END, PRODUCER, client_as, made_role_name
from workshop.course.trials.policies import statements_of
from workshop.pipeline.operations.clear import MARKER

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["EXERCISES"]

Attempt = Callable[[], Any]

# On AWS a new role or policy takes some seconds to be known everywhere.
PATIENCE_SECONDS = 20.0
PAUSE_SECONDS = 2.0
GRAND_TOTAL_KEY = {"Identifier": {"S": "Grand Total"}}


@dataclass(frozen=True)
class Person:
    """Who acts with a role: what they must be able to call on which thing, and what they must not.

    `needed` and `forbidden` return calls by name or description. They are harmless where they are allowed: at
    most a record is added that the functions ignore.
    """

    who: str
    title: str
    does: str
    thing: str
    actions: tuple[str, ...]
    place: Callable[[Course], str]
    needed: Callable[[Course], Mapping[str, Attempt]]
    forbidden: Callable[[Course], Mapping[str, Attempt]]
    refused: str


def check_policy(course: Course, person: Person) -> CheckResult:
    """Observe with the role that needed calls are allowed and others denied; read the rest in IAM."""
    name = made_role_name(course, person.who)
    policies = _policies(course, name)
    if policies is None:
        return not_attempted(f"There is no role called `{name}` yet.")
    if not policies:
        return not_attempted(
            f"The role `{name}` has no policy, so a {person.title} that assumes it may do nothing at all."
        )
    for call, attempt in person.needed(course).items():
        if not _may_in_the_end(course, attempt):
            return incorrect(
                f"A {person.title} with the role `{name}` may not call {call} on the {person.thing} "
                f"`{_name_of(person.place(course))}`; AWS refused it. Its policies: {', '.join(policies)}."
            )
    for what, attempt in person.forbidden(course).items():
        if _may(attempt):
            return incorrect(f"The {person.title} can {person.does}. It can also {what}, and AWS lets it.")
    if beyond := _allowed_beyond(course, name, person):
        return incorrect(
            f"The {person.title} can {person.does}, and was refused what was tried. But {beyond}"
        )
    return passed(
        f"The {person.title} can {person.does}. It was refused everything else that was tried "
        f"({person.refused}), and its policies allow no more."
    )


def _allowed_beyond(course: Course, role: str, person: Person) -> str:
    """Return what the role's policies allow beyond what is needed; not all can be tried."""
    place, actions = person.place(course), {action.lower() for action in person.actions}
    for statement in statements_of(course.client("iam"), role):
        if statement.effect != "Allow":
            continue
        policy = f"its policy `{statement.policy}`"
        if statement.is_negative:
            return f"{policy} names what it does not allow, and allows all the rest."
        for action in statement.actions:
            if action.lower() not in actions:
                return f"{policy} allows `{action}` as well."
        for resource in statement.resources:
            if resource != place:
                return f"{policy} also allows `{resource}`; limit it to the {person.thing}."
    return ""


def _name_of(arn: str) -> str:
    return arn.rpartition("/")[2]


def _sending(course: Course) -> Mapping[str, Attempt]:
    kinesis = client_as(course, PRODUCER, "kinesis")
    return {"PutRecords": lambda: _put(kinesis, course.outputs["StreamName"])}


def _not_for_producers(course: Course) -> Mapping[str, Attempt]:
    stream, totals = course.outputs["StreamName"], course.outputs["AggregateTableName"]
    kinesis, dynamodb = client_as(course, PRODUCER, "kinesis"), client_as(course, PRODUCER, "dynamodb")
    functions = client_as(course, PRODUCER, "lambda")
    return {
        "put into any other stream of this account": lambda: _put(
            kinesis, f"{course.stack}-some-other-stream"
        ),
        "read everybody's messages": lambda: _iterator(kinesis, stream),
        "list all streams of this account": kinesis.list_streams,
        "put records one by one (PutRecord), which our producer never does": lambda: kinesis.put_record(
            StreamName=stream, Data=MARKER, PartitionKey="check"
        ),
        "read the totals": lambda: dynamodb.get_item(TableName=totals, Key=GRAND_TOTAL_KEY),
        "list your functions": functions.list_functions,
    }


def _looking(course: Course) -> Mapping[str, Attempt]:
    dynamodb, totals = client_as(course, FRONT_END, "dynamodb"), course.outputs["AggregateTableName"]
    return {
        "Scan": lambda: dynamodb.scan(TableName=totals, Limit=1),
        "GetItem": lambda: dynamodb.get_item(TableName=totals, Key=GRAND_TOTAL_KEY),
    }


def _not_for_front_ends(course: Course) -> Mapping[str, Attempt]:
    dynamodb, kinesis = client_as(course, FRONT_END, "dynamodb"), client_as(course, FRONT_END, "kinesis")
    # The condition never holds, so that nothing is changed or deleted.
    one_total = {
        "TableName": course.outputs["AggregateTableName"],
        "Key": GRAND_TOTAL_KEY,
        "ConditionExpression": "attribute_exists(WrittenByACheck)",
    }
    add = {":one": {"N": "1"}}
    return {
        "change a total": lambda: dynamodb.update_item(
            UpdateExpression="ADD Trades :one", ExpressionAttributeValues=add, **one_total
        ),
        "delete a total": lambda: dynamodb.delete_item(**one_total),
        "read the trades": lambda: dynamodb.scan(TableName=course.outputs["StateTableName"], Limit=1),
        "list all tables of this account": dynamodb.list_tables,
        "read everybody's messages": lambda: _iterator(kinesis, course.outputs["StreamName"]),
    }


def _totals_arn(course: Course) -> str:
    described = course.client("dynamodb").describe_table(TableName=course.outputs["AggregateTableName"])
    return str(described["Table"]["TableArn"])


def _put(kinesis: Any, stream: str) -> Any:
    # The functions ignore this record.
    return kinesis.put_records(StreamName=stream, Records=[{"Data": MARKER, "PartitionKey": "check"}])


def _iterator(kinesis: Any, stream: str) -> Any:
    return kinesis.get_shard_iterator(
        StreamName=stream, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )


def _may_in_the_end(course: Course, attempt: Attempt) -> bool:
    deadline = course.clock.now() + (PATIENCE_SECONDS if course.cloud.offline is None else 0.0)
    while not _may(attempt):
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


def _policies(course: Course, role: str) -> list[str] | None:
    """Return the names of a role's policies, None if there is no such role."""
    client = course.client("iam")
    try:
        own: list[str] = client.list_role_policies(RoleName=role)["PolicyNames"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
        return None
    attached = client.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    return [*own, *(each["PolicyName"] for each in attached)]


def undo_policy(course: Course, person: Person) -> None:
    """Delete the role with all its policies; may be repeated."""
    delete_role(course, made_role_name(course, person.who))


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


PRODUCING = Person(
    who=PRODUCER,
    title="producer",
    does="put messages into the one stream",
    thing="stream",
    actions=("kinesis:PutRecords",),
    place=lambda course: course.stream_arn("IncomingDataStream"),
    needed=_sending,
    forbidden=_not_for_producers,
    refused="reading the stream, another stream, the totals, your functions",
)
SHOWING = Person(
    who=FRONT_END,
    title="front end",
    does="read the totals",
    thing="table",
    actions=("dynamodb:Scan", "dynamodb:GetItem"),
    place=_totals_arn,
    needed=_looking,
    forbidden=_not_for_front_ends,
    refused="changing or deleting a total, the trades, the messages",
)


EXERCISES = (
    Exercise(
        id="producer-policy",
        title="A producer that can only produce",
        notebook="12",
        minutes=5,
        answer_location=Cell("12"),
        check=partial(check_policy, person=PRODUCING),
        undo=partial(undo_policy, person=PRODUCING),
    ),
    Exercise(
        id="front-end-policy",
        title="A front end that can only look",
        notebook="12",
        minutes=3,
        answer_location=Cell("12"),
        check=partial(check_policy, person=SHOWING),
        undo=partial(undo_policy, person=SHOWING),
    ),
)
