"""A stream is enabled, disabled, enabled again, and read by iterators that cost nothing."""

import pytest
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodbstreams.models import dynamodbstreams_backends

from tests.cloud.conftest import REGION
from workshop.cloud.offline.overlay.correct import plain_moto
from workshop.cloud.offline.overlay.dynamodb.streams import stream_shard
from workshop.settings import ACCOUNT_ID

ENABLED = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
DISABLED = {"StreamEnabled": False}


def switch(account, specification: dict) -> str:
    """Enable or disable the stream of T; return the latest stream ARN."""
    table = account.dynamodb.update_table(TableName="T", StreamSpecification=specification)
    return str(table["TableDescription"]["LatestStreamArn"])


def put(account, name: str) -> None:
    account.dynamodb.put_item(TableName="T", Item={"pk": {"S": name}})


def names(records: list[dict]) -> list[str]:
    return [record["dynamodb"]["Keys"]["pk"]["S"] for record in records]


def description(account, arn: str) -> dict:
    return account.client("dynamodbstreams").describe_stream(StreamArn=arn)["StreamDescription"]


def test_a_disabled_stream_stays_readable(table) -> None:
    """After disabling, the old ARN reads what was there, its status is DISABLED, and writes go on."""
    put(table, "a")

    switch(table, DISABLED)
    put(table, "b")

    assert names(table.stream_records()) == ["a"]
    assert description(table, table.stream)["StreamStatus"] == "DISABLED"
    assert "EndingSequenceNumber" in description(table, table.stream)["Shards"][0]["SequenceNumberRange"]


def test_plain_moto_fails_after_disabling(plain_table) -> None:
    """Without the correction, the first put after disabling a stream fails with a KeyError."""
    plain_table.dynamodb.update_table(TableName="T", StreamSpecification=DISABLED)

    with pytest.raises(KeyError):
        put(plain_table, "b")


def test_enabling_again_makes_a_new_stream(account) -> None:
    """A stream that is enabled again has a new ARN and begins empty; the old ARN reads the old records."""
    old = account.create_table()
    put(account, "a")
    switch(account, DISABLED)

    new = switch(account, ENABLED)
    put(account, "b")

    assert new != old
    assert names(account.stream_records(new)) == ["b"]
    assert names(account.stream_records(old)) == ["a"]
    assert description(account, new)["StreamViewType"] == "NEW_IMAGE"
    assert description(account, old)["StreamViewType"] == "NEW_AND_OLD_IMAGES"


def test_streams_and_shards_have_names_of_their_own(account) -> None:
    """No two streams share an ARN or a shard id, even if they are made at the same moment."""
    first = account.create_table("T")
    second = account.create_table("U")
    switch(account, DISABLED)
    third = switch(account, ENABLED)

    shards = {description(account, arn)["Shards"][0]["ShardId"] for arn in (first, second, third)}

    assert len({first, second, third}) == 3
    assert len(shards) == 3


@pytest.mark.parametrize(("stream", "change"), [(True, ENABLED), (False, DISABLED)])
def test_switching_to_what_is_so_already_is_refused(account, refused, stream: bool, change: dict) -> None:
    """Enabling an enabled stream, or disabling a disabled one, is a ValidationException."""
    account.create_table(stream=stream)

    code, _ = refused(account.dynamodb.update_table, TableName="T", StreamSpecification=change)

    assert code == "ValidationException"


def test_iterators_move_on(table) -> None:
    """Each GetRecords continues where the iterator stands; at the tip it waits for what comes."""
    for name in "abc":
        put(table, name)
    streams = table.client("dynamodbstreams")
    iterator = table.stream_iterator()

    first = streams.get_records(ShardIterator=iterator, Limit=2)
    second = streams.get_records(ShardIterator=first["NextShardIterator"])
    put(table, "d")
    third = streams.get_records(ShardIterator=second["NextShardIterator"])

    assert [names(answer["Records"]) for answer in (first, second, third)] == [["a", "b"], ["c"], ["d"]]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("TRIM_HORIZON", "abc"), ("LATEST", ""), ("AT_SEQUENCE_NUMBER", "bc"), ("AFTER_SEQUENCE_NUMBER", "c")],
)
def test_iterators_start_where_they_are_told(table, kind: str, expected: str) -> None:
    """Each type of iterator starts at the horizon, after the newest record, at a record, or after it."""
    for name in "abc":
        put(table, name)
    streams = table.client("dynamodbstreams")
    number = table.stream_records()[1]["dynamodb"]["SequenceNumber"]
    named = {"SequenceNumber": number} if "SEQUENCE" in kind else {}
    iterator = table.stream_iterator(kind=kind, **named)

    records = streams.get_records(ShardIterator=iterator)["Records"]

    assert "".join(names(records)) == expected


def test_a_closed_stream_ends(table) -> None:
    """The last GetRecords of a disabled stream has no further iterator."""
    put(table, "a")
    switch(table, DISABLED)
    streams = table.client("dynamodbstreams")
    iterator = table.stream_iterator()

    answer = streams.get_records(ShardIterator=iterator)

    assert "NextShardIterator" not in answer


def test_iterators_are_not_kept(table) -> None:
    """A poller that asks a thousand times leaves nothing behind in the backend; in plain moto it does."""
    table.stream_records()

    assert dynamodbstreams_backends[ACCOUNT_ID][REGION].shard_iterators == {}
    with plain_moto():
        table.create_table("U")
        table.stream_records()
        assert len(dynamodbstreams_backends[ACCOUNT_ID][REGION].shard_iterators) == 2


@pytest.mark.parametrize("iterator", ["nonsense", "arn:aws:dynamodb:x|1|####", "a|1|YWJj"])
def test_a_garbled_iterator_is_refused(account, refused, iterator: str) -> None:
    """An iterator that no stream has given out is a ValidationException."""
    code, _ = refused(account.client("dynamodbstreams").get_records, ShardIterator=iterator)

    assert code == "ValidationException"


def test_an_unknown_stream_or_shard_is_not_found(table, refused) -> None:
    """Describing an unknown stream, or asking for an unknown shard, is a ResourceNotFoundException."""
    streams = table.client("dynamodbstreams")
    elsewhere = table.stream.replace("table/T/", "table/V/")

    unknown_stream, _ = refused(streams.describe_stream, StreamArn=elsewhere)
    unknown_shard, _ = refused(
        streams.get_shard_iterator,
        StreamArn=table.stream,
        ShardId="shardId-00000001541626099285-f35f62ef",
        ShardIteratorType="LATEST",
    )

    assert (unknown_stream, unknown_shard) == ("ResourceNotFoundException", "ResourceNotFoundException")


def test_shards_are_found_by_stream_arn(account) -> None:
    """The runtime finds the open or closed shard of a stream by its ARN, and nothing by another one."""
    old = account.create_table()
    switch(account, DISABLED)
    new = switch(account, ENABLED)
    backend = dynamodb_backends[ACCOUNT_ID][REGION]

    assert stream_shard(backend, new) is backend.get_table("T").stream_shard
    assert stream_shard(backend, old) is not stream_shard(backend, new)
    assert stream_shard(backend, old.replace("/T/", "/U/")) is None
