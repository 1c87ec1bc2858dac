"""The history of one item, as the table's stream tells it: each change with the image before and after.

In go a stream and a key, out come the changes of that item, oldest first. A stream keeps a day; what is older
is not found. Nothing is changed or judged here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient

__all__ = ["ItemChange", "read_item_changes"]

# A look for people: whoever has more than this in a day does not follow single trades by eye.
PAGES_PER_SHARD = 40
RECORDS_PER_PAGE = 1_000


@dataclass(frozen=True)
class ItemChange:
    """One change; `kind` is INSERT, MODIFY or REMOVE, `time` (unix seconds) is exact to a second."""

    kind: str
    old: Mapping[str, Any]
    new: Mapping[str, Any]
    time: float
    shard: str
    sequence_number: str


def read_item_changes(
    client: DynamoDBStreamsClient, stream_arn: str, *, key: str, value: str
) -> tuple[ItemChange, ...]:
    """Return the changes of the item whose key attribute has this text as its value."""
    found = [
        change
        for shard in _shards(client, stream_arn)
        for change in _changes(client, stream_arn, shard)
        if value in (change.old.get(key), change.new.get(key))
    ]
    return tuple(sorted(found, key=lambda change: int(change.sequence_number)))


def _shards(client: DynamoDBStreamsClient, stream_arn: str) -> Iterator[str]:
    request: dict[str, Any] = {"StreamArn": stream_arn}
    while True:
        described: Any = client.describe_stream(**request)["StreamDescription"]
        yield from (shard["ShardId"] for shard in described["Shards"])
        if not described.get("LastEvaluatedShardId"):
            return
        request["ExclusiveStartShardId"] = described["LastEvaluatedShardId"]


def _changes(client: DynamoDBStreamsClient, stream_arn: str, shard: str) -> Iterator[ItemChange]:
    deserializer = TypeDeserializer()

    def plain(image: Mapping[str, Any]) -> dict[str, Any]:
        return {name: deserializer.deserialize(each) for name, each in image.items()}

    iterator = client.get_shard_iterator(
        StreamArn=stream_arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    ).get("ShardIterator")
    for _ in range(PAGES_PER_SHARD):
        if not iterator:
            return
        page: Any = client.get_records(ShardIterator=iterator, Limit=RECORDS_PER_PAGE)
        for record in page["Records"]:
            inside = record["dynamodb"]
            keys = plain(inside.get("Keys", {}))
            yield ItemChange(
                kind=record["eventName"],
                old=keys | plain(inside["OldImage"]) if "OldImage" in inside else {},
                new=keys | plain(inside["NewImage"]) if "NewImage" in inside else {},
                time=inside["ApproximateCreationDateTime"].timestamp(),
                shard=shard,
                sequence_number=inside["SequenceNumber"],
            )
        if not page["Records"]:
            return
        iterator = page.get("NextShardIterator")
