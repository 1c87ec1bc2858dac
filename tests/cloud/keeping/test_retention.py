"""What has expired leaves memory and file; numbers, iterators and mappings go on as if it were there."""

from typing import Any

import pytest

from tests.cloud.keeping.crashing import KeptCloud, make_stream_and_table
from workshop.cloud.offline.keeping.store import companions

DAY = 24 * 3600.0
STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}


@pytest.fixture
def cloud(cloud: KeptCloud) -> KeptCloud:
    """A stream `S` and a table `T` with a stream."""
    make_stream_and_table(cloud, StreamSpecification=STREAM)
    return cloud


def put(cloud: KeptCloud, *texts: str) -> None:
    """Put a record and an item for each text."""
    for text in texts:
        cloud.client("kinesis").put_record(StreamName="S", Data=text.encode(), PartitionKey="k")
        cloud.client("dynamodb").put_item(TableName="T", Item={"pk": {"S": text}})


def pass_time(cloud: KeptCloud, seconds: float) -> None:
    """Let time pass, and the cloud look at it."""
    cloud.laboratory.clock.advance(seconds)
    cloud.laboratory.step()


def kinesis_iterator(cloud: KeptCloud, kind: str = "TRIM_HORIZON", **more: Any) -> str:
    client = cloud.client("kinesis")
    [shard] = client.list_shards(StreamName="S")["Shards"]
    answer = client.get_shard_iterator(
        StreamName="S", ShardId=shard["ShardId"], ShardIteratorType=kind, **more
    )
    return str(answer["ShardIterator"])


def kinesis_read(cloud: KeptCloud, iterator: str) -> list[tuple[str, int]]:
    """Return texts and sequence numbers."""
    found = cloud.client("kinesis").get_records(ShardIterator=iterator)["Records"]
    return [(record["Data"].decode(), int(record["SequenceNumber"])) for record in found]


def table_iterator(cloud: KeptCloud) -> str:
    client = cloud.client("dynamodbstreams")
    [stream] = client.list_streams()["Streams"]
    [shard] = client.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]["Shards"]
    answer = client.get_shard_iterator(
        StreamArn=stream["StreamArn"], ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )
    return str(answer["ShardIterator"])


def table_read(cloud: KeptCloud, iterator: str) -> list[tuple[str, int]]:
    """Return keys and sequence numbers."""
    found = cloud.client("dynamodbstreams").get_records(ShardIterator=iterator)["Records"]
    changes = [record["dynamodb"] for record in found]
    return [(change["Keys"]["pk"]["S"], int(change["SequenceNumber"])) for change in changes]


@pytest.mark.parametrize("is_killed", [False, True])
def test_expired_records_are_gone_and_numbers_go_on(cloud: KeptCloud, is_killed: bool) -> None:
    """After a day nothing is left; what comes then has higher numbers, and old iterators find it."""
    put(cloud, "a", "b")
    before = kinesis_read(cloud, kinesis_iterator(cloud)), table_read(cloud, table_iterator(cloud))
    old = kinesis_iterator(cloud), table_iterator(cloud)

    pass_time(cloud, DAY + 1)
    assert kinesis_read(cloud, kinesis_iterator(cloud)) == []
    assert table_read(cloud, table_iterator(cloud)) == []
    if is_killed:
        cloud.crash()
    put(cloud, "c")

    after = kinesis_read(cloud, kinesis_iterator(cloud)), table_read(cloud, table_iterator(cloud))
    for earlier, later in zip(before, after, strict=True):
        assert [text for text, _ in later] == ["c"]
        assert later[0][1] > earlier[-1][1]
    assert table_read(cloud, old[1]) == after[1]
    sequence_number = str(before[0][-1][1])
    behind = kinesis_iterator(cloud, "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=sequence_number)
    assert kinesis_read(cloud, behind) == after[0]


def test_what_has_not_expired_stays(cloud: KeptCloud) -> None:
    """Only what is older than the retention goes, and a longer retention keeps it longer."""
    put(cloud, "a")
    pass_time(cloud, DAY / 2)
    put(cloud, "b")
    cloud.client("kinesis").increase_stream_retention_period(StreamName="S", RetentionPeriodHours=48)

    pass_time(cloud, DAY / 2 + 61)

    assert [text for text, _ in kinesis_read(cloud, kinesis_iterator(cloud))] == ["a", "b"]
    assert [text for text, _ in table_read(cloud, table_iterator(cloud))] == ["b"]


def test_the_file_does_not_grow_for_ever(cloud: KeptCloud) -> None:
    """Days of records take no more room than one."""
    for _ in range(4):
        for number in range(20):
            cloud.client("kinesis").put_record(StreamName="S", Data=b"x" * 100_000, PartitionKey=f"{number}")
        pass_time(cloud, DAY + 61)

    cloud.crash()

    assert kinesis_read(cloud, kinesis_iterator(cloud)) == []
    assert cloud.path.stat().st_size < 2 * 20 * 150_000


def test_deleted_streams_give_their_space_back(cloud: KeptCloud) -> None:
    """After an orderly stop the file is no larger than what is in it calls for."""
    for number in range(20):
        cloud.client("kinesis").put_record(StreamName="S", Data=b"x" * 100_000, PartitionKey=f"{number}")
    cloud.client("kinesis").delete_stream(StreamName="S")

    cloud.laboratory.close()

    assert sum(path.stat().st_size for path in companions(cloud.path) if path.exists()) < 500_000
