"""Schedules and scheduled rules invoke functions at their times, on a clock that is moved by hand."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.cloud.documents import allow, document, function, permission, trust
from tests.cloud.runtime.world import NEEDED, REGION, World
from workshop.clock import ManualClock
from workshop.cloud.offline import overlay
from workshop.cloud.offline.keeping.marks import MARKS
from workshop.cloud.offline.runtime.schedules.schedules import Schedules

ROLE = "arn:aws:iam::123456789012:role/scheduler"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:generator"
CALL = {
    "arn": "arn:aws:scheduler:::aws-sdk:cloudformation:deleteStack",
    "Input": '{"StackName": "s"}',
}
START = datetime(2026, 11, 2, 10, 0, 30, tzinfo=UTC)


def settings(expression: str, **more: Any) -> dict[str, Any]:
    """Return the settings of the schedule of the tests."""
    target = {"Arn": FUNCTION, "RoleArn": ROLE, "Input": "{}"}
    window = {"Mode": "OFF"}
    schedule = {"Name": "play", "ScheduleExpression": expression, "FlexibleTimeWindow": window}
    return {**schedule, "Target": target, **more}


class Scheduled:
    """An account with a scheduler on a manual clock, and what its functions were invoked with."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.invocations: list[tuple[float, str]] = []
        self.scheduler = boto3.client("scheduler", region_name="us-east-1")
        self.events = boto3.client("events", region_name="us-east-1")
        self.functions = boto3.client("lambda", region_name="us-east-1")
        self.schedules = Schedules(clock, self._invoke)

    def _invoke(self, function: str, payload: bytes, *, region: str, invocation_type: str) -> None:
        assert (function, region, invocation_type) == (FUNCTION, "us-east-1", "Event")
        self.invocations.append((self.clock.now() - START.timestamp(), payload.decode()))

    def create(self, expression: str = "rate(1 minute)", *, arn: str = FUNCTION, **more: Any) -> None:
        """Make a schedule."""
        target = {"Arn": arn, "RoleArn": ROLE, "Input": more.pop("Input", "{}")}
        self.scheduler.create_schedule(**settings(expression, Target=target, **more))

    def update(self, expression: str = "rate(1 minute)", **more: Any) -> None:
        """Change the schedule."""
        self.scheduler.update_schedule(**settings(expression, **more))

    def rule(self, expression: str, **target: Any) -> None:
        """Make a rule with a schedule, and the function that it may invoke."""
        rule = self.events.put_rule(Name="tick", ScheduleExpression=expression)["RuleArn"]
        self.functions.create_function(**function("generator", Role=ROLE))
        self.functions.add_permission(**permission("events", rule, function="generator"))
        self.events.put_targets(Rule="tick", Targets=[{"Id": "1", "Arn": FUNCTION, **target}])

    def run(self, seconds: float) -> list[float]:
        """Let the time pass from one due time to the next; return when functions were invoked."""
        end = self.clock.now() + seconds
        while True:
            due = self.schedules.step()
            # A look once a second finds what was made or changed meanwhile.
            following = min(end, self.clock.now() + 1 if due is None else due)
            if self.clock.now() >= end:
                return [second for second, _ in self.invocations]
            self.clock.advance(following - self.clock.now())

    @property
    def payload(self) -> Any:
        """What the function was invoked with last."""
        return json.loads(self.invocations[-1][1])


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scheduled]:
    """An account at half a minute past ten."""
    clock = ManualClock(START.timestamp())
    overlay.apply(clock, NEEDED)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        make_role(boto3.client("iam", region_name="us-east-1"))
        yield Scheduled(clock)


@pytest.fixture
def keeping() -> Iterator[None]:
    """Timers are kept, as a file would, for the next process."""
    MARKS.begin({"timers": {}})
    yield
    MARKS.end()


def make_role(iam: Any) -> None:
    """Create the schedules' role, which may invoke every function."""
    trusted = trust(Service=["scheduler.amazonaws.com", "lambda.amazonaws.com"])
    iam.create_role(RoleName="scheduler", AssumeRolePolicyDocument=trusted)
    right = document(allow("lambda:InvokeFunction"))
    iam.put_role_policy(RoleName="scheduler", PolicyName="invoke", PolicyDocument=right)


def at(clock_time: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-02T{clock_time}").replace(tzinfo=UTC)


def test_a_rate_begins_at_once_and_goes_on(cloud: Scheduled) -> None:
    """A schedule with a rate is due when it is made, and then once in each period."""
    cloud.create("rate(1 minute)")

    assert cloud.run(180) == [0, 60, 120, 180]


def test_a_rate_begins_at_its_start(cloud: Scheduled) -> None:
    """With a start date the first time is that date."""
    cloud.create("rate(1 minute)", StartDate=at("10:01:00"))

    assert cloud.run(100) == [30, 90]


def test_a_rate_keeps_the_rhythm_of_a_start_in_the_past(cloud: Scheduled) -> None:
    """A start in the past is not made up for, but sets the timing."""
    cloud.create("rate(1 minute)", StartDate=at("10:00:10"))

    assert cloud.run(100) == [40, 100]


def test_a_schedule_stops_at_its_end(cloud: Scheduled) -> None:
    """From its end date on a schedule is due no more, and the scheduler has nothing to wait for."""
    cloud.create("rate(1 minute)", EndDate=at("10:02:30"))

    assert cloud.run(600) == [0, 60]
    assert cloud.schedules.step() is None


def test_a_disabled_schedule_is_never_due(cloud: Scheduled) -> None:
    """A schedule that is disabled does nothing until it is enabled, and stops when it is disabled again."""
    cloud.create(State="DISABLED")
    cloud.run(100)
    cloud.update(State="ENABLED")
    cloud.run(70)
    cloud.update(State="DISABLED")

    assert cloud.run(200) == [100, 160]


def test_a_deleted_schedule_is_forgotten(cloud: Scheduled) -> None:
    """After a schedule was deleted nothing is due."""
    cloud.create()
    cloud.run(10)
    cloud.scheduler.delete_schedule(Name="play")

    assert cloud.run(200) == [0]
    assert cloud.schedules.status() == []


def test_cron_is_due_on_the_minute(cloud: Scheduled) -> None:
    """A cron expression is due at the times that it names, in its time zone."""
    cloud.create("cron(0/5 11 * * ? *)", ScheduleExpressionTimezone="Europe/Berlin")

    assert cloud.run(600) == [270, 570]


def test_a_one_time_schedule_may_delete_itself(cloud: Scheduled) -> None:
    """A schedule that is due once is gone afterwards, if it was told so."""
    cloud.create("at(2026-11-02T10:05:30)", ActionAfterCompletion="DELETE")

    assert cloud.run(600) == [300]
    assert cloud.scheduler.list_schedules()["Schedules"] == []


def test_what_was_missed_is_made_up_for_once(cloud: Scheduled) -> None:
    """When the clock jumps over several times, one invocation follows, and the timing stays."""
    cloud.create("rate(1 minute)", Input='"<aws.scheduler.scheduled-time>"')
    cloud.run(10)
    cloud.clock.advance(300)

    assert cloud.run(60) == [0, 310, 360]
    assert cloud.invocations[1][1] == '"2026-11-02T10:01:30Z"'


def test_the_input_may_speak_of_its_schedule(cloud: Scheduled) -> None:
    """Context attributes in the input are replaced; every invocation has an execution id of its own."""
    names = ("schedule-arn", "scheduled-time", "execution-id", "attempt-number")
    cloud.create(Input=json.dumps({name: f"<aws.scheduler.{name}>" for name in names}))

    cloud.run(60)

    first, second = (json.loads(payload) for _, payload in cloud.invocations)
    assert first["schedule-arn"] == "arn:aws:scheduler:us-east-1:123456789012:schedule/default/play"
    assert (first["scheduled-time"], second["scheduled-time"]) == (
        "2026-11-02T10:00:30Z",
        "2026-11-02T10:01:30Z",
    )
    assert first["execution-id"] != second["execution-id"]
    assert first["attempt-number"] == "1"


def test_a_target_that_the_role_does_not_allow_gets_nothing(
    cloud: Scheduled, caplog: pytest.LogCaptureFixture
) -> None:
    """What the schedule's role does not allow is not delivered, and the log says so once."""
    cloud.create(arn="arn:aws:sqs:us-east-1:123456789012:queue")

    assert cloud.run(120) == []
    assert caplog.text.count("does not allow sqs:SendMessage") == 1


def test_a_rule_needs_the_permission_of_its_function(cloud: Scheduled) -> None:
    """A function whose policy does not let EventBridge invoke it is not invoked."""
    cloud.rule("rate(1 minute)")
    cloud.functions.remove_permission(FunctionName="generator", StatementId="s")

    assert cloud.run(60) == []


def test_a_refused_invocation_does_not_stop_the_schedule(
    cloud: Scheduled, caplog: pytest.LogCaptureFixture
) -> None:
    """If the function is gone the log says so, and the next time comes all the same."""
    cloud.create()
    calls = []

    def refuse(function: str, payload: bytes, **_: Any) -> None:
        calls.append(function)
        raise LookupError("no such function")

    cloud.schedules = Schedules(cloud.clock, refuse)
    cloud.run(60)

    assert len(calls) == 2
    assert "no such function" in caplog.text


def test_a_call_keeps_no_other_schedule_waiting(cloud: Scheduled) -> None:
    """Deleting a stack may take minutes, so that it is done beside; whoever else is due is served at once."""
    jobs: list[Callable[[], None]] = []
    cloud.schedules = Schedules(cloud.clock, cloud._invoke, jobs.append)
    cloud.create(**CALL, Name="end")
    cloud.create()

    assert cloud.run(0) == [0]
    assert len(jobs) == 1


@pytest.mark.parametrize("is_killed", [True, False])
def test_a_call_is_due_until_it_has_been_made(cloud: Scheduled, keeping: None, is_killed: bool) -> None:
    """Who ends before the call was made, by a kill or a stop, makes it next time; then its schedule goes."""
    jobs: list[Callable[[], None]] = []
    cloud.schedules = Schedules(cloud.clock, cloud._invoke, jobs.append)
    cloud.create("at(2026-11-02T10:05:30)", **CALL, ActionAfterCompletion="DELETE")
    cloud.run(300)
    if is_killed:
        cloud.schedules = Schedules(cloud.clock, cloud._invoke, jobs.append)
    else:
        cloud.schedules.recover()

    cloud.run(0)

    if not is_killed:
        jobs[0]()  # one that has outlived the stop settles nothing
    assert len(jobs) == 2
    assert cloud.scheduler.list_schedules()["Schedules"]
    jobs[1]()
    assert cloud.scheduler.list_schedules()["Schedules"] == []


def test_a_runtime_that_was_stopped_makes_the_call(world: World) -> None:
    """What a stop has kept from being made is due again as soon as the same runtime goes on."""
    jobs: list[Callable[[], None]] = []
    world.runtime._schedules._later = jobs.append
    make_role(boto3.client("iam", REGION))
    target = {"Arn": CALL["arn"], "RoleArn": ROLE, "Input": CALL["Input"]}
    boto3.client("scheduler", REGION).create_schedule(**settings("rate(1 hour)", Target=target))
    world.step()

    world.runtime.stop()
    world.step()

    assert len(jobs) == 2


def test_a_call_is_made_once(cloud: Scheduled, keeping: None) -> None:
    """A call that was made is not due any more, also for another process, if its schedule stays."""
    jobs: list[Callable[[], None]] = []
    cloud.create("at(2026-11-02T10:05:30)", **CALL)
    for _ in range(2):
        cloud.schedules = Schedules(cloud.clock, cloud._invoke, jobs.append)
        cloud.run(300)
        jobs[0]()
        cloud.run(0)

    assert len(jobs) == 1


def test_a_rule_waits_for_a_period(cloud: Scheduled) -> None:
    """A rule with a rate is due for the first time one period after it was made."""
    cloud.rule("rate(1 minute)")

    assert cloud.run(130) == [60, 120]


def test_a_rule_tells_its_target_the_time(cloud: Scheduled) -> None:
    """Without further wishes the target of a rule receives a scheduled event."""
    cloud.rule("cron(1 10 * * ? *)")

    cloud.run(60)

    event = cloud.payload
    assert event.pop("id")
    assert event == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": "2026-11-02T10:01:00Z",
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:123456789012:rule/tick"],
        "detail": {},
    }


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"Input": '{"a": 1}'}, {"a": 1}),
        ({"InputPath": "$.time"}, "2026-11-02T10:01:30Z"),
        (
            {"InputTransformer": {"InputPathsMap": {"t": "$.time"}, "InputTemplate": '{"at": "<t>"}'}},
            {"at": "2026-11-02T10:01:30Z"},
        ),
    ],
)
def test_a_rule_may_say_what_its_target_receives(
    cloud: Scheduled, target: dict[str, Any], expected: Any
) -> None:
    """Constant text, a part of the event, or a template with parts of it replace the event."""
    cloud.rule("rate(1 minute)", **target)

    cloud.run(60)

    assert cloud.payload == expected


def test_rules_without_a_schedule_are_left_alone(cloud: Scheduled) -> None:
    """Rules that wait for events, and disabled rules, are never due."""
    cloud.rule("rate(1 minute)")
    cloud.events.disable_rule(Name="tick")
    cloud.events.put_rule(Name="pattern", EventPattern='{"source": ["a"]}')
    cloud.events.put_targets(Rule="pattern", Targets=[{"Id": "1", "Arn": FUNCTION}])

    assert cloud.run(120) == []
    assert cloud.schedules.status() == []
