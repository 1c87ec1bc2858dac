"""What stands in the course's stream, with the shard and the partition key of each record.

In go a course and the name of a field's value to look for, out come the newest records that mention it. Only
calls to Kinesis are made here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["StreamRecord", "newest", "open_shards", "read_stream"]


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
