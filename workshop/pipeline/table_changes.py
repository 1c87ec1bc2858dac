"""A table's stream, read by a command: the history of one item, each change with its images before and after.

A stream keeps its records for 24 hours; older changes are not found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient

__all__ = ["ItemChange", "read_changes", "read_item_changes", "read_pages", "stream_shards"]

# A look for people: with more changes than this in a day, nobody follows single trades by eye.
PAGES_PER_SHARD = 40
RECORDS_PER_PAGE = 1_000
EMPTY_PAGES = 3


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
        for shard in stream_shards(client, stream_arn)
        for change in _changes(client, stream_arn, shard, pages=PAGES_PER_SHARD)
        if value in (change.old.get(key), change.new.get(key))
    ]
    return tuple(sorted(found, key=lambda change: int(change.sequence_number)))


def read_changes(client: DynamoDBStreamsClient, stream_arn: str) -> Iterator[ItemChange]:
    """Yield every change that the stream still holds, shard by shard, each oldest first."""
    for shard in stream_shards(client, stream_arn):
        yield from _changes(client, stream_arn, shard)


def stream_shards(client: DynamoDBStreamsClient, stream_arn: str) -> Iterator[str]:
    """Yield the id of each shard of a stream, open or closed."""
    request: dict[str, Any] = {"StreamArn": stream_arn}
    while True:
        described: Any = client.describe_stream(**request)["StreamDescription"]
        yield from (shard["ShardId"] for shard in described["Shards"])
        if not described.get("LastEvaluatedShardId"):
            return
        request["ExclusiveStartShardId"] = described["LastEvaluatedShardId"]


def read_pages(
    client: DynamoDBStreamsClient, stream_arn: str, shard: str, *, after: str = ""
) -> Iterator[list[Any]]:
    """Yield the records of a shard, page by page and never an empty one, up to its present end.

    `after` is a sequence number; without one, or if that record has expired, reading begins at the horizon.
    """
    request: dict[str, Any] = {"StreamArn": stream_arn, "ShardId": shard}
    horizon = request | {"ShardIteratorType": "TRIM_HORIZON"}
    behind = request | {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after}
    try:
        iterator = client.get_shard_iterator(**(behind if after else horizon)).get("ShardIterator")
    except client.exceptions.TrimmedDataAccessException:
        iterator = client.get_shard_iterator(**horizon).get("ShardIterator")
    empty_pages = 0
    # An open shard has no last page, and an empty page may come before further records.
    while iterator and empty_pages < EMPTY_PAGES:
        page: Any = client.get_records(ShardIterator=iterator, Limit=RECORDS_PER_PAGE)
        empty_pages = 0 if page["Records"] else empty_pages + 1
        if page["Records"]:
            yield page["Records"]
        iterator = page.get("NextShardIterator")


def _changes(
    client: DynamoDBStreamsClient, stream_arn: str, shard: str, *, pages: int | None = None
) -> Iterator[ItemChange]:
    deserializer = TypeDeserializer()

    def plain(image: Mapping[str, Any]) -> dict[str, Any]:
        return {name: deserializer.deserialize(each) for name, each in image.items()}

    for page in islice(read_pages(client, stream_arn, shard), pages):
        for record in page:
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
