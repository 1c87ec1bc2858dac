"""Mappings with a tumbling window: state, shard id, last invocation."""

import json

import pytest

from tests.cloud.runtime.world import World, client, fail

WINDOW = 60


def count(event):
    """Return how many records the window has had."""
    state = event.get("state", {})
    return {"state": {"n": state.get("n", 0) + len(event["Records"])}}


def events(world: World) -> list[dict]:
    return [json.loads(event) for event in world.sent()]


@pytest.fixture
def counting(world: World) -> World:
    """A function that counts the records of a window, mapped to a table."""
    world.connect(count, source=world.table(), TumblingWindowInSeconds=WINDOW)
    world.clock.advance(20)  # 1,750,000,020 begins a minute
    return world


def test_state_is_handed_on(counting: World) -> None:
    """Each invocation of a window gets the state that the one before returned, the first an empty one."""
    for name in "ab":
        counting.put_item(name)
        counting.step(1)

    assert [event["state"] for event in events(counting)] == [{}, {"n": 1}]


def test_event_names_window_and_shard(counting: World) -> None:
    """An event inside a window tells the window's bounds, the shard and the source."""
    counting.put_item("a")
    counting.step()

    (event,) = events(counting)
    assert list(event) == [
        "Records",
        "window",
        "state",
        "shardId",
        "eventSourceARN",
        "isFinalInvokeForWindow",
        "isWindowTerminatedEarly",
    ]
    assert event["window"] == {"start": "2025-06-15T15:07:00Z", "end": "2025-06-15T15:08:00Z"}
    assert event["shardId"].startswith("shardId-")
    assert event["eventSourceARN"] == event["Records"][0]["eventSourceARN"]


def test_window_ends_with_an_empty_invocation(counting: World) -> None:
    """When the window is over, one invocation without records gets the final state."""
    counting.put_item("a")
    counting.step()
    assert counting.runtime.step() == 1_750_000_080.0

    counting.step(WINDOW)

    last = events(counting)[-1]
    assert last["Records"] == []
    assert last["state"] == {"n": 1}
    assert last["isFinalInvokeForWindow"]
    assert not last["isWindowTerminatedEarly"]
    assert counting.step() is None


def test_next_window_begins_with_an_empty_state(counting: World) -> None:
    """A record of a later window first closes the open one, then starts from nothing."""
    counting.put_item("a")
    counting.step()
    counting.clock.advance(WINDOW)
    counting.put_item("b")

    counting.step()

    assert [(len(event["Records"]), event["state"]) for event in events(counting)] == [
        (1, {}),
        (0, {"n": 1}),
        (1, {}),
    ]


def test_window_without_records_is_not_invoked(counting: World) -> None:
    """A window in which nothing arrives invokes nobody."""
    counting.run(until_seconds=10 * WINDOW)

    assert counting.sent() == []


def test_batch_holds_one_window(counting: World) -> None:
    """Records of two windows that were read together are sent apart."""
    counting.put_item("a")
    counting.clock.advance(WINDOW)
    counting.put_item("b")

    counting.step()

    assert counting.batches() == [["a"], [], ["b"]]


def test_answer_without_state_is_a_failure(world: World) -> None:
    """A function that returns no state has failed; the batch is sent again with the same state."""
    answers = iter([{"state": {"n": 1}}, {}, {"state": {"n": 2}}])
    world.connect(
        lambda event: next(answers), source=world.table(), TumblingWindowInSeconds=WINDOW, BatchSize=1
    )
    world.put_item("a")
    world.put_item("b")

    world.step()
    world.step(0.5)

    assert [event["state"] for event in events(world)] == [{}, {"n": 1}, {"n": 1}]
    assert world.batches() == [["a"], ["b"], ["b"]]
    assert world.sent()[1] == world.sent()[2]


def test_last_invocation_is_repeated_until_it_succeeds(world: World) -> None:
    """A failing last invocation holds the shard up, however few retries the mapping allows."""
    world.connect(
        lambda event: fail(event) if event["isFinalInvokeForWindow"] else count(event),
        source=world.table(),
        TumblingWindowInSeconds=WINDOW,
        MaximumRetryAttempts=0,
    )
    world.put_item("a")
    world.step()
    world.clock.advance(WINDOW)
    world.put_item("b")
    world.run(until_seconds=10)
    assert "b" not in [name for batch in world.batches() for name in batch]

    world.fakes.handlers["F"] = count
    world.run(until_seconds=60)

    assert world.batches()[-2:] == [[], ["b"]] or world.batches()[-3:] == [[], ["b"], []]


def test_oversized_state_ends_the_window_early(world: World) -> None:
    """A state beyond 1 MB ends the window early; the rest of it goes on with an empty state."""
    answers = iter([{"state": {"n": 1}}, {"state": {"n": "x" * 2**20}}])
    world.connect(
        lambda event: next(answers, {"state": {}}),
        source=world.table(),
        TumblingWindowInSeconds=WINDOW,
        BatchSize=1,
    )
    for name in "abc":
        world.put_item(name)

    world.step()

    seen = [
        (len(event["Records"]), event["state"], event["isWindowTerminatedEarly"]) for event in events(world)
    ]
    assert seen == [(1, {}, False), (1, {"n": 1}, False), (0, {"n": 1}, True), (1, {}, False)]


def test_kinesis_has_windows_too(world: World) -> None:
    """A Kinesis stream is windowed shard by shard."""
    world.connect(count, shards=2, TumblingWindowInSeconds=WINDOW)
    for number in range(20):
        world.put(number, key=f"key-{number}")
    world.step()
    world.step(WINDOW)

    last = [event for event in events(world) if event["isFinalInvokeForWindow"]]
    assert {event["shardId"] for event in last} == {"shardId-000000000000", "shardId-000000000001"}
    assert sum(event["state"]["n"] for event in last) == 20


def test_window_can_be_switched_off(counting: World) -> None:
    """When a mapping's window is taken away, events have only records again."""
    counting.put_item("a")
    counting.step()
    uuid = client("lambda").list_event_source_mappings()["EventSourceMappings"][0]["UUID"]

    client("lambda").update_event_source_mapping(UUID=uuid, TumblingWindowInSeconds=0)
    counting.put_item("b")
    counting.step()

    assert list(events(counting)[-1]) == ["Records"]
