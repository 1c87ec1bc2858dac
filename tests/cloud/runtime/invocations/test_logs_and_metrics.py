"""What invocations leave in CloudWatch."""

import re
from base64 import b64decode
from datetime import UTC, datetime, timedelta

import pytest

from tests.cloud.runtime.world import FunctionFailureError, World, client, raising
from workshop.clock import ManualClock, stopwatch
from workshop.cloud.offline.runtime import EnvironmentAnswer
from workshop.cloud.offline.runtime.environments.pipes import LogLine


def log_events(group: str = "/aws/lambda/F") -> list[str]:
    events = client("logs").filter_log_events(logGroupName=group)["events"]
    return [event["message"] for event in events]


def statistics(world: World, metric: str, *kinds: str) -> list[float]:
    now = datetime.fromtimestamp(world.clock.now(), UTC)
    points = client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=metric,
        Dimensions=[{"Name": "FunctionName", "Value": "F"}],
        StartTime=now - timedelta(minutes=10),
        EndTime=now + timedelta(minutes=10),
        Period=3600,
        Statistics=list(kinds),
    )["Datapoints"]
    return [point[kind] for point in points for kind in kinds]


def test_invocation_is_framed_in_the_log(world: World) -> None:
    """Each invocation writes START, END and REPORT with its request id."""
    world.function(MemorySize=256)
    client("lambda").invoke(FunctionName="F")

    start, end, report = log_events()

    request = start.removeprefix("START RequestId: ").removesuffix(" Version: $LATEST")
    assert re.fullmatch(r"[0-9a-f-]{36}", request)
    assert end == f"END RequestId: {request}"
    assert report == (
        f"REPORT RequestId: {request}\tDuration: 1.00 ms\tBilled Duration: 1 ms\tMemory Size: 256 MB"
        "\tMax Memory Used: 256 MB"
    )


def test_log_stream_belongs_to_an_environment(world: World) -> None:
    """A log stream is named by day, version and 32 hexadecimal digits; warm invocations share it."""
    world.function()
    for _ in range(2):
        client("lambda").invoke(FunctionName="F")

    streams = client("logs").describe_log_streams(logGroupName="/aws/lambda/F")["logStreams"]

    assert len(streams) == 1
    assert re.fullmatch(r"2025/06/15/\[\$LATEST\][0-9a-f]{32}", streams[0]["logStreamName"])


def test_log_group_can_be_chosen(world: World) -> None:
    """A function with a log group of its own writes there."""
    world.function(LoggingConfig={"LogGroup": "/own/group"})
    client("lambda").invoke(FunctionName="F")

    assert len(log_events("/own/group")) == 3


def test_deleted_function_leaves_no_log_group_behind(world: World) -> None:
    """The last lines of a function that is deleted while it runs do not make its log group again."""
    world.function(handler=lambda event: client("lambda").delete_function(FunctionName="F") and None)

    world.runtime.invoke("F", b"{}", region="us-east-1")

    assert client("logs").describe_log_groups()["logGroups"] == []


MEMORY, USED = "Memory Size: 128 MB", "Max Memory Used: 56 MB"


class OneAnswer:
    """An environment that answers as it is told; until then some time passes, on a clock if there is one."""

    def __init__(self, answer: EnvironmentAnswer, clock: ManualClock | None = None) -> None:
        self.answer = answer
        self.clock = clock
        self.log_stream = ""

    def create(self, function, *, credentials, log_stream):
        """Return itself."""
        self.log_stream = log_stream
        return self

    def invoke(self, invocation):
        """Return the answer."""
        if self.clock is not None:
            self.clock.advance(10)
        return self.answer

    def prepare(self) -> None:
        """Do nothing."""

    def reap(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize(
    ("answer", "lines", "report"),
    [
        (
            EnvironmentAnswer(b"1", None, 15.738, ("hi",), init_ms=130.494, memory_mb=56),
            ["hi"],
            ("Duration: 15.74 ms", "Billed Duration: 16 ms", MEMORY, USED, "Init Duration: 130.49 ms"),
        ),
        (
            EnvironmentAnswer(b"{}", "Sandbox.Timedout", 3000.0, ("hi",), memory_mb=56, is_timeout=True),
            ["hi", "2025-06-15T15:06:40.000Z ID Task timed out after 3.00 seconds"],
            ("Duration: 3000.00 ms", "Billed Duration: 3000 ms", MEMORY, USED, "Status: timeout"),
        ),
        (
            EnvironmentAnswer(b"{}", "ValueError", 1.0, ("[ERROR] ValueError",), memory_mb=56),
            ["[ERROR] ValueError"],
            (
                "Duration: 1.00 ms",
                "Billed Duration: 1 ms",
                MEMORY,
                USED,
                "Status: error",
                "Error Type: ValueError",
            ),
        ),
    ],
)
def test_report_tells_how_it_went(
    world: World, answer: EnvironmentAnswer, lines: list[str], report: tuple[str, ...]
) -> None:
    """Cold starts tell how long they took, timeouts and errors what happened."""
    world.environments = OneAnswer(answer)
    world.runtime = world.new_runtime()
    world.function()
    client("lambda").invoke(FunctionName="F")

    logged = log_events()

    request = re.search(r"[0-9a-f-]{36}", logged[0]).group()
    assert [line.replace(request, "ID") for line in logged] == [
        "START RequestId: ID Version: $LATEST",
        *lines,
        "END RequestId: ID",
        "\t".join(("REPORT RequestId: ID", *report)),
    ]


def test_invocations_are_counted(world: World) -> None:
    """Invocations counts every run, Errors the failed ones, Duration how long they took."""
    world.function(handler=raising(None, FunctionFailureError(), None))
    for _ in range(3):
        client("lambda").invoke(FunctionName="F")
    world.step()

    assert statistics(world, "Invocations", "Sum") == [3.0]
    assert statistics(world, "Errors", "Sum", "SampleCount") == [1.0, 3.0]
    assert statistics(world, "Duration", "Average", "Maximum") == [1.0, 1.0]
    assert statistics(world, "ConcurrentExecutions", "Maximum") == [1.0]


def test_throttles_are_not_invocations(world: World) -> None:
    """A throttled batch counts as a throttle, neither as an invocation nor as an error."""
    world.connect()
    client("lambda").put_function_concurrency(FunctionName="F", ReservedConcurrentExecutions=0)
    world.put(1)
    world.step()

    assert statistics(world, "Throttles", "Sum") == [1.0]
    assert statistics(world, "Invocations", "Sum") == []


def test_iterator_age_is_that_of_the_newest_record(world: World) -> None:
    """IteratorAge is the age in milliseconds of the last record of a batch."""
    world.connect()
    world.put(1)
    world.clock.advance(5)
    world.put(2)
    world.clock.advance(2)
    world.step()

    assert statistics(world, "IteratorAge", "Maximum") == [2000.0]


def test_metrics_are_summed_up(world: World) -> None:
    """However many invocations there are, a minute has one stored value per metric."""
    from moto.cloudwatch.models import cloudwatch_backends

    world.function()
    for _ in range(50):
        client("lambda").invoke(FunctionName="F")
        world.step()

    stored = cloudwatch_backends["123456789012"]["us-east-1"].metric_data
    assert len([datum for datum in stored if datum.namespace == "AWS/Lambda"]) == 4
    assert statistics(world, "Invocations", "Sum") == [50.0]


def test_lines_carry_the_time_at_which_they_were_printed(world: World) -> None:
    """A line has its own time, and START that of the first; END and REPORT are of the end."""
    first, second = LogLine("first"), LogLine("second")
    first.came_at, second.came_at = stopwatch() - 9, stopwatch() - 4
    answer = EnvironmentAnswer(b"1", None, duration_ms=9.0, output=(first, second))
    world.environments = OneAnswer(answer, world.clock)
    world.runtime = world.new_runtime()
    world.function()

    client("lambda").invoke(FunctionName="F")

    events = client("logs").filter_log_events(logGroupName="/aws/lambda/F")["events"]
    ages = [round(world.clock.now() - event["timestamp"] / 1000) for event in events]
    assert [event["message"].split()[0] for event in events] == ["START", "first", "second", "END", "REPORT"]
    assert ages[0] == ages[1] > ages[2] > ages[3] == ages[4] == 0


def test_lines_are_there_before_the_invocation_ends(world: World) -> None:
    """What was printed is in the log while the function runs; each line is there once, in order."""
    seen: list[list[str]] = []

    class Telling(OneAnswer):
        def invoke(self, invocation):
            for name in ("first", "second"):
                invocation.log([name])
                seen.append([line.split()[0] for line in log_events()])
            return super().invoke(invocation)

    world.environments = Telling(
        EnvironmentAnswer(b"1", None, duration_ms=9.0, output=("rest",)), world.clock
    )
    world.runtime = world.new_runtime()
    world.function()

    answer = client("lambda").invoke(FunctionName="F", LogType="Tail")

    assert seen == [["START", "first"], ["START", "first", "second"]]
    words = [line.split()[0] for line in log_events()]
    assert words == ["START", "first", "second", "rest", "END", "REPORT"]
    assert [line.split()[0] for line in b64decode(answer["LogResult"]).decode().splitlines()] == words


def test_no_line_is_older_than_its_invocation(world: World) -> None:
    """On a clock that stands still, lines are of now, and those of one invocation come after another's."""
    world.function()
    for name in ("first", "second"):
        line = LogLine(name)
        line.came_at = stopwatch() - (9 if name == "second" else 1)
        world.environments = OneAnswer(EnvironmentAnswer(b"1", None, duration_ms=9.0, output=(line,)))
        world.runtime = world.new_runtime()
        client("lambda").invoke(FunctionName="F")

    events = client("logs").filter_log_events(logGroupName="/aws/lambda/F")["events"]
    assert {event["timestamp"] for event in events} == {int(world.clock.now() * 1000)}
