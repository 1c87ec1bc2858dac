"""Execution environments that are struck: ended from outside, or given the same event twice."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.cloud.runtime.environments.conftest import spec
from workshop.clock import AdjustableClock, Clock, ManualClock, SystemClock, stopwatch
from workshop.cloud.fault_plan import FaultPlan
from workshop.cloud.offline.faults.active_plan import CloudFaults
from workshop.cloud.offline.faults.delivery import DELAY_SECONDS
from workshop.cloud.offline.faults.dice import FaultDice
from workshop.cloud.offline.faults.environments import WatchedEnvironments
from workshop.cloud.offline.runtime.arns import FunctionReference, SourceReference
from workshop.cloud.offline.runtime.environments.environment import Credentials, EnvironmentAnswer, Invocation
from workshop.cloud.offline.runtime.environments.in_process import InProcessEnvironments
from workshop.cloud.offline.runtime.environments.subprocess_environment import SubprocessEnvironments
from workshop.cloud.offline.runtime.event_sources.batch_slots import Batch
from workshop.cloud.offline.runtime.event_sources.events import SourceRecord
from workshop.cloud.offline.runtime.event_sources.mappings import Mapping
from workshop.cloud.offline.runtime.event_sources.retry_or_bisect import Advance, Retry
from workshop.cloud.offline.runtime.invocations.functions import FunctionSpec

KEYS = Credentials("key", "secret", "token")
DEADLINE_SECONDS = 30.0
# Counts its invocations in a global, and can be told to wait, to print, or to use boto3 and the clock.
SOURCE = """
import os
import time

import boto3
from helper import answer

COUNT = 0


def handler(event, context):
    global COUNT
    COUNT += 1
    if "print" in event:
        print(event["print"])
    if "sleep" in event:
        time.sleep(event["sleep"])
    if "exit" in event:
        os._exit(1)
    if "client" in event:
        return {"client": boto3.client(event["client"])}
    return answer(COUNT, os.environ["COLOUR"], time.time())
"""
HELPER = """
def answer(count, colour, now):
    return {"count": count, "colour": colour, "now": now}
"""


def function(source: str = SOURCE, colour: str = "red") -> FunctionSpec:
    settings = {"name": "stack-MapLambda", "timeout_seconds": 20.0, "environment": (("COLOUR", colour),)}
    return spec(source, modules={"helper": HELPER}, **settings)


def event(**document: Any) -> Invocation:
    return Invocation("request", json.dumps(document).encode(), "arn")


def payload(answer: EnvironmentAnswer) -> Any:
    return json.loads(answer.payload)


@pytest.fixture
def processes() -> Iterator[SubprocessEnvironments]:
    """Makes environments that are processes."""
    factory = SubprocessEnvironments(endpoint_url="http://127.0.0.1:1")
    yield factory
    factory.close()


def in_process(clock: Clock | None = None) -> InProcessEnvironments:
    return InProcessEnvironments(
        clock=clock or ManualClock(100.0),
        endpoint_url="http://127.0.0.1:1",
        make_client=lambda service, variables: f"{service} for {variables['AWS_ACCESS_KEY_ID']}",
    )


class Recorder:
    """An environment that notes what it was asked to do."""

    def __init__(self, log: list[str], name: str, output: tuple[str, ...] = ()) -> None:
        self.log_stream = name
        self.log = log
        self.output = output
        self.during: Callable[[], None] = lambda: None

    def invoke(self, _: Invocation) -> EnvironmentAnswer:
        """Note it."""
        self.log.append(f"{self.log_stream} begins")
        self.during()
        self.log.append(f"{self.log_stream} ends")
        return EnvironmentAnswer(b"{}", None, 0.0, self.output)

    def interrupt(self, *, is_timeout: bool = False) -> None:
        """Note it."""
        self.log.append(f"{self.log_stream} interrupted, timeout {is_timeout}")

    def close(self) -> None:
        """Nothing runs."""


class Recorders:
    """Makes recorders; the first one writes in the middle of its invocation."""

    def __init__(self, output: tuple[str, ...] = ()) -> None:
        self.log: list[str] = []
        self.made: list[Recorder] = []
        self.output = output

    def create(self, _: FunctionSpec, *, credentials: Credentials, log_stream: str) -> Recorder:
        """Make one."""
        self.made.append(Recorder(self.log, log_stream, self.output))
        return self.made[-1]

    def close(self) -> None:
        """Nothing is shared."""


def watched(recorders: Recorders, plan: FaultPlan, clock: Clock | None = None) -> tuple[Any, FaultDice]:
    dice = FaultDice(plan)
    factory = WatchedEnvironments(recorders, lambda: dice, manual_clock=clock)
    environment = factory.create(function(), credentials=KEYS, log_stream="first")
    assert factory.find("key") is environment
    assert factory.find("another key") is None
    return environment, dice


def test_a_duplicate_delivery_follows_the_first() -> None:
    """Where things happen at the same time anyway, a duplicate event is given once more afterwards."""
    recorders = Recorders()
    environment, _ = watched(recorders, FaultPlan(strikes=("duplicate@map#1",)))

    environment.invoke(event())
    environment.invoke(event())

    assert recorders.log == ["first begins", "first ends"] * 3


def test_a_duplicate_delivery_overlaps_the_first() -> None:
    """On a manual clock another environment gets the event while the first is at one of its writes."""
    orders = set()
    for seed in range(20):
        recorders = Recorders()
        plan = FaultPlan(seed=seed, strikes=("duplicate@map#1",))
        environment, _ = watched(recorders, plan, ManualClock())
        recorders.made[0].during = environment.before_write
        environment.invoke(event())
        orders.add(tuple(recorders.log))

    inside = ("first begins", "first-second begins", "first-second ends", "first ends")
    assert inside in orders
    assert ("first begins", "first ends") * 2 in orders


def test_whoever_makes_the_call_is_interrupted() -> None:
    """An interruption strikes the invocation in hand; on a manual clock a timeout takes its time."""
    clock = ManualClock(0.0)
    recorders = Recorders()
    environment, _ = watched(recorders, FaultPlan(), clock)

    environment.interrupt(is_timeout=True)

    assert recorders.log == ["first interrupted, timeout True"]
    assert clock.now() == 20.0


def test_what_functions_do_to_themselves_is_counted() -> None:
    """A function says in its log which fault it did to itself, and the cloud counts it."""
    lines = ('{"stage": "map", "fault": "crash_after"}', 'a "fault" of mine', '{"fault": "other"}')
    environment, dice = watched(Recorders(lines), FaultPlan(rates={"slow": 0.0}))

    environment.invoke(event())

    assert dice.met == {"crash_after": 1}


@pytest.mark.parametrize(("is_timeout", "error"), [(False, "Runtime.ExitError"), (True, "Sandbox.Timedout")])
def test_a_process_can_be_ended_from_outside(
    processes: SubprocessEnvironments, *, is_timeout: bool, error: str
) -> None:
    """A running invocation ends at once, as a crash or a timeout, and the next one starts cold."""
    environment = processes.create(function(), credentials=KEYS, log_stream="log")
    assert payload(environment.invoke(event()))["count"] == 1
    answers: list[EnvironmentAnswer] = []
    caller = threading.Thread(target=lambda: answers.append(environment.invoke(event(sleep=19))))
    started = stopwatch()
    caller.start()
    SystemClock().sleep(0.3)

    environment.interrupt(is_timeout=is_timeout)
    caller.join(DEADLINE_SECONDS)

    assert stopwatch() - started < 15
    assert payload(answers[0])["errorType"] == error
    assert answers[0].is_timeout is is_timeout
    assert payload(environment.invoke(event()))["count"] == 1
    environment.close()


def test_an_environment_without_an_invocation_can_be_interrupted(processes: SubprocessEnvironments) -> None:
    """Interrupting an environment that has never run does nothing."""
    environment = processes.create(function(), credentials=KEYS, log_stream="log")

    environment.interrupt(is_timeout=True)

    assert payload(environment.invoke(event()))["count"] == 1
    environment.close()


def test_globals_last_as_long_as_the_environment() -> None:
    """In this process too, globals stay while an environment is warm, and are its own."""
    factory = in_process()
    one = factory.create(function(), credentials=KEYS, log_stream="one")
    two = factory.create(function(colour="blue"), credentials=KEYS, log_stream="two")

    counts = [payload(each.invoke(event()))["count"] for each in (one, one, two, one)]

    assert counts == [1, 2, 1, 3]


def test_a_new_environment_is_like_new() -> None:
    """After an environment was closed, the next one finds nothing of it: no globals, no variables."""
    factory = in_process()
    first = factory.create(function(), credentials=KEYS, log_stream="one")
    first.invoke(event())
    first.close()

    second = factory.create(function(colour="blue"), credentials=KEYS, log_stream="two")

    assert payload(second.invoke(event())) == {"count": 1, "colour": "blue", "now": 100.0}


def test_time_inside_is_the_clocks() -> None:
    """A handler reads the clock of its environment, and moves it by sleeping."""
    clock = ManualClock(5.0)
    environment = in_process(clock).create(function(), credentials=KEYS, log_stream="one")

    assert payload(environment.invoke(event(sleep=60)))["now"] == 65.0
    assert clock.now() == 65.0


def test_clients_have_the_environments_credentials() -> None:
    """A handler's boto3 clients are made for its own environment."""
    environment = in_process().create(function(), credentials=KEYS, log_stream="one")

    assert payload(environment.invoke(event(client="dynamodb"))) == {"client": "dynamodb for key"}


def test_an_exit_ends_the_environment_alone() -> None:
    """A handler that exits ends its environment, not this process; the next event starts cold."""
    environment = in_process().create(function(), credentials=KEYS, log_stream="one")
    environment.invoke(event())

    answer = environment.invoke(event(exit=True, print="the end"))

    assert answer.error_type == "Runtime.ExitError"
    assert answer.output == ("the end",)
    assert payload(environment.invoke(event()))["count"] == 1


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("def handler(event, context):\n    raise KeyError('lost')", "KeyError"),
        ("import nothing_there", "Runtime.ImportModuleError"),
        ("def other(event, context): pass", "Runtime.HandlerNotFound"),
        ("def handler(event, context):\n    return object()", "Runtime.MarshalError"),
    ],
)
def test_what_a_handler_raises_is_its_answer(source: str, error: str) -> None:
    """A handler that fails, or cannot be loaded, answers with its error."""
    environment = in_process().create(function(source), credentials=KEYS, log_stream="one")

    answer = environment.invoke(event())

    assert (answer.error_type, payload(answer)["errorType"]) == (error, error)


def test_a_running_cloud_lets_the_delay_pass_at_once() -> None:
    """Where the clock runs by itself, a delayed batch moves it on, so that nobody waits ten minutes."""
    clock = AdjustableClock()
    faults = CloudFaults(clock)
    faults.use(FaultPlan(strikes=("delayed@map#1",)))
    source = SourceReference.parse("arn:aws:kinesis:us-east-1:123456789012:stream/incoming")
    mapping = Mapping("uuid", "us-east-1", "123456789012", source, FunctionReference("stack-MapLambda"))
    batch = Batch((SourceRecord("shard", 1, "key", 0.0, b"{}"),))

    first = faults.redelivery(Advance(), batch, mapping, 100.0)

    assert isinstance(first, Retry)
    assert clock.offset_seconds == DELAY_SECONDS
    assert faults.redelivery(Advance(), batch, mapping, 100.0) == Advance()
    assert faults.document()["met"] == {"delayed": 1}
