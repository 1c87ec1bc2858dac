"""Arguments of Kinesis calls: what is missing, foreign or beyond a limit is refused as AWS does."""

from datetime import UTC, datetime
from typing import Any

import pytest

from workshop.cloud.offline.overlay.correct import plain_moto

FIRST, SECOND, THIRD = (f"shardId-{number:012}" for number in range(3))
GONE = "arn:aws:kinesis:eu-west-1:123456789012:stream/gone"
LATER = datetime.fromtimestamp(1_900_000_000, tz=UTC)
ARGUMENT, MISSING = "InvalidArgumentException", "ResourceNotFoundException"
LIMIT, IN_USE = "LimitExceededException", "ResourceInUseException"


@pytest.fixture
def kinesis(account):
    """A client, with a stream S of three shards."""
    client = account.client("kinesis")
    client.create_stream(StreamName="S", ShardCount=3)
    return client


def arn(kinesis, name: str = "S") -> str:
    return str(kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"])


ITERATOR = {"StreamName": "S", "ShardId": FIRST}
BY_ARN = [
    ("describe_stream", {}),
    ("describe_stream_summary", {}),
    ("delete_stream", {}),
    ("get_shard_iterator", {"ShardId": FIRST, "ShardIteratorType": "LATEST"}),
    ("put_record", {"PartitionKey": "k", "Data": b"x"}),
    ("put_records", {"Records": [{"PartitionKey": "k", "Data": b"x"}]}),
    ("split_shard", {"ShardToSplit": FIRST, "NewStartingHashKey": "9"}),
    ("merge_shards", {"ShardToMerge": FIRST, "AdjacentShardToMerge": SECOND}),
    ("update_shard_count", {"TargetShardCount": 2, "ScalingType": "UNIFORM_SCALING"}),
    ("increase_stream_retention_period", {"RetentionPeriodHours": 48}),
    ("decrease_stream_retention_period", {"RetentionPeriodHours": 24}),
    ("list_shards", {}),
    ("list_stream_consumers", {}),
    ("register_stream_consumer", {"ConsumerName": "c"}),
    ("describe_stream_consumer", {"ConsumerName": "c"}),
    ("deregister_stream_consumer", {"ConsumerName": "c"}),
    ("add_tags_to_stream", {"Tags": {"a": "b"}}),
    ("list_tags_for_stream", {}),
    ("remove_tags_from_stream", {"TagKeys": ["a"]}),
    ("update_stream_mode", {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}}),
    ("stop_stream_encryption", {"EncryptionType": "KMS", "KeyId": "k"}),
    ("enable_enhanced_monitoring", {"ShardLevelMetrics": ["ALL"]}),
    ("disable_enhanced_monitoring", {"ShardLevelMetrics": ["ALL"]}),
]


@pytest.mark.parametrize(("call", "arguments"), BY_ARN, ids=[name for name, _ in BY_ARN])
def test_a_stream_that_is_not_there_is_not_found_by_its_arn(kinesis, refused, call: str, arguments) -> None:
    """Every call by the ARN of a missing stream is a ResourceNotFoundException that names it."""
    code, message = refused(getattr(kinesis, call), StreamARN=GONE, **arguments)

    assert code == MISSING
    assert "gone" in message


def test_plain_moto_stumbles_over_it(kinesis) -> None:
    """Without the correction, such calls fail with an error of Python."""
    with plain_moto(), pytest.raises(AttributeError):
        kinesis.list_stream_consumers(StreamARN=GONE)


REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("create_stream", {"StreamName": "N"}, "ValidationException", "'shardCount'"),
    ("create_stream", {"StreamName": "S", "ShardCount": 1}, IN_USE, "already exists"),
    ("create_stream", {"StreamName": "N", "ShardCount": 2_000_000_000}, LIMIT, "Limit: 20000"),
    ("describe_stream", {}, ARGUMENT, "StreamName"),
    ("describe_stream", {"StreamName": "S", "StreamARN": GONE}, ARGUMENT, "is not of the stream"),
    ("get_shard_iterator", {**ITERATOR, "ShardIteratorType": "AT_TIMESTAMP"}, ARGUMENT, "no timestamp"),
    (
        "get_shard_iterator",
        {**ITERATOR, "ShardIteratorType": "AT_TIMESTAMP", "Timestamp": LATER},
        ARGUMENT,
        "cannot be greater",
    ),
    ("get_shard_iterator", {**ITERATOR, "ShardIteratorType": "AT_SEQUENCE_NUMBER"}, ARGUMENT, "no starting"),
    (
        "get_shard_iterator",
        {**ITERATOR, "ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": "17"},
        ARGUMENT,
        "did not come from this stream",
    ),
    ("get_shard_iterator", {**ITERATOR, "ShardId": "x", "ShardIteratorType": "LATEST"}, MISSING, "Shard x"),
    ("get_records", {"ShardIterator": "eHg6eTp6OjE="}, ARGUMENT, "Invalid ShardIterator"),
    (
        "put_record",
        {"StreamName": "S", "PartitionKey": "k", "Data": b"x", "ExplicitHashKey": str(2**128)},
        ARGUMENT,
        "2^128-1",
    ),
    (
        "put_record",
        {"StreamName": "S", "PartitionKey": "k", "Data": bytes(2**20)},
        "ValidationException",
        "1048576",
    ),
    ("put_record", {"StreamName": "S", "Data": b"x"}, "ValidationException", "'partitionKey'"),
    ("merge_shards", {"ShardToMerge": FIRST, "AdjacentShardToMerge": FIRST}, ARGUMENT, "not an adjacent"),
    ("merge_shards", {"ShardToMerge": FIRST, "AdjacentShardToMerge": THIRD}, ARGUMENT, "not an adjacent"),
    ("split_shard", {"ShardToSplit": "x", "NewStartingHashKey": "9"}, MISSING, "x"),
    ("update_shard_count", {"TargetShardCount": 7, "ScalingType": "UNIFORM_SCALING"}, ARGUMENT, "double"),
    ("update_shard_count", {"TargetShardCount": 1, "ScalingType": "UNIFORM_SCALING"}, ARGUMENT, "half"),
    ("list_shards", {"StreamName": "S", "NextToken": "x"}, ARGUMENT, "cannot be provided together"),
    ("list_shards", {"NextToken": "x"}, ARGUMENT, "NextToken is invalid"),
    (
        "list_shards",
        {"StreamName": "S", "ShardFilter": {"Type": "AFTER_SHARD_ID"}},
        ARGUMENT,
        "ShardId is req",
    ),
    ("list_shards", {"StreamName": "S", "ShardFilter": {"Type": "AT_TIMESTAMP"}}, ARGUMENT, "Timestamp is"),
    ("list_streams", {"NextToken": "x"}, ARGUMENT, "NextToken is invalid"),
    ("describe_stream_consumer", {"ConsumerName": "c"}, ARGUMENT, "ConsumerARN"),
]
OF_THE_STREAM = ("merge_shards", "split_shard", "update_shard_count")


@pytest.mark.parametrize(("call", "arguments", "code", "words"), REFUSED)
def test_an_odd_argument_is_refused(
    kinesis, refused, call: str, *, arguments: dict[str, Any], code: str, words: str
) -> None:
    """What is missing, beyond a limit or of another stream gets AWS's error."""
    stream = {"StreamName": "S"} if call in OF_THE_STREAM else {}

    found, message = refused(getattr(kinesis, call), **stream, **arguments)

    assert found == code
    assert words in message


def test_streams_on_demand_are_limited_in_either_way(kinesis, refused) -> None:
    """A stream is neither made nor changed into the 51st; one that is on demand may be asked to be."""
    on_demand = {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}}
    for number in range(50):
        kinesis.create_stream(StreamName=f"D{number}", **on_demand)

    made = refused(kinesis.create_stream, StreamName="D", **on_demand)
    changed = refused(kinesis.update_stream_mode, StreamARN=arn(kinesis), **on_demand)
    kinesis.update_stream_mode(StreamARN=arn(kinesis, "D0"), **on_demand)

    assert made == changed == (LIMIT, "Account 123456789012 has at most 50 on-demand streams.")


def test_one_wrong_hash_key_puts_no_record(kinesis, refused) -> None:
    """A PutRecords with a hash key that is too large writes none of its records."""
    records = [{"PartitionKey": "k", "Data": b"x"}, {"PartitionKey": "k", "Data": b"y"}]
    records[1]["ExplicitHashKey"] = str(2**128)

    code, _ = refused(kinesis.put_records, StreamName="S", Records=records)

    assert code == ARGUMENT
    assert sum(len(read(kinesis, shard)) for shard in (FIRST, SECOND, THIRD)) == 0


def read(kinesis, shard: str) -> list[Any]:
    iterator = kinesis.get_shard_iterator(StreamName="S", ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    return list(kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"])


def test_an_iterator_lasts_five_minutes(account, kinesis, refused) -> None:
    """An iterator is good for five minutes, and then an ExpiredIteratorException."""
    iterator = kinesis.get_shard_iterator(**ITERATOR, ShardIteratorType="LATEST")["ShardIterator"]
    account.clock.advance(300)
    kinesis.get_records(ShardIterator=iterator)
    account.clock.advance(1)

    assert refused(kinesis.get_records, ShardIterator=iterator)[0] == "ExpiredIteratorException"


def test_a_reading_ends_at_ten_megabytes(kinesis) -> None:
    """GetRecords returns at most 10 MiB, and the next iterator goes on behind them."""
    for _ in range(3):
        record = {"PartitionKey": "k", "ExplicitHashKey": "0", "Data": bytes(2**20 - 1)}
        kinesis.put_records(StreamName="S", Records=[record] * 4)
    iterator = kinesis.get_shard_iterator(**ITERATOR, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]

    first = kinesis.get_records(ShardIterator=iterator)
    second = kinesis.get_records(ShardIterator=first["NextShardIterator"])

    assert (len(first["Records"]), len(second["Records"])) == (10, 2)


def test_shards_merge_in_either_order_and_once(kinesis, refused) -> None:
    """Neighbours merge whichever is named first; the parents are closed then, and merge and split no more."""
    kinesis.merge_shards(StreamName="S", ShardToMerge=SECOND, AdjacentShardToMerge=FIRST)

    shards = {shard["ShardId"]: shard for shard in kinesis.list_shards(StreamName="S")["Shards"]}
    merged = shards["shardId-000000000003"]
    assert (merged["ParentShardId"], merged["AdjacentParentShardId"]) == (SECOND, FIRST)
    assert merged["HashKeyRange"]["StartingHashKey"] == "0"
    assert merged["HashKeyRange"]["EndingHashKey"] == shards[SECOND]["HashKeyRange"]["EndingHashKey"]
    again = {"StreamName": "S", "ShardToMerge": FIRST, "AdjacentShardToMerge": SECOND}
    assert refused(kinesis.merge_shards, **again)[0] == ARGUMENT


def ids(answer: dict[str, Any]) -> list[int]:
    return [int(shard["ShardId"][-3:]) for shard in answer["Shards"]]


def test_shards_are_listed_in_pages_and_by_filters(account, kinesis) -> None:
    """A token alone continues a listing; start and filters choose the shards that AWS would list."""
    before = account.clock.now()
    account.clock.advance(60)
    kinesis.split_shard(StreamName="S", ShardToSplit=FIRST, NewStartingHashKey="9")
    then = datetime.fromtimestamp(before, tz=UTC)

    first = kinesis.list_shards(StreamName="S", MaxResults=2)
    rest = kinesis.list_shards(NextToken=first["NextToken"])

    assert (ids(first), ids(rest), "NextToken" in rest) == ([0, 1], [2, 3, 4], False)
    assert ids(kinesis.list_shards(StreamName="S", ExclusiveStartShardId=SECOND)) == [2, 3, 4]
    for kind, more, wanted in (
        ("AFTER_SHARD_ID", {"ShardId": THIRD}, [3, 4]),
        ("AT_LATEST", {}, [1, 2, 3, 4]),
        ("AT_TRIM_HORIZON", {}, [0, 1, 2]),
        ("FROM_TRIM_HORIZON", {}, [0, 1, 2, 3, 4]),
        ("AT_TIMESTAMP", {"Timestamp": then}, [0, 1, 2]),
        ("FROM_TIMESTAMP", {"Timestamp": LATER}, [1, 2, 3, 4]),
    ):
        assert ids(kinesis.list_shards(StreamName="S", ShardFilter={"Type": kind, **more})) == wanted, kind


def test_streams_tags_and_shards_have_pages(kinesis) -> None:
    """Names, tags and described shards are listed in order behind the one that a call excludes."""
    kinesis.create_stream(StreamName="A", ShardCount=1, Tags={"a": "1", "b": "2"})

    first = kinesis.list_streams(Limit=1)
    second = kinesis.list_streams(NextToken=first["NextToken"])
    shards = kinesis.describe_stream(StreamName="S", ExclusiveStartShardId=FIRST, Limit=1)

    assert (first["StreamNames"], second["StreamNames"]) == (["A"], ["S"])
    assert [summary["StreamName"] for summary in first["StreamSummaries"]] == ["A"]
    assert kinesis.list_streams(ExclusiveStartStreamName="B")["StreamNames"] == ["S"]
    assert kinesis.list_tags_for_stream(StreamName="A", ExclusiveStartTagKey="a")["Tags"] == [
        {"Key": "b", "Value": "2"}
    ]
    assert ids(shards["StreamDescription"]) == [1]
    assert shards["StreamDescription"]["HasMoreShards"]


def test_consumers_are_registered_once_and_paged(account, kinesis, refused) -> None:
    """A consumer's ARN has the time; a name is registered once, deregistered alone, and listed in pages."""
    stream = arn(kinesis)
    made = [
        kinesis.register_stream_consumer(StreamARN=stream, ConsumerName=name)["Consumer"] for name in "ab"
    ]

    page = kinesis.list_stream_consumers(StreamARN=stream, MaxResults=1)
    rest = kinesis.list_stream_consumers(StreamARN=stream, NextToken=page["NextToken"])

    assert made[0]["ConsumerARN"] == f"{stream}/consumer/a:{int(account.clock.now())}"
    assert [one["ConsumerName"] for one in (*page["Consumers"], *rest["Consumers"])] == ["a", "b"]
    assert refused(kinesis.register_stream_consumer, StreamARN=stream, ConsumerName="a")[0] == IN_USE
    kinesis.deregister_stream_consumer(StreamARN=stream, ConsumerName="a")
    assert [one["ConsumerName"] for one in kinesis.list_stream_consumers(StreamARN=stream)["Consumers"]] == [
        "b"
    ]
    assert refused(kinesis.describe_stream_consumer, ConsumerARN=made[0]["ConsumerARN"])[0] == MISSING


def test_nobody_changes_the_shards_of_a_stream_on_demand(kinesis, refused) -> None:
    """They are neither split nor merged, and nobody says how many there are."""
    stream = {"StreamName": "D"}
    kinesis.create_stream(**stream, StreamModeDetails={"StreamMode": "ON_DEMAND"})

    errors = {
        refused(kinesis.split_shard, **stream, ShardToSplit=FIRST, NewStartingHashKey="9"),
        refused(kinesis.merge_shards, **stream, ShardToMerge=FIRST, AdjacentShardToMerge=SECOND),
        refused(kinesis.update_shard_count, **stream, TargetShardCount=8, ScalingType="UNIFORM_SCALING"),
    }

    ((code, message),) = errors
    assert (code, message.endswith("is in On-Demand mode.")) == ("ValidationException", True)
