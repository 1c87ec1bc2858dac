"""Filters are checked when a mapping is made or changed, and an error of a poller does not fill the log."""

import json
import logging
from itertools import pairwise

import pytest
from botocore.exceptions import ClientError

from tests.cloud.runtime.world import World, client
from workshop.cloud.offline.runtime.event_sources.shard_reader import ShardReader
from workshop.cloud.offline.runtime.failures_in_a_row import FailuresInARow

INVALID = [
    "~",
    '{"data": ["plain"]}',
    '{"data": {"n": [{"numeric": ["~", 2]}]}}',
    '{"a": [{"exists": "true"}]}',
]


def criteria(pattern: str) -> dict:
    return {"Filters": [{"Pattern": pattern}]}


@pytest.mark.parametrize("pattern", INVALID)
def test_an_invalid_pattern_is_refused_when_a_mapping_is_made_or_changed(world: World, pattern: str) -> None:
    """CreateEventSourceMapping and UpdateEventSourceMapping refuse it in AWS's words, and nothing changes."""
    world.function()
    stream = world.stream()
    refusals = []

    with pytest.raises(ClientError) as caught:
        world.map(stream, FilterCriteria=criteria(pattern))
    refusals.append(caught.value.response["Error"])
    uuid = world.map(stream)
    with pytest.raises(ClientError) as caught:
        client("lambda").update_event_source_mapping(UUID=uuid, FilterCriteria=criteria(pattern))
    refusals.append(caught.value.response["Error"])

    expected = {"Code": "InvalidParameterValueException", "Message": "Invalid filter pattern definition."}
    assert [{name: one[name] for name in expected} for one in refusals] == [expected, expected]
    assert "FilterCriteria" not in world.mapping(uuid)


def test_inserts_alone_reach_a_function_by_the_documented_idiom(world: World) -> None:
    """A pattern that asks for no old value passes inserts, and drops changes, which count as done."""
    pattern = json.dumps({"dynamodb": {"OldImage": {"id": {"S": [{"exists": False}]}}}})
    world.connect(source=world.table(), FilterCriteria=criteria(pattern))
    world.put_item("a")
    client("dynamodb").put_item(TableName="T", Item={"id": {"S": "a"}, "v": {"N": "1"}})

    world.step()

    assert world.batches() == [["a"]]
    assert world.runtime.status()["mappings"][0]["shards"][0]["pending"] == 0


def test_an_error_of_a_poller_is_logged_once_and_backs_off(world: World, monkeypatch, caplog) -> None:
    """What fails at each read is logged once, tried after growing pauses, and goes on when it works again."""
    uuid = world.connect()
    world.put(1)
    attempts: list[float] = []
    original = ShardReader.read

    def failing(*arguments, **more):
        attempts.append(world.clock.now())
        raise LookupError("broken")

    monkeypatch.setattr(ShardReader, "read", failing)
    with caplog.at_level(logging.ERROR):
        for _ in range(400):
            world.step(0.1)
    problem = world.mapping(uuid)["LastProcessingResult"]
    monkeypatch.setattr(ShardReader, "read", original)
    world.step(60)

    pauses = [later - earlier for earlier, later in pairwise(attempts)]
    assert len(caplog.records) == 1
    assert problem == "PROBLEM: LookupError: broken"
    assert len(attempts) < 10
    assert pauses == sorted(pauses)
    assert world.batches() == [[1]]


def test_another_error_is_logged_again(caplog) -> None:
    """An error is logged when it is another one than before, or comes after a success."""
    failures = FailuresInARow(logging.getLogger("test"))

    for error in (ValueError("a"), ValueError("a"), ValueError("b")):
        failures.failed("key", "trying", error, now=0.0)
    failures.succeeded("key")
    failures.failed("key", "trying", ValueError("b"), now=0.0)

    assert len(caplog.records) == 3


def test_a_pause_has_a_bound_and_an_end() -> None:
    """Pauses double up to a minute, and do not outlast a clock that is set back."""
    failures = FailuresInARow(logging.getLogger("test"))
    logging.getLogger("test").disabled = True
    ends = [failures.failed("key", "trying", ValueError("a"), now=1000.0) - 1000.0 for _ in range(9)]
    logging.getLogger("test").disabled = False

    assert ends == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    assert failures.is_paused("key", 1059.0)
    assert not failures.is_paused("key", 1060.0)
    assert not failures.is_paused("key", 100.0)
