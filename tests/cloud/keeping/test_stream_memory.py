"""Records that left memory are found as if they had not: in the kept state, or in a temporary file."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.kinesis.models import kinesis_backends

from tests.cloud.conftest import REGION, Account
from tests.cloud.documents import table
from tests.cloud.keeping.crashing import KeptCloud, largest_file, make_stream_and_table
from tests.effort import LONG
from workshop.cloud.offline.keeping.memory import MEMORY
from workshop.cloud.offline.keeping.records import Records
from workshop.cloud.offline.keeping.stored_rows import TemporaryRows
from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.runtime.retention import Retention
from workshop.settings import ACCOUNT_ID

HOUR = 3600.0
LIMIT_BYTES = 5_000
STREAMS = "all in memory", "spilled"


@pytest.fixture
def little_memory() -> Iterator[Callable[[], None]]:
    """Call it to have hardly any memory for the records of streams that are made from then on."""
    file = TemporaryRows()
    yield lambda: MEMORY.begin(file, LIMIT_BYTES)
    MEMORY.end()
    file.close()


class TwoStreams:
    """Two streams to which the same happens at the same time; only the second one leaves memory."""

    def __init__(self, account: Account, little_memory: Callable[[], None]) -> None:
        self.clock = account.clock
        self.backend = kinesis_backends[ACCOUNT_ID][REGION]
        self.retention = Retention(self.clock)
        MEMORY.end()
        for name, before in zip(STREAMS, (lambda: None, little_memory), strict=True):
            before()
            if name in self.backend.streams:
                self.backend.delete_stream(None, name)
            self.backend.create_stream(name, 1)

    def put(self, count: int, size: int) -> None:
        """Put records of a size, a second before what comes next."""
        for name in STREAMS:
            records = [{"PartitionKey": str(n), "Data": f"{n:0{size}}"} for n in range(count)]
            self.backend.put_records(None, name, records)
        MEMORY.relieve()
        self.clock.advance(1)

    def scale(self, shards: int) -> None:
        """Split or merge shards, where AWS would."""
        for name in STREAMS:
            count = sum(shard.is_open for shard in self.backend.streams[name].shards.values())
            if count <= 2 * shards and shards <= 2 * count:
                self.backend.update_shard_count(None, name, shards)

    def wait(self, hours: int) -> None:
        """Let records expire."""
        self.clock.advance(hours * HOUR)
        with LOCK:
            self.retention.drop_expired()
        MEMORY.relieve()

    def read(self, name: str, shard: Any, kind: str, limit: int, **start: Any) -> list[Any]:
        """Return all that an iterator leads to, page by page."""
        start = {"starting_sequence_number": None, "at_timestamp": None} | start
        iterator = self.backend.get_shard_iterator(None, name, shard.shard_id, kind, **start)
        pages: list[Any] = []
        while iterator is not None and (not pages or pages[-1][0]):
            iterator, records, behind = self.backend.get_records(None, iterator, limit)
            pages.append(([Records.plain(record) for record in records], behind))
            MEMORY.relieve()
        return pages

    def described(self, name: str) -> list[Any]:
        """Return what is said of the shards."""
        return [shard.to_json() for shard in self.backend.streams[name].shards.values()]

    def answers(self, choose: Callable[[int], int], limit: int) -> tuple[list[Any], list[Any]]:
        """Return what both say to all kinds of iterators; `choose` gives a number below another."""
        kept, spilled = (list(self.backend.streams[name].shards.values()) for name in STREAMS)
        answers: tuple[list[Any], list[Any]] = [self.described(STREAMS[0])], [self.described(STREAMS[1])]
        for pair in zip(kept, spilled, strict=True):
            numbers = list(pair[0].records)
            wanted: list[tuple[str, dict[str, Any]]] = [
                ("TRIM_HORIZON", {}),
                ("LATEST", {}),
                ("AT_TIMESTAMP", {"at_timestamp": self.clock.now() - choose(int(30 * HOUR))}),
            ]
            if numbers:
                place = {"starting_sequence_number": str(numbers[choose(len(numbers))])}
                wanted += [("AT_SEQUENCE_NUMBER", place), ("AFTER_SEQUENCE_NUMBER", place)]
            for kind, start in wanted:
                for answer, name, shard in zip(answers, STREAMS, pair, strict=True):
                    answer.append((kind, start, self.read(name, shard, kind, limit, **start)))
        return answers


STEPS = st.one_of(
    st.tuples(st.just("put"), st.integers(1, 40), st.integers(1, 2_000)),
    st.tuples(st.just("scale"), st.integers(1, 4)),
    st.tuples(st.just("wait"), st.integers(1, 30)),
)


@settings(
    max_examples=2_000 if LONG else 60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(STEPS, max_size=12), data=st.data())
def test_what_left_memory_answers_as_what_did_not(
    account: Account, little_memory: Callable[[], None], steps: list[Any], data: st.DataObject
) -> None:
    """Whatever is put, split, merged and expires, every iterator reads the same as with all in memory."""
    streams = TwoStreams(account, little_memory)

    for name, *values in steps:
        getattr(streams, name)(*values)

    in_memory, spilled = streams.answers(
        lambda below: data.draw(st.integers(0, below - 1)), data.draw(st.integers(1, 60))
    )
    assert spilled == in_memory
    assert MEMORY.held_bytes <= LIMIT_BYTES or not steps


def test_hardly_anything_stays_in_memory(account: Account, little_memory: Callable[[], None]) -> None:
    """What is in memory keeps to the limit, whatever was put; the rest is counted."""
    streams = TwoStreams(account, little_memory)
    for _ in range(20):
        streams.put(100, 100)

    status = MEMORY.status()
    assert status["held_bytes"] <= LIMIT_BYTES == status["limit_bytes"]
    assert 1_900 < status["records_in_file_alone"] <= 2_000
    assert status["file"] == "temporary"


def test_what_went_with_its_stream_makes_room(account: Account, little_memory: Callable[[], None]) -> None:
    """Records of a stream that was deleted take no memory from others, nor room in the temporary file."""
    streams = TwoStreams(account, little_memory)
    streams.put(100, 100)
    streams.backend.delete_stream(None, "spilled")
    streams.backend.create_stream("spilled", 1)
    [shard] = streams.backend.streams["spilled"].shards.values()

    streams.put(1, 10)
    MEMORY.relieve()

    assert len(shard.records) == 1
    assert MEMORY.status()["records_in_file_alone"] == 0


@pytest.fixture
def cloud(cloud: KeptCloud) -> KeptCloud:
    """A stream `S` and a table `T` with a stream."""
    make_stream_and_table(cloud, **table())
    return cloud


def put(cloud: KeptCloud, first: int, last: int, *, together: int = 1) -> None:
    """Put a record and an item for each number, one second apart; some come `together` into a row."""
    for start in range(first, last, together):
        with LOCK:
            for number in range(start, min(start + together, last)):
                cloud.client("kinesis").put_record(
                    StreamName="S", Data=f"{number}".encode(), PartitionKey="k"
                )
                cloud.client("dynamodb").put_item(TableName="T", Item={"pk": {"S": f"{number}"}})
                cloud.laboratory.clock.advance(1)


def of_kinesis(cloud: KeptCloud, kind: str = "TRIM_HORIZON", **more: Any) -> list[tuple[int, str]]:
    """Return numbers and sequence numbers of what an iterator reads."""
    client = cloud.client("kinesis")
    [shard] = client.list_shards(StreamName="S")["Shards"]
    iterator = client.get_shard_iterator(
        StreamName="S", ShardId=shard["ShardId"], ShardIteratorType=kind, **more
    )["ShardIterator"]
    found = client.get_records(ShardIterator=iterator)["Records"]
    return [(int(record["Data"]), record["SequenceNumber"]) for record in found]


def of_table(cloud: KeptCloud, kind: str = "TRIM_HORIZON", **more: Any) -> list[tuple[int, str]]:
    """Return the same of the table's stream."""
    client = cloud.client("dynamodbstreams")
    [stream] = client.list_streams()["Streams"]
    [shard] = client.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]["Shards"]
    iterator = client.get_shard_iterator(
        StreamArn=stream["StreamArn"], ShardId=shard["ShardId"], ShardIteratorType=kind, **more
    )["ShardIterator"]
    changes = [each["dynamodb"] for each in client.get_records(ShardIterator=iterator)["Records"]]
    return [(int(change["Keys"]["pk"]["S"]), change["SequenceNumber"]) for change in changes]


@pytest.mark.parametrize("together", [1, 4])
@pytest.mark.parametrize("is_killed", [False, True])
def test_the_kept_state_has_what_left_memory(cloud: KeptCloud, is_killed: bool, together: int) -> None:
    """With a limit, and after a kill without one, everything is read from the file and nothing twice.

    Iterators may begin, and a kill may come, amid a row.
    """
    MEMORY.limit_bytes = 1
    put(cloud, 0, 12, together=together)
    assert MEMORY.status()["records_in_file_alone"] == 24
    if is_killed:
        cloud.crash()
    start = cloud.laboratory.clock.now()
    put(cloud, 12, 15, together=together)

    for read in (of_kinesis, of_table):
        everything = read(cloud)
        assert [number for number, _ in everything] == list(range(15))
        place = {"StartingSequenceNumber" if read is of_kinesis else "SequenceNumber": everything[6][1]}
        assert read(cloud, "AT_SEQUENCE_NUMBER", **place) == everything[6:]
        assert read(cloud, "AFTER_SEQUENCE_NUMBER", **place) == everything[7:]
    assert of_kinesis(cloud, "AT_TIMESTAMP", Timestamp=start - 5) == of_kinesis(cloud)[7:]


@pytest.mark.parametrize("together", [1, 3])
@pytest.mark.parametrize("is_killed", [False, True])
def test_what_left_memory_expires(cloud: KeptCloud, is_killed: bool, together: int) -> None:
    """Retention takes records out of the file, part of a row's as well, and iterators pass them over.

    What is left of such a row has expired after a kill as before.
    """
    MEMORY.limit_bytes = 1
    put(cloud, 0, 5, together=together)
    cloud.laboratory.clock.advance(20 * HOUR)
    put(cloud, 5, 8, together=together)
    behind = {"StartingSequenceNumber": of_kinesis(cloud)[1][1]}

    # Not for the last one of the first five.
    cloud.laboratory.clock.advance(4 * HOUR - 4)
    cloud.laboratory.step()
    if is_killed:
        cloud.crash()
        cloud.laboratory.step()
    put(cloud, 8, 9)

    for read in (of_kinesis, of_table):
        assert [number for number, _ in read(cloud)] == [4, 5, 6, 7, 8]
    assert [number for number, _ in of_kinesis(cloud, "AFTER_SEQUENCE_NUMBER", **behind)] == [4, 5, 6, 7, 8]


def test_what_was_read_from_the_file_counts(cloud: KeptCloud) -> None:
    """Records that were read again are in memory, and leave it with the call if there is no room."""
    MEMORY.limit_bytes = 1
    put(cloud, 0, 8, together=8)
    with LOCK:
        assert len(of_kinesis(cloud)) == len(of_table(cloud)) == 8
        assert MEMORY.held_bytes > 8 * 2_000
        assert MEMORY.status()["held_bytes"] == MEMORY.held_bytes

    assert MEMORY.held_bytes == MEMORY.status()["held_bytes"] == 0


def test_a_full_disk_costs_no_record(account: Account, little_memory: Callable[[], None]) -> None:
    """What the temporary file cannot take stays in memory, and what it has taken is whole."""
    streams = TwoStreams(account, little_memory)
    for _ in range(10):
        streams.put(100, 100)
    in_file = MEMORY.status()["records_in_file_alone"]

    with largest_file(256 * 1024):
        for _ in range(10):
            streams.put(100, 1_000)

    in_memory, spilled = streams.answers(lambda below: below // 2, 1_000)
    assert spilled == in_memory
    assert MEMORY.limit_bytes is None
    assert 900 < in_file <= MEMORY.status()["records_in_file_alone"] < 2_000
