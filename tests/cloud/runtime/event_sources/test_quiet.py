"""When functions have nothing to do: what a call that waits for the end of all work goes by."""

import threading
from typing import Any

import pytest

from tests.cloud.runtime.world import World, client, fail
from workshop.clock import stopwatch


def is_quiet(world: World, *functions: str) -> bool:
    return world.runtime.wait_until_quiet(functions, timeout_seconds=0)


def test_a_record_that_nobody_has_read_is_work(world: World) -> None:
    """A mapping is quiet once every record is done, and not from the moment at which one is put."""
    world.connect()
    before = is_quiet(world)
    world.step()
    empty = is_quiet(world)
    world.put(1)
    unread = is_quiet(world)
    world.step()

    assert (before, empty, unread, is_quiet(world)) == (False, True, False, True)


def test_a_batch_that_waits_for_its_retry_is_work(world: World) -> None:
    """As long as a batch is to be sent again, nothing is quiet; once it is discarded, all is."""
    world.connect(fail, MaximumRetryAttempts=2)
    world.put(1)
    world.step()
    waiting = is_quiet(world)
    world.run(until_seconds=60)

    assert (waiting, is_quiet(world)) == (False, True)


def test_a_batching_window_that_is_open_is_work(world: World) -> None:
    """Records that are gathered for a batch will be sent."""
    world.connect(MaximumBatchingWindowInSeconds=5, BatchSize=10)
    world.put(1)
    world.step()
    gathering = is_quiet(world)
    world.step(5)

    assert (gathering, is_quiet(world)) == (False, True)


@pytest.mark.parametrize(("state", "is_work"), [({"sum": 3}, True), ({}, False)])
def test_a_tumbling_window_is_work_while_it_holds_a_state(world: World, state: dict, is_work: bool) -> None:
    """The end of a window hands its state over; where there is none, nothing is left to be done."""
    world.connect(lambda _: {"state": state}, TumblingWindowInSeconds=30)
    world.put(1)
    world.step()
    is_open = not is_quiet(world)
    world.run(until_seconds=31)

    assert (is_open, is_quiet(world)) == (is_work, True)


def test_a_disabled_mapping_has_nothing_to_do(world: World) -> None:
    """What waits for a mapping that is disabled waits for a person."""
    uuid = world.connect()
    world.step()
    client("lambda").update_event_source_mapping(UUID=uuid, Enabled=False)
    world.put(1)
    world.step()

    assert is_quiet(world)


def test_a_message_that_comes_back_is_work(world: World) -> None:
    """A message whose function failed is invisible for a while, and then sent again."""
    world.connect(fail, source=world.queue(VisibilityTimeout="20"))
    world.send(1)
    world.step()

    assert not is_quiet(world)


def test_an_event_that_waits_for_its_retry_is_work(world: World) -> None:
    """An asynchronous event is under way until it is done, or all its retries have failed."""
    world.function(handler=fail)
    world.runtime.invoke("F", b"{}", region="us-east-1", invocation_type="Event")
    world.step()
    waiting = is_quiet(world)
    world.run(until_seconds=200)

    assert (waiting, is_quiet(world)) == (False, True)


@pytest.mark.parametrize(("functions", "expected"), [((), False), (("F",), False), (("G",), True)])
def test_only_the_functions_that_are_named_count(
    world: World, functions: tuple[str, ...], expected: bool
) -> None:
    """Who names functions does not wait for others."""
    world.function()
    world.function("G")
    world.map(world.stream())
    world.map(world.stream("T"), "G")
    world.step()
    world.put(1)

    assert is_quiet(world, *functions) is expected


def test_a_chain_of_functions_is_quiet_as_a_whole(world: World) -> None:
    """Whoever waits on threads is told after the last function of the chain, and at once."""
    world.stream("T")
    arrived: list[Any] = []
    world.function("F", handler=lambda event: world.put(len(event["Records"]), stream="T") and None)
    world.function("G", handler=arrived.append)
    world.map(world.stream("S"))
    world.map("arn:aws:kinesis:us-east-1:123456789012:stream/T", "G")
    world.put(1, 2, 3)
    world.runtime.start()

    assert world.runtime.wait_until_quiet(timeout_seconds=20)
    assert sum(len(event["Records"]) for event in arrived) >= 1


def test_waiting_ends_with_the_time(world: World) -> None:
    """While a function runs, a wait blocks for as long as was allowed, and no longer."""
    release = threading.Event()
    world.connect(lambda _: release.wait(20) and None)
    world.put(1)
    world.runtime.start()
    begun = stopwatch()

    assert not world.runtime.wait_until_quiet(timeout_seconds=0.3)
    assert 0.3 <= stopwatch() - begun < 5
    release.set()
    assert world.runtime.wait_until_quiet(timeout_seconds=20)
