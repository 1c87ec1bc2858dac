"""AWS::Scheduler::Schedule, AWS::Lambda::EventInvokeConfig, and the API of EventBridge Scheduler."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.overlay.cloudformation.samples import function, get, resource, role, trust
from workshop.cloud.offline.overlay.correct import plain_moto

ROLE = "arn:aws:iam::123456789012:role/scheduler"
FUNCTION_ARN = "arn:aws:lambda:us-east-1:123456789012:function:generator"
END = "2026-11-02T12:00:00Z"


@pytest.fixture
def aws(aws: Any) -> Any:
    """An account with the role of the schedules."""
    aws.client("iam").create_role(
        RoleName="scheduler", AssumeRolePolicyDocument=json.dumps(trust("scheduler.amazonaws.com"))
    )
    return aws


def schedule(**properties: Any) -> dict[str, Any]:
    """Return a schedule for a function, every minute."""
    properties.setdefault("ScheduleExpression", "rate(1 minute)")
    properties.setdefault("Target", {"Arn": FUNCTION_ARN, "RoleArn": ROLE, "Input": "{}"})
    common = {"Name": "play", "FlexibleTimeWindow": {"Mode": "OFF"}}
    return resource("Scheduler::Schedule", **{**common, **properties})


def configured(**properties: Any) -> dict[str, Any]:
    """Return a function with its role, and what happens to its events."""
    named = {"FunctionName": {"Ref": "Function"}, "Qualifier": "$LATEST", **properties}
    config = resource("Lambda::EventInvokeConfig", **named)
    return {"Role": role(), "Function": function(FunctionName="generator"), "Config": config}


def described(aws: Any) -> dict[str, Any]:
    answer: dict[str, Any] = aws.client("scheduler").get_schedule(Name="play")
    return answer


def create(scheduler: Any, **more: Any) -> None:
    scheduler.create_schedule(**{**schedule()["Properties"], **more})


def test_a_stack_makes_a_schedule(aws: Any) -> None:
    """A schedule of a template is there as the scheduler's API shows it, with all that the template says."""
    policy = {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0}
    target = {"Arn": FUNCTION_ARN, "RoleArn": ROLE, "Input": '{"a": 1}', "RetryPolicy": policy}

    aws.create({"Play": schedule(State="DISABLED", EndDate=END, Description="d", Target=target)})

    found = described(aws)
    assert aws.resources() == {"Play": "play"}
    assert (found["State"], found["Description"], found["Target"]) == ("DISABLED", "d", target)
    assert found["EndDate"] == datetime.fromisoformat(END)


def test_a_schedule_changes_in_place(aws: Any) -> None:
    """An update enables a schedule and gives it an end; what the template leaves out gets its default."""
    aws.create({"Play": schedule(State="DISABLED", Description="d")})

    aws.update({"Play": schedule(State="ENABLED", EndDate=END)})

    found = described(aws)
    assert (found["State"], found["EndDate"]) == ("ENABLED", datetime.fromisoformat(END))
    assert "Description" not in found


def test_a_stack_with_an_impossible_schedule_is_rolled_back(aws: Any) -> None:
    """An expression that is no schedule fails the resource, and the event says which."""
    found = aws.create({"Play": schedule(ScheduleExpression="every minute")})

    assert found["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "every minute" in aws.reason("Play")


@pytest.mark.filterwarnings("ignore:Tried to parse")
def test_plain_moto_leaves_both_types_out_of_stacks(plain: Any) -> None:
    """In plain moto the stack is complete, and there is neither a schedule nor a configuration."""
    stack = plain.create({"Play": schedule(), **configured(MaximumRetryAttempts=0)})

    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert plain.client("scheduler").list_schedules()["Schedules"] == []
    configs = plain.client("lambda").list_function_event_invoke_configs(FunctionName="generator")
    assert configs["FunctionEventInvokeConfigs"] == []


def test_a_stack_says_what_happens_to_events(aws: Any) -> None:
    """Retries and age of a function's events are set, changed and taken away by the stack."""
    lambda_ = aws.client("lambda")
    aws.create(configured(MaximumRetryAttempts="0", MaximumEventAgeInSeconds=60))

    first = lambda_.get_function_event_invoke_config(FunctionName="generator")
    aws.update(configured(MaximumRetryAttempts=1))
    second = lambda_.get_function_event_invoke_config(FunctionName="generator")
    aws.update({"Role": role(), "Function": function(FunctionName="generator")})

    assert (first["MaximumRetryAttempts"], first["MaximumEventAgeInSeconds"]) == (0, 60)
    assert second["MaximumRetryAttempts"] == 1
    assert "MaximumEventAgeInSeconds" not in second
    code, _ = aws.refusal(lambda_.get_function_event_invoke_config, FunctionName="generator")
    assert code == "ResourceNotFoundException"


def test_what_happens_to_events_may_be_gone_before_its_stack(aws: Any) -> None:
    """A stack is deleted, though somebody has deleted the configuration of its function before."""
    aws.create(configured(MaximumRetryAttempts=0))
    aws.client("lambda").delete_function_event_invoke_config(FunctionName="generator")

    aws.cloudformation.delete_stack(StackName="stack")

    assert aws.client("lambda").list_functions()["Functions"] == []


def test_events_of_an_alias_have_a_configuration_of_their_own(aws: Any) -> None:
    """A qualifier that there is not fails the resource; that of an alias goes with its stack."""
    found = aws.create(configured(Qualifier="live"), "none")
    assert found["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "live" in aws.reason("Config", "none")

    name = {"Ref": "Function"}
    version = resource("Lambda::Version", FunctionName=name)
    alias = resource(
        "Lambda::Alias", FunctionName=name, Name="live", FunctionVersion=get("Version", "Version")
    )
    wanted = configured(Qualifier="live", MaximumRetryAttempts=0)
    wanted["Config"]["DependsOn"] = "Alias"
    aws.create({**wanted, "Version": version, "Alias": alias})
    listed = aws.client("lambda").list_function_event_invoke_configs(FunctionName="generator")
    (only,) = listed["FunctionEventInvokeConfigs"]
    assert (only["FunctionArn"].rpartition(":")[2], only["MaximumRetryAttempts"]) == ("live", 0)

    aws.cloudformation.delete_stack(StackName="stack")
    assert aws.client("lambda").list_functions()["Functions"] == []


@pytest.mark.parametrize("wrong", [{"ScheduleExpression": "rate(1)"}, {"ScheduleExpressionTimezone": "Mars"}])
def test_the_scheduler_refuses_what_it_cannot_read(aws: Any, wrong: dict[str, str]) -> None:
    """CreateSchedule and UpdateSchedule answer an unreadable expression or time zone with an error."""
    scheduler = aws.client("scheduler")
    create(scheduler)

    refused = aws.refusal(scheduler.update_schedule, **{**schedule()["Properties"], **wrong})

    assert refused[0] == "ValidationException"
    with pytest.raises(ClientError, match="Invalid Schedule Expression"):
        create(scheduler, Name="other", **wrong)
    assert described(aws)["ScheduleExpression"] == "rate(1 minute)"


NOT_TRUSTED = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
HOUR = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 60}


def test_a_schedule_needs_a_role_that_trusts_the_scheduler(aws: Any) -> None:
    """Calls and stacks refuse a role that is not there, or trusts another service."""
    other = aws.create({"Role": role(RoleName="other")}, "roles")
    create(scheduler := aws.client("scheduler"))
    for name in ("none", "other"):
        target = {"Arn": FUNCTION_ARN, "RoleArn": f"arn:aws:iam::123456789012:role/{name}"}

        refused = {
            aws.refusal(create, scheduler, Name="second", Target=target),
            aws.refusal(scheduler.update_schedule, **{**schedule()["Properties"], "Target": target}),
        }
        aws.create({"Play": schedule(Target=target, Name="third")}, name)

        assert refused == {("ValidationException", NOT_TRUSTED)}
        assert NOT_TRUSTED in aws.reason("Play", name)
    assert other["StackStatus"] == "CREATE_COMPLETE"
    assert described(aws)["Target"]["RoleArn"] == ROLE


@pytest.mark.parametrize(
    "wrong",
    [
        {"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}},
        {"FlexibleTimeWindow": {**HOUR, "Mode": "OFF"}},
        {"StartDate": "2026-11-02T12:00:00Z", "EndDate": END},
    ],
)
def test_a_schedule_makes_sense(aws: Any, wrong: dict[str, Any]) -> None:
    """A flexible window has a length, no other has one, and the end comes after the start."""
    scheduler = aws.client("scheduler")

    assert aws.refusal(create, scheduler, **wrong)[0] == "ValidationException"
    create(scheduler, FlexibleTimeWindow=HOUR)


def test_plain_moto_takes_any_text_for_a_schedule(plain: Any) -> None:
    """In plain moto a schedule may be due every blue moon."""
    create(plain.client("scheduler"), ScheduleExpression="once in a blue moon")

    assert described(plain)["ScheduleExpression"] == "once in a blue moon"


def test_an_update_gives_what_it_leaves_out_its_default(aws: Any) -> None:
    """An update without a state enables the schedule, and says what follows its completion."""
    scheduler = aws.client("scheduler")
    create(scheduler, State="DISABLED")

    scheduler.update_schedule(**schedule()["Properties"], ActionAfterCompletion="DELETE")

    assert (described(aws)["State"], described(aws)["ActionAfterCompletion"]) == ("ENABLED", "DELETE")


def test_plain_moto_forgets_the_state_in_an_update(plain: Any) -> None:
    """In plain moto an update without a state leaves none."""
    scheduler = plain.client("scheduler")
    create(scheduler, State="DISABLED")

    scheduler.update_schedule(**schedule()["Properties"])

    assert "State" not in described(plain)


def test_schedules_are_stamped_by_the_clouds_clock(aws: Any, clock: Any) -> None:
    """Creation and last change bear the time of the offline cloud."""
    scheduler = aws.client("scheduler")
    create(scheduler)
    clock.advance(3600)

    scheduler.update_schedule(**schedule()["Properties"])

    found = described(aws)
    assert found["LastModificationDate"] == datetime.fromtimestamp(clock.now(), UTC)
    assert (found["LastModificationDate"] - found["CreationDate"]).total_seconds() == 3600


def test_other_calls_to_the_scheduler_are_unchanged(aws: Any) -> None:
    """Getting, listing and deleting schedules answer as plain moto does."""
    scheduler = aws.client("scheduler")

    def answers() -> list[dict[str, Any]]:
        create(scheduler, State="DISABLED", Description="d", ActionAfterCompletion="NONE")
        found = [described(aws), *scheduler.list_schedules(State="DISABLED")["Schedules"]]
        scheduler.delete_schedule(Name="play")
        times = ("CreationDate", "LastModificationDate", "ResponseMetadata")
        return [{key: value for key, value in each.items() if key not in times} for each in found]

    corrected = answers()
    with plain_moto():
        plain = answers()

    assert corrected == plain
    assert len(corrected) == 2
