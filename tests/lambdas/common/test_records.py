"""How events of Lambda's mappings become batches: golden events, positions, shards and windows."""

import json
from pathlib import Path
from typing import Any

import pytest
from common.records import (
    ChangeRecord,
    UnknownShardError,
    batch_hash,
    change_batch,
    kinesis_batch,
    padded,
    window_answer,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.lambdas.handler_bench import kinesis_event

EVENTS = Path(__file__).parents[2] / "events"


def golden(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return event


@pytest.mark.parametrize("path", sorted(EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_every_golden_event_names_its_source(path: Path) -> None:
    """Every recorded event says where its form is documented."""
    assert "https://" in json.loads(path.read_text(encoding="utf-8"))["_source"]


def test_a_kinesis_event_names_its_shard_and_its_records() -> None:
    """An event of the stream gives one shard, and the bytes of each record under its sequence number."""
    batch = kinesis_batch(golden("kinesis"))

    assert batch.shard_id == "shardId-000000000003"
    assert batch.source_arn == "arn:aws:kinesis:us-east-1:123456789012:stream/incoming"
    assert [record.sequence_number[-4:] for record in batch.records] == ["8898", "5618"]
    assert json.loads(batch.records[0].data)["TradeID"] == "8ec2fdcd"


def test_a_change_has_the_images_that_there_are() -> None:
    """A new item has no old image, a changed one has both, a deleted one has no new image."""
    images = [
        (record.old_image is not None, record.new_image is not None)
        for record in change_batch(golden("dynamodb_stream")).records
    ]

    assert images == [(False, True), (True, True), (True, False)]


def test_only_inside_a_window_a_change_names_its_shard() -> None:
    """A table's stream names the shard inside a tumbling window, and nowhere else."""
    assert change_batch(golden("dynamodb_window")).shard_id == "shardId-00000001750000000000-a1b2c3d4"
    assert change_batch(golden("dynamodb_stream")).shard_id is None


def test_without_a_shard_there_is_no_ledger_key() -> None:
    """A position cannot be kept for a shard that is not named; the error says what to set."""
    with pytest.raises(UnknownShardError, match="set `TumblingWindowInSeconds`"):
        change_batch(golden("dynamodb_stream")).ledger_key("map")


def test_a_ledger_key_is_a_function_a_source_and_a_shard() -> None:
    """Each function has a position of its own in each shard of each source."""
    ledger_key = change_batch(golden("dynamodb_window")).ledger_key("map")

    assert ledger_key.split("#") == [
        "map",
        "arn:aws:dynamodb:us-east-1:123456789012:table/state/stream/2025-06-15T15:06:40.000",
        "shardId-00000001750000000000-a1b2c3d4",
    ]


def test_an_event_of_several_shards_is_refused() -> None:
    """Records of several shards in one event are refused, since positions of one say nothing of another."""
    event = {"Records": kinesis_event([b"a"])["Records"] + kinesis_event([b"b"], shard=1)["Records"]}

    with pytest.raises(UnknownShardError, match="mixes records of the shards shardId-000000000000, "):
        kinesis_batch(event)


@given(st.integers(0, 10**129 - 1), st.integers(0, 10**129 - 1))
def test_positions_sort_like_numbers(one: int, other: int) -> None:
    """Positions compare as their sequence numbers do, whatever their lengths are."""
    assert (padded(str(one)) < padded(str(other))) == (one < other)


def test_the_end_of_a_window_may_be_empty() -> None:
    """The last event of a window without records is a batch without records."""
    batch = change_batch(golden("dynamodb_window_end"))

    assert batch.records == ()
    assert batch.ledger_key("map").endswith("shardId-00000001750000000000-a1b2c3d4")


@pytest.mark.parametrize(
    ("event", "answer"),
    [
        ({"Records": []}, {}),
        ({"Records": [], "window": {}}, {"state": {}}),
        ({"Records": [], "window": {}, "state": None}, {"state": {}}),
        ({"Records": [], "window": {}, "state": {"kept": 1}}, {"state": {"kept": 1}}),
    ],
)
def test_a_window_gets_its_state_back(event: dict[str, Any], answer: dict[str, Any]) -> None:
    """Inside a window the answer holds the state as it came; elsewhere there is none."""
    assert window_answer(event) == answer


def test_the_same_batch_has_the_same_hash() -> None:
    """A batch that comes again has the same hash; a part of it has another."""
    event = golden("dynamodb_stream")
    again = json.loads(json.dumps(event, sort_keys=True))

    assert batch_hash(again) == batch_hash(event)
    assert batch_hash({"Records": event["Records"][:2]}) != batch_hash(event)


def test_records_are_values() -> None:
    """Two records that say the same are equal."""
    assert ChangeRecord("1", None, {}) == ChangeRecord("1", None, {})


def test_an_event_written_by_hand_may_lack_the_arrival() -> None:
    """Lambda always sends the time of arrival; a batch without one is read, and its records have none."""
    event = golden("kinesis")
    for record in event["Records"]:
        del record["kinesis"]["approximateArrivalTimestamp"]

    assert {record.arrived_at for record in kinesis_batch(event).records} == {None}
