"""The engine on threads, with real processes: the whole way from a put to a handler's output."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cloud.runtime.world import World, client
from tests.cloud.waiting import wait_until
from workshop.clock import AdjustableClock
from workshop.cloud.offline.overlay import apply
from workshop.cloud.offline.runtime import Runtime
from workshop.cloud.offline.runtime.environments.threads import WorkerPool

pytestmark = pytest.mark.usefixtures("world")

SOURCE = """
import base64, json
def handler(event, context):
    for record in event["Records"]:
        print("GOT", base64.b64decode(record["kinesis"]["data"]).decode())
"""


def got(function: str) -> list[int]:
    try:
        events = client("logs").filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
    except client("logs").exceptions.ResourceNotFoundException:
        return []
    return [int(event["message"].split()[1]) for event in events if event["message"].startswith("GOT")]


@contextmanager
def interrupted_threads() -> Iterator[None]:
    """Have threads interrupted between any two steps."""
    switch_interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(switch_interval)


@pytest.fixture
def running(world: World):
    """A runtime on threads, with real environments."""
    clock = AdjustableClock()
    apply(clock, ["kinesis.shards", "awslambda.push"])
    world.runtime.stop()
    world.runtime = Runtime(clock=clock, endpoint_url="http://127.0.0.1:1")
    world.runtime.start()
    return world


def test_records_flow(running: World) -> None:
    """Records that are put while the engine runs arrive, each once and in order."""
    running.function(source=SOURCE)
    running.map(running.stream(), BatchSize=10)

    running.put(*range(25))

    assert wait_until(lambda: len(got("F")) >= 25)
    assert got("F") == list(range(25))


def test_crash_is_retried_in_a_new_environment(running: World) -> None:
    """A handler whose process dies gets its batch again, and its mapping shows what happened meanwhile."""
    source = SOURCE.replace("def handler", "import os, pathlib, tempfile\ndef handler").replace(
        "    for record",
        "    flag = pathlib.Path(tempfile.gettempdir(), 'seen')\n"
        "    if not flag.exists():\n        flag.touch(); os._exit(1)\n    for record",
    )
    running.function(source=source)
    running.map(running.stream())

    running.put(1, 2)

    assert wait_until(lambda: got("F") == [1, 2])


def test_hanging_handler_does_not_hold_others_up(running: World) -> None:
    """While one handler hangs until its timeout, other mappings are served, and the cloud can be stopped."""
    # Longer than pytest waits: whoever waits for the handler fails.
    running.function("Hangs", source="def handler(event, context):\n    while True: pass", Timeout=900)
    running.function("F", source=SOURCE)
    arn = running.stream()
    running.map(arn, "Hangs")
    running.map(arn, "F")

    running.put(1)

    assert wait_until(lambda: got("F") == [1])
    assert wait_until(lambda: running.runtime.status()["in_flight"] == {"Hangs": 1})

    running.runtime.stop()

    assert running.runtime.status()["in_flight"] == {}


def everybody_comes(meeting: threading.Barrier) -> bool:
    try:
        meeting.wait(timeout=20)
    except threading.BrokenBarrierError:
        return False
    return True


def test_a_job_never_waits_for_one_that_runs_while_threads_may_start() -> None:
    """Jobs that come while a thread is just taking its first each get a thread of their own."""
    with interrupted_threads():
        for pause in range(500):
            pool, meeting = WorkerPool(2, "meeting"), threading.Barrier(3)
            for _ in range(2):
                pool.submit(lambda meeting=meeting: meeting.wait())
                for _ in range(pause):
                    pass
            assert everybody_comes(meeting), f"one job waited for the other, after a pause of {pause}"
            pool.stop(timeout_seconds=20)


def test_a_pool_stops_while_its_last_job_is_just_being_taken() -> None:
    """A pool whose threads take the jobs that it is about to drop does not wait for another one."""
    with interrupted_threads():
        for _ in range(2000):
            pool = WorkerPool(4, "stopped")
            for _ in range(40):
                pool.submit(lambda: None)
            stopping = threading.Thread(target=pool.stop, args=(20,), daemon=True)
            stopping.start()
            stopping.join(20)
            assert not stopping.is_alive()


def test_shards_are_worked_off_side_by_side(running: World) -> None:
    """Batches of several shards run at the same time, each in an environment of its own."""
    source = "import time\n" + SOURCE.replace("    for", "    time.sleep(0.3)\n    for")
    running.function(source=source)
    running.map(running.stream(shards=4))
    for number in range(16):
        running.put(number, key=f"key-{number}")

    assert wait_until(lambda: len(got("F")) == 16)
    streams = client("logs").describe_log_streams(logGroupName="/aws/lambda/F")["logStreams"]
    assert len(streams) > 1


def test_advanced_clock_brings_retries_forward(running: World) -> None:
    """When the cloud's clock is advanced, a batch that waits for its retry is sent at once."""
    running.function(source="def handler(event, context):\n    print('GOT 1')\n    raise ValueError")
    running.map(running.stream())
    running.put(1)
    assert wait_until(lambda: len(got("F")) >= 1)

    for attempts in range(2, 11):  # by itself the tenth would come after four minutes
        running.runtime._clock.advance(120)
        assert wait_until(lambda: len(got("F")) >= attempts)  # noqa: B023 - called before the next round
