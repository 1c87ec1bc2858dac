"""A table's stream, read by a command: the history of one item, each change with its images before and after.

A stream keeps its records for 24 hours; older changes are not found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from workshop.pipeline.tables import plain_item

if TYPE_CHECKING:
    from workshop.cloud.connection import Cloud

__all__ = ["ItemChange", "read_changes", "read_item_changes", "read_pages", "stream_shards"]

# A look for people: with more changes than this in a day, nobody follows single trades by eye.
PAGES_PER_SHARD = 40
RECORDS_PER_PAGE = 1_000
# The stream of a table has no MillisBehindLatest. On AWS "it might take multiple calls to get to a portion of
# the shard that contains stream records", and no number of them is promised: this many, a second's worth of
# calls, are far more than an open shard of a few hours needs. Offline, an empty page is the end.
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html
EMPTY_PAGES_ON_AWS = 50


@dataclass(frozen=True)
class ItemChange:
    """One change; `kind` is INSERT, MODIFY or REMOVE, `time` (unix seconds) is exact to a second."""

    kind: str
    old: Mapping[str, Any]
    new: Mapping[str, Any]
    time: float
    shard: str
    sequence_number: str


def read_item_changes(cloud: Cloud, stream_arn: str, *, key: str, value: str) -> tuple[ItemChange, ...]:
    """Return the changes of the item whose key attribute has this text as its value."""
    found = [
        change
        for shard in stream_shards(cloud, stream_arn)
        for change in _changes(cloud, stream_arn, shard, pages=PAGES_PER_SHARD)
        if value in (change.old.get(key), change.new.get(key))
    ]
    return tuple(sorted(found, key=lambda change: int(change.sequence_number)))


def read_changes(cloud: Cloud, stream_arn: str) -> Iterator[ItemChange]:
    """Yield every change that the stream still holds, shard by shard, each oldest first."""
    for shard in stream_shards(cloud, stream_arn):
        yield from _changes(cloud, stream_arn, shard)


def stream_shards(cloud: Cloud, stream_arn: str) -> Iterator[str]:
    """Yield the id of each shard of a stream, open or closed."""
    client = cloud.client("dynamodbstreams")
    request: dict[str, Any] = {"StreamArn": stream_arn}
    while True:
        described: Any = client.describe_stream(**request)["StreamDescription"]
        yield from (shard["ShardId"] for shard in described["Shards"])
        if not described.get("LastEvaluatedShardId"):
            return
        request["ExclusiveStartShardId"] = described["LastEvaluatedShardId"]


def read_pages(
    cloud: Cloud, stream_arn: str, shard: str, *, after: str = "", beat: Callable[[], None] = lambda: None
) -> Iterator[list[Any]]:
    """Yield the records of a shard, page by page and never an empty one, up to its present end.

    A closed shard says where it ends; an open one counts as read once many pages in a row came back empty.
    `after` is a sequence number; without one, or if that record has expired, reading begins at the horizon.
    `beat` is called with every page, since many shards together take longer than a hold lasts.
    """
    client = cloud.client("dynamodbstreams")
    request: dict[str, Any] = {"StreamArn": stream_arn, "ShardId": shard}
    horizon = request | {"ShardIteratorType": "TRIM_HORIZON"}
    behind = request | {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after}
    try:
        iterator = client.get_shard_iterator(**(behind if after else horizon)).get("ShardIterator")
    except client.exceptions.TrimmedDataAccessException:
        iterator = client.get_shard_iterator(**horizon).get("ShardIterator")
    patience = empty_pages = EMPTY_PAGES_ON_AWS if cloud.offline is None else 1
    while iterator and patience:
        beat()
        page: Any = client.get_records(ShardIterator=iterator, Limit=RECORDS_PER_PAGE)
        patience = empty_pages if page["Records"] else patience - 1
        if page["Records"]:
            yield page["Records"]
        iterator = page.get("NextShardIterator")


def _changes(cloud: Cloud, stream_arn: str, shard: str, *, pages: int | None = None) -> Iterator[ItemChange]:
    for page in islice(read_pages(cloud, stream_arn, shard), pages):
        for record in page:
            inside = record["dynamodb"]
            keys = plain_item(inside.get("Keys", {}))
            yield ItemChange(
                kind=record["eventName"],
                old=keys | plain_item(inside["OldImage"]) if "OldImage" in inside else {},
                new=keys | plain_item(inside["NewImage"]) if "NewImage" in inside else {},
                time=inside["ApproximateCreationDateTime"].timestamp(),
                shard=shard,
                sequence_number=inside["SequenceNumber"],
            )
