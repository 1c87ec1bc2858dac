"""Records of a Kinesis stream: numbered, stamped, placed and found."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.kinesis.models import Stream, kinesis_backends

from tests.cloud.conftest import REGION
from workshop.cloud.offline.overlay.correct import plain_moto
from workshop.settings import ACCOUNT_ID

HIGHEST = str(2**128 - 1)


@pytest.fixture
def kinesis(account):
    """A client, with a stream S of two shards."""
    client = account.client("kinesis")
    client.create_stream(StreamName="S", ShardCount=2)
    return client


def put(kinesis, data: str, hash_key: int | str = 0) -> dict:
    return kinesis.put_record(
        StreamName="S", PartitionKey=data, Data=data.encode(), ExplicitHashKey=str(hash_key)
    )


def read(kinesis, shard: str, kind: str = "TRIM_HORIZON", limit: int = 100, **named) -> dict:
    iterator = kinesis.get_shard_iterator(StreamName="S", ShardId=shard, ShardIteratorType=kind, **named)
    return kinesis.get_records(ShardIterator=iterator["ShardIterator"], Limit=limit)


def data(answer: dict) -> str:
    return "".join(record["Data"].decode() for record in answer["Records"])


def shards(kinesis) -> list[dict]:
    return kinesis.list_shards(StreamName="S")["Shards"]


def test_sequence_numbers_are_wide_growing_and_unique(kinesis) -> None:
    """Sequence numbers have 56 digits, grow within their shard, and no two records of a stream share one."""
    placed = [put(kinesis, str(number), number % 2 * int(HIGHEST)) for number in range(10)]

    numbers = [answer["SequenceNumber"] for answer in placed]
    assert {len(number) for number in numbers} == {56}
    assert len(set(numbers)) == 10
    used = {answer["ShardId"] for answer in placed}
    assert len(used) == 2
    for shard in used:
        own = [int(answer["SequenceNumber"]) for answer in placed if answer["ShardId"] == shard]
        assert all(earlier < later for earlier, later in pairwise(own))


@pytest.mark.usefixtures("plain")
def test_plain_moto_numbers_each_shard_from_one(kinesis) -> None:
    """Without the correction, the first record of every shard has the number 1."""
    assert [put(kinesis, "x", key)["SequenceNumber"] for key in (0, 2**127)] == ["1", "1"]


def test_a_stream_made_again_continues_above(account, kinesis) -> None:
    """A stream that is deleted and created again numbers its records above the old ones."""
    before = int(put(kinesis, "a")["SequenceNumber"])
    kinesis.delete_stream(StreamName="S")
    account.clock.advance(1)
    kinesis.create_stream(StreamName="S", ShardCount=2)

    assert int(put(kinesis, "a")["SequenceNumber"]) > before


def test_records_carry_the_time_of_the_cloud(account, kinesis) -> None:
    """A record arrives at the time of the cloud's clock, told in milliseconds."""
    account.clock.advance(0.1234)

    put(kinesis, "a")

    (record,) = read(kinesis, "shardId-000000000000")["Records"]
    arrival = record["ApproximateArrivalTimestamp"].astimezone(UTC)
    assert arrival == datetime.fromtimestamp(1_750_000_000.123, tz=UTC)


def test_both_ends_of_a_hash_range_have_a_shard(kinesis) -> None:
    """A hash key at the end of a shard's range belongs to that shard."""
    ends = [(shard["ShardId"], key) for shard in shards(kinesis) for key in shard["HashKeyRange"].values()]

    assert len(ends) == 4
    assert [put(kinesis, "x", key)["ShardId"] for _, key in ends] == [shard for shard, _ in ends]


@pytest.mark.usefixtures("plain")
def test_plain_moto_has_no_shard_for_the_end_of_a_range(kinesis) -> None:
    """Without the correction, a hash key at the end of a range is an AttributeError."""
    with pytest.raises(AttributeError):
        put(kinesis, "x", HIGHEST)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("TRIM_HORIZON", "abcd"),
        ("LATEST", ""),
        ("AT_SEQUENCE_NUMBER", "bcd"),
        ("AFTER_SEQUENCE_NUMBER", "cd"),
        ("AT_TIMESTAMP", "cd"),
    ],
)
def test_iterators_start_where_they_are_told(account, kinesis, kind: str, expected: str) -> None:
    """Each type of iterator starts at the horizon, the tip, at or after a record, or at a time."""
    first, second = put(kinesis, "a"), put(kinesis, "b")
    account.clock.advance(10)
    put(kinesis, "c")
    put(kinesis, "d")
    named = {"StartingSequenceNumber": second["SequenceNumber"]} if "SEQUENCE" in kind else {}
    if kind == "AT_TIMESTAMP":
        named = {"Timestamp": datetime.fromtimestamp(account.clock.now() - 5, tz=UTC)}

    assert data(read(kinesis, first["ShardId"], kind, **named)) == expected


def test_pages_follow_each_other(account, kinesis) -> None:
    """GetRecords returns up to Limit records, tells how far behind they are, and the next page continues."""
    shard = put(kinesis, "a")["ShardId"]
    account.clock.advance(2)
    put(kinesis, "b")

    first = read(kinesis, shard, limit=1)
    second = kinesis.get_records(ShardIterator=first["NextShardIterator"], Limit=1)
    third = kinesis.get_records(ShardIterator=second["NextShardIterator"], Limit=1)

    assert [data(answer) for answer in (first, second, third)] == ["a", "b", ""]
    assert [answer["MillisBehindLatest"] for answer in (first, second, third)] == [2000, 0, 0]


def test_reading_looks_only_at_what_it_returns(kinesis) -> None:
    """A put and a read at the tip touch as many records at 1,000 as at none."""
    shard = kinesis_backends[ACCOUNT_ID][REGION].streams["S"].shards["shardId-000000000000"]
    for _ in range(1000):
        last = shard.put_record("key", "", "")

    class Untouched(type(shard.records)):
        def __iter__(self):
            raise AssertionError("all records were listed")

        keys = items = values = __iter__

    shard.records = Untouched(shard.records)

    assert int(shard.put_record("key", "", "")) > int(last)
    assert len(shard.get_records(last, 10)[0]) == 1


def test_a_split_keeps_old_records_in_the_parent(kinesis) -> None:
    """After a split the parent keeps its records and ends, and new records go to its children."""
    parent = put(kinesis, "a", 5)["ShardId"]
    kinesis.split_shard(StreamName="S", ShardToSplit=parent, NewStartingHashKey="1000")

    child = put(kinesis, "b", 5)["ShardId"]
    last = read(kinesis, parent)

    assert (data(last), data(read(kinesis, child))) == ("a", "b")
    assert "NextShardIterator" not in last
    assert {shard["ShardId"] for shard in last["ChildShards"]} == {
        shard["ShardId"] for shard in shards(kinesis) if shard.get("ParentShardId") == parent
    }


@pytest.mark.usefixtures("plain")
def test_plain_moto_writes_to_the_closed_parent(kinesis) -> None:
    """Without the correction, new records after a split still go to the closed parent."""
    parent = put(kinesis, "a", 5)["ShardId"]
    kinesis.split_shard(StreamName="S", ShardToSplit=parent, NewStartingHashKey="1000")

    assert put(kinesis, "b", 5)["ShardId"] == parent


def test_a_merge_keeps_old_records_in_the_parents(kinesis) -> None:
    """After a merge both parents keep their records, and the child gets the new ones."""
    left, right = (put(kinesis, name, key)["ShardId"] for name, key in (("a", 0), ("b", HIGHEST)))
    kinesis.merge_shards(StreamName="S", ShardToMerge=left, AdjacentShardToMerge=right)

    child = put(kinesis, "c", 0)["ShardId"]

    assert [data(read(kinesis, shard)) for shard in (left, right, child)] == ["a", "b", "c"]
    assert put(kinesis, "d", HIGHEST)["ShardId"] == child


def test_closed_shards_are_not_among_the_latest(account, kinesis) -> None:
    """A reader who asks for the shards that take records now gets no other ones, with plain moto all."""
    kinesis.split_shard(StreamName="S", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**100))
    everything = {shard["ShardId"] for shard in shards(kinesis)}

    latest = {"StreamName": "S", "ShardFilter": {"Type": "AT_LATEST"}}
    found = {shard["ShardId"] for shard in kinesis.list_shards(**latest)["Shards"]}
    with plain_moto():
        plain = {shard["ShardId"] for shard in kinesis.list_shards(**latest)["Shards"]}

    assert everything - found == {"shardId-000000000000"}
    assert plain == everything


@pytest.mark.usefixtures("account")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 7), st.text(min_size=1, max_size=256), st.none() | st.integers(0, 2**128 - 2).map(str))
def test_a_key_belongs_to_the_shard_that_moto_finds(count: int, key: str, hash_key: str | None) -> None:
    """As long as no shard is closed, a key goes to the shard of plain moto, whose ranges lack their ends."""
    stream = Stream("S", count, None, None, ACCOUNT_ID, REGION)
    found = stream.get_shard_for_key(key, hash_key)
    with plain_moto():
        expected = stream.get_shard_for_key(key, hash_key)
    assert found is expected or expected is None
