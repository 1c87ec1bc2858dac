"""The records of the course's stream: read with their shard and partition key, and sent again by a report.

Only Kinesis is called here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["StreamRecord", "newest", "open_shards", "read_stream", "send_again"]

# GetRecords may return nothing although records follow.
EMPTY_ANSWERS = 5


@dataclass(frozen=True)
class StreamRecord:
    """One record, as a reader of its shard gets it."""

    shard: str
    sequence_number: int
    partition_key: str
    arrived_at: float
    data: bytes

    @property
    def text(self) -> str:
        """The data as text, whatever it holds."""
        return self.data.decode("utf-8", "replace")

    @property
    def document(self) -> Any:
        """The data as JSON, or None if it is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None


def open_shards(course: Course) -> tuple[str, ...]:
    """Return the ids of the shards that take records."""
    shards = course.client("kinesis").list_shards(StreamName=course.outputs["StreamName"])["Shards"]
    return tuple(
        shard["ShardId"] for shard in shards if "EndingSequenceNumber" not in shard["SequenceNumberRange"]
    )


def read_stream(course: Course) -> Iterator[StreamRecord]:
    """Yield everything that the stream still keeps, shard by shard, each in its order."""
    client, stream = course.client("kinesis"), course.outputs["StreamName"]
    for shard in client.list_shards(StreamName=stream)["Shards"]:
        iterator = client.get_shard_iterator(
            StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while iterator:
            page = client.get_records(ShardIterator=iterator, Limit=10_000)
            for record in page["Records"]:
                yield StreamRecord(
                    shard["ShardId"],
                    int(record["SequenceNumber"]),
                    record["PartitionKey"],
                    record["ApproximateArrivalTimestamp"].timestamp(),
                    record["Data"],
                )
            if not page["Records"] and not page["MillisBehindLatest"]:
                break
            iterator = page.get("NextShardIterator")


def newest(
    records: Iterator[StreamRecord], names_in: Callable[[StreamRecord], list[Hashable]]
) -> dict[Any, StreamRecord]:
    """Return the record that came last for each of the names that `names_in` finds in a record."""
    found: dict[Any, StreamRecord] = {}
    for record in records:
        for name in names_in(record):
            known = found.get(name)
            if known is None or record.arrived_at >= known.arrived_at:
                found[name] = record
    return found


def send_again(course: Course, report: Mapping[str, Any]) -> int:
    """Put the records of an on-failure report into the stream again; return how many the stream still had.

    Safe for StateLambda only, which tolerates a record that comes twice, late, and in another batch.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
    """
    info, stream = report["KinesisBatchInfo"], course.outputs["StreamName"]
    kinesis = course.client("kinesis")
    iterator = kinesis.get_shard_iterator(
        StreamName=stream,
        ShardId=info["shardId"],
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        StartingSequenceNumber=info["startSequenceNumber"],
    )["ShardIterator"]
    last, count, empty = int(info["endSequenceNumber"]), 0, 0
    while iterator and empty < EMPTY_ANSWERS:
        page = kinesis.get_records(ShardIterator=iterator, Limit=info["batchSize"])
        for record in page["Records"]:
            if int(record["SequenceNumber"]) > last:
                return count
            kinesis.put_record(StreamName=stream, Data=record["Data"], PartitionKey=record["PartitionKey"])
            count += 1
        if count >= info["batchSize"]:
            return count
        empty = 0 if page["Records"] else empty + 1
        iterator = page.get("NextShardIterator")
    return count
