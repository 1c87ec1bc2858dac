"""Targets of rules and of schedules have what their kind needs, and nothing that another kind has."""

from typing import Any

import pytest

from tests.cloud.conftest import Account
from tests.cloud.documents import trust
from workshop.cloud.offline.overlay.correct import plain_moto

REGION, ACCOUNT = "eu-west-1", "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/sender"
QUEUE, FIFO, TOPIC, STREAM, FUNCTION, BUS = (
    f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"
    for service, name in (
        ("sqs", "Q"),
        ("sqs", "Q.fifo"),
        ("sns", "T"),
        ("kinesis", "stream/S"),
        ("lambda", "function:F"),
        ("events", "event-bus/default"),
    )
)
CALL = "arn:aws:scheduler:::aws-sdk:cloudformation:deleteStack"
GROUP, KEY, EVENT = {"MessageGroupId": "g"}, {"PartitionKey": "k"}, {"DetailType": "d", "Source": "s"}
TASK = {"TaskDefinitionArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/x"}
Target = dict[str, Any]

# A schedule's target, and why it is refused; None if it is taken.
SCHEDULED: list[tuple[Target, str | None]] = [
    ({"Arn": STREAM}, "Parameters KinesisParameters must be specified for the target."),
    ({"Arn": STREAM, "KinesisParameters": KEY}, None),
    ({"Arn": BUS}, "Parameters EventBridgeParameters must be specified for the target."),
    ({"Arn": BUS, "EventBridgeParameters": EVENT, "Input": "{}"}, None),
    ({"Arn": FIFO}, "Parameters SqsParameters must be specified for the target."),
    ({"Arn": FIFO, "SqsParameters": {}}, "Parameters MessageGroupId must be specified for the target."),
    ({"Arn": FIFO, "SqsParameters": GROUP}, None),
    ({"Arn": QUEUE, "SqsParameters": GROUP}, "Parameters MessageGroupId not valid for the target."),
    ({"Arn": QUEUE, "SqsParameters": {}}, None),
    ({"Arn": QUEUE, "KinesisParameters": KEY}, "Parameters KinesisParameters not supported for the target."),
    ({"Arn": TOPIC, "SqsParameters": GROUP}, "Parameters SqsParameters not supported for the target."),
    (
        {"Arn": FUNCTION, "EventBridgeParameters": EVENT},
        "Parameters EventBridgeParameters not supported for the target.",
    ),
    ({"Arn": QUEUE, "EcsParameters": TASK}, "Parameters EcsParameters not supported for the target."),
    ({"Arn": FUNCTION, "Input": "{"}, "JSON syntax error in input for the target."),
    ({"Arn": QUEUE, "Input": "{"}, None),
    ({"Arn": CALL}, "You must provide an input to set this target for your schedule."),
    ({"Arn": CALL, "Input": '{"StackName": "s"}'}, None),
    (
        {"Arn": QUEUE.replace(REGION, "us-east-1")},
        f"The target ARN provided does not match the current region {REGION}.",
    ),
]
ONCE = {"InputTemplate": '"<a>"', "InputPathsMap": {"a": "$.detail.x[0]"}}
# A rule's target, and why it is refused; None if it is taken.
RULED: list[tuple[Target, str | None]] = [
    ({"Arn": STREAM}, f"RoleArn is required for target {STREAM}."),
    ({"Arn": STREAM, "RoleArn": ROLE, "KinesisParameters": {"PartitionKeyPath": "$.id"}}, None),
    (
        {"Arn": QUEUE, "KinesisParameters": {"PartitionKeyPath": "$.id"}},
        "Parameter(s) KinesisParameters not supported for target: t.",
    ),
    ({"Arn": FUNCTION, "EcsParameters": TASK}, "Parameter(s) EcsParameters not supported for target: t."),
    ({"Arn": FIFO}, "Parameter(s) SqsParameters must be specified for target: t."),
    ({"Arn": FIFO, "SqsParameters": GROUP}, None),
    # A queue with fair shares.
    ({"Arn": QUEUE, "SqsParameters": GROUP}, None),
    ({"Arn": QUEUE, "Input": "{"}, "JSON syntax error in input for target t."),
    ({"Arn": QUEUE, "Input": '"text"'}, None),
    (
        {"Arn": QUEUE, "Input": "{}", "InputPath": "$"},
        "Only one of Input, InputPath, InputTransformer must be provided for target t.",
    ),
    ({"Arn": QUEUE, "InputPath": "detail"}, "InputPath for target t is invalid."),
    ({"Arn": QUEUE, "InputPath": "$.detail['x']"}, "InputPath for target t is invalid."),
    ({"Arn": QUEUE, "InputPath": "$.detail"}, None),
    ({"Arn": QUEUE, "InputTransformer": ONCE}, None),
    (
        {"Arn": QUEUE, "InputTransformer": {**ONCE, "InputPathsMap": {"a": "x"}}},
        "InputPath for target t is invalid.",
    ),
    (
        {"Arn": QUEUE, "InputTransformer": {**ONCE, "InputPathsMap": {}}},
        "InputTemplate for target t contains invalid placeholder a.",
    ),
    ({"Arn": QUEUE, "InputTransformer": {"InputTemplate": '"<aws.events.rule-name>"'}}, None),
    ({"Arn": QUEUE, "InputTransformer": {"InputTemplate": '{"e": <aws.events.event.json>}'}}, None),
    (
        {"Arn": QUEUE, "InputTransformer": {"InputTemplate": "[<aws.events.event.json>]"}},
        "InputTemplate for target t contains placeholder aws.events.event.json valid only for JSON template.",
    ),
    *(
        ({"Arn": QUEUE, "InputTransformer": {**ONCE, "InputTemplate": template}}, text)
        for template, text in (
            ('{"a": <a>', "Invalid InputTemplate for target t : it is no JSON."),
            ('{"a": <a>, "b": "is <a>", "c": [<a>, {"<a>": 1}]}', None),
            ("{<a>: 1}", None),
            ("<a> {", None),
        )
    ),
    ({"Arn": QUEUE, "DeadLetterConfig": {"Arn": FIFO}}, "SQS FIFO is not supported by Dead Letter Queues."),
    ({"Arn": QUEUE, "DeadLetterConfig": {"Arn": TOPIC}}, "sns is not supported as a dead letter resource."),
    ({"Arn": TOPIC, "DeadLetterConfig": {"Arn": QUEUE}}, None),
]


@pytest.fixture
def sender(account: Account) -> Account:
    """An account with a role for schedules and rules, a schedule and a rule."""
    trusted = trust(Service=["events.amazonaws.com", "scheduler.amazonaws.com"])
    account.client("iam").create_role(RoleName="sender", AssumeRolePolicyDocument=trusted)
    account.client("scheduler").create_schedule(**schedule({"Arn": QUEUE}, "known"))
    account.client("events").put_rule(Name="r", EventPattern='{"source": ["a"]}')
    return account


def schedule(target: Target, name: str) -> dict[str, Any]:
    timing = {"ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": {"Mode": "OFF"}}
    return {"Name": name, **timing, "Target": {"RoleArn": ROLE, **target}}


@pytest.mark.parametrize(("target", "text"), SCHEDULED)
def test_a_schedule_has_what_its_target_needs(
    sender: Account, refused: Any, target: Target, text: str | None
) -> None:
    """CreateSchedule and UpdateSchedule say the same; plain moto takes any target."""
    scheduler = sender.client("scheduler")
    calls = ((scheduler.create_schedule, "new"), (scheduler.update_schedule, "known"))

    for call, name in calls:
        if text is None:
            call(**schedule(target, name))
        else:
            assert refused(call, **schedule(target, name)) == ("ValidationException", text)
    if text is not None:
        with plain_moto():
            for call, name in calls:
                call(**schedule(target, name))


@pytest.mark.parametrize(("target", "text"), RULED)
def test_a_rule_has_what_its_target_needs(
    sender: Account, refused: Any, target: Target, text: str | None
) -> None:
    """PutTargets refuses the others, and keeps none of a call that has one."""
    events = sender.client("events")
    wanted = {"Rule": "r", "Targets": [{"Id": "s", "Arn": TOPIC}, {"Id": "t", **target}]}

    if text is None:
        events.put_targets(**wanted)
    else:
        assert refused(events.put_targets, **wanted) == ("ValidationException", text)

    kept = events.list_targets_by_rule(Rule="r")["Targets"]
    assert len(kept) == (2 if text is None else 0)


def test_targets_of_a_call_have_ids_of_their_own(sender: Account, refused: Any) -> None:
    """Else the last would count alone, as in plain moto."""
    events = sender.client("events")
    wanted = {"Rule": "r", "Targets": [{"Id": "t", "Arn": QUEUE}, {"Id": "t", "Arn": TOPIC}]}

    error = refused(events.put_targets, **wanted)
    with plain_moto():
        events.put_targets(**wanted)

    text = "Parameter targets is not valid. Reason: More than one target with Id 't' is provided."
    assert error == ("ValidationException", text)
    assert [target["Arn"] for target in events.list_targets_by_rule(Rule="r")["Targets"]] == [TOPIC]


def test_a_pattern_has_2048_bytes(account: Account, refused: Any) -> None:
    """The model of PutRule would take twice as many."""
    events = account.client("events")
    pattern = '{"source": ["%s"]}'
    events.put_rule(Name="r", EventPattern=pattern % ("a" * 2032))

    error = refused(events.put_rule, Name="r", EventPattern=pattern % ("a" * 2033))

    assert error == ("ValidationException", "Parameter EventPattern for rule r exceeds limit of 2048.")


def test_a_group_of_schedules_is_made_once(account: Account, refused: Any) -> None:
    """Plain moto empties it, and lets the default one go."""
    scheduler = account.client("scheduler")
    scheduler.create_schedule_group(Name="g")

    again = refused(scheduler.create_schedule_group, Name="g")
    default = refused(scheduler.delete_schedule_group, Name="default")
    with plain_moto():
        scheduler.create_schedule_group(Name="g")
        scheduler.delete_schedule_group(Name="default")

    assert again == ("ConflictException", "Schedule group g already exists.")
    assert default[0] == "ValidationException"


def test_a_group_that_is_not_there_has_no_tags(account: Account, refused: Any) -> None:
    """TagResource, UntagResource and ListTagsForResource say so; plain moto keeps them."""
    scheduler = account.client("scheduler")
    there, none = (f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/{name}" for name in ("default", "n"))
    tags = [{"Key": "k", "Value": "v"}]
    calls = {
        scheduler.tag_resource: {"Tags": tags},
        scheduler.untag_resource: {"TagKeys": ["other"]},
        scheduler.list_tags_for_resource: {},
    }

    for call, given in calls.items():
        call(ResourceArn=there, **given)
        error = refused(call, ResourceArn=none, **given)
        with plain_moto():
            call(ResourceArn=none, **given)

        assert error == ("ResourceNotFoundException", "Schedule group n does not exist.")
    assert scheduler.list_tags_for_resource(ResourceArn=there)["Tags"] == tags
