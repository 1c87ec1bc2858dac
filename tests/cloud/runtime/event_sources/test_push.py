"""moto's own push into functions is off, and nothing else of its streams is changed."""

from tests.cloud.runtime.world import World, client


def test_nothing_is_pushed(world: World) -> None:
    """A put into a mapped source calls no function by itself."""
    world.connect()
    world.map(world.table())
    world.map(world.queue())

    world.put(1)
    world.put_item("a")
    world.send({})

    assert world.sent() == []
    assert client("logs").describe_log_groups()["logGroups"] == []


def test_stream_of_a_mapped_table_keeps_its_records(world: World) -> None:
    """Records of a mapped table's stream can still be read by anybody, with growing sequence numbers."""
    world.function()
    arn = world.table()
    world.map(arn)
    world.put_item("a")
    world.put_item("b")
    world.step()

    streams = client("dynamodbstreams")
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records = streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]

    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in records]
    assert len(numbers) == 2
    assert numbers == sorted(numbers)


def test_writes_survive_a_deleted_function(world: World) -> None:
    """What is put into a source whose function is gone is there, and can be read by everybody else."""
    world.function()
    stream = world.stream()
    world.map(stream)
    world.map(world.table())
    client("lambda").delete_function(FunctionName="F")

    numbers = world.put(1)
    world.put_item("a")

    iterator = client("kinesis").get_shard_iterator(
        StreamARN=stream, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = client("kinesis").get_records(ShardIterator=iterator)["Records"]
    assert [record["SequenceNumber"] for record in records] == numbers
    assert client("dynamodb").scan(TableName="T")["Items"] == [{"id": {"S": "a"}}]
