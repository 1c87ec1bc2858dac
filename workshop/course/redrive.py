"""Records that a mapping gave up, sent once more: found in the stream by the report on them, and put again.

Right for StateLambda alone: it can bear a record that comes twice, late and alone. In goes the report of an
on-failure destination, out comes how many records were put. Only calls to Kinesis are made here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["send_again"]

EMPTY_ANSWERS = 5


def send_again(course: Course, report: Mapping[str, Any]) -> int:
    """Put the records of a report into the stream again; return how many the stream still had.

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
