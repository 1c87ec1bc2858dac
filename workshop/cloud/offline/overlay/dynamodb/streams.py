"""Streams of tables can be disabled and enabled, and iterators cost nothing.

AWS: disabling a stream closes its shard, whose records stay readable for 24 hours under the old ARN;
enabling again makes a stream with a new label, hence a new ARN. Enabling twice or disabling twice is a
`ValidationException`. An unknown stream or shard is a `ResourceNotFoundException`, a garbled iterator a
`ValidationException`. Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
and https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html

moto: after disabling, the next put fails with a KeyError; a stream cannot be enabled again; an old ARN reads
the current stream; each GetRecords keeps another iterator in memory for ever; a garbled iterator is a
KeyError.

Changed: a table keeps its closed shards by label, and an iterator contains its own position, so the server
keeps none.
"""

import base64
import binascii
from datetime import timedelta
from typing import Any

from moto.dynamodb.exceptions import MockValidationException, ResourceNotFoundException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import StreamShard, Table
from moto.dynamodbstreams.models import DynamoDBStreamsBackend

from workshop.cloud.offline.keeping.logs import drop_first
from workshop.cloud.offline.keeping.records import new_stream_records
from workshop.cloud.offline.overlay.correct import CLOCK, corrects

__all__ = ["all_shards", "drop_records", "stream_shard"]

CLOSED_STREAMS = "closed_streams"


def stream_shard(backend: Any, stream_arn: str) -> Any:
    """Return the shard of a stream, open or closed, or None if this DynamoDB backend has no such ARN."""
    table_arn, _, label = stream_arn.partition("/stream/")
    table = backend.tables.get(table_arn.rpartition("/")[2])
    # A table of this name in another account or region is another one.
    if table is None or table.table_arn != table_arn:
        return None
    if label == table.latest_stream_label and table.stream_shard is not None:
        return table.stream_shard
    return vars(table).get(CLOSED_STREAMS, {}).get(label)


def all_shards(table: Any) -> list[Any]:
    """Return the shards of a table's streams, closed ones too."""
    closed = list(vars(table).get(CLOSED_STREAMS, {}).values())
    return closed if table.stream_shard is None else [*closed, table.stream_shard]


def drop_records(shard: Any, count: int) -> None:
    """Forget the oldest records; numbers and iterators stay what they are."""
    drop_first(shard.items, count)
    shard.starting_sequence_number += count
    shard.dropped = _dropped(shard) + count


def _dropped(shard: Any) -> int:
    return int(vars(shard).get("dropped", 0))


def _is_open(shard: Any) -> bool:
    return shard.table.stream_shard is shard


def _find(self: Any, stream_arn: str) -> Any:
    if (shard := stream_shard(self.dynamodb, stream_arn)) is None:
        raise ResourceNotFoundException(f"Requested resource not found: Stream: {stream_arn} not found")
    return shard


def _wants_stream(specification: dict[str, Any] | None) -> bool:
    # Templates give a view type alone; calls of the API say `StreamEnabled` as well.
    return bool(specification and (specification.get("StreamEnabled") or specification.get("StreamViewType")))


@corrects(Table, "set_stream_specification")
def _set_stream_specification(self: Any, streams: dict[str, Any] | None) -> None:
    closed = vars(self).setdefault(CLOSED_STREAMS, {})
    if self.stream_shard is not None:
        # Its records stay readable under the old ARN, on AWS for 24 hours, so that pollers can finish.
        closed[self.latest_stream_label] = self.stream_shard
    self.stream_shard = None
    self.stream_specification = {"StreamEnabled": False}
    if streams is None or not _wants_stream(streams):
        return
    self.stream_specification = streams | {"StreamEnabled": True}
    moment = CLOCK.moment()
    # Two streams of one table within a millisecond would have the same ARN.
    while (label := moment.isoformat(timespec="milliseconds")) in closed:
        moment += timedelta(milliseconds=1)
    self.latest_stream_label = label
    self.stream_shard = StreamShard(self.account_id, self)
    self.stream_shard.items = new_stream_records()
    # On the shard, which outlasts its stream: the table's own are those of the current one.
    self.stream_shard.label = label
    self.stream_shard.view_type = streams["StreamViewType"]


@corrects(DynamoDBBackend, "update_table_streams")
def _update_table_streams(self: Any, table: Any, stream_specification: dict[str, Any]) -> None:  # noqa: ARG001
    wanted, enabled = _wants_stream(stream_specification), table.stream_shard is not None
    if wanted and enabled:
        raise MockValidationException(f"Table already has an enabled stream: TableName: {table.name}")
    if not wanted and not enabled:
        raise MockValidationException(f"Table already has a disabled stream: TableName: {table.name}")
    table.set_stream_specification(stream_specification)


@corrects(DynamoDBStreamsBackend, "describe_stream")
def _describe_stream(self: Any, arn: str) -> dict[str, Any]:
    shard = _find(self, arn)
    description = shard.to_json()
    # An end is the sign by which readers know that a shard is closed:
    # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_SequenceNumberRange.html
    if not _is_open(shard):
        # A shard without records ends at its first number.
        last = shard.starting_sequence_number + max(len(shard.items) - 1, 0)
        description["SequenceNumberRange"]["EndingSequenceNumber"] = str(last)
    return {
        "StreamArn": arn,
        "StreamLabel": shard.label,
        "StreamStatus": "ENABLED" if _is_open(shard) else "DISABLED",
        "StreamViewType": shard.view_type,
        "CreationRequestDateTime": shard.created_on,
        "TableName": shard.table.name,
        "KeySchema": shard.table.schema,
        "Shards": [description],
    }


class _Iterator:
    """A position in a shard, counted from its first record ever; `arn` is the text that the client holds."""

    def __init__(self, stream_arn: str, shard_id: str, position: int) -> None:
        self.stream_arn = stream_arn
        self.shard_id = shard_id
        self.position = position

    @property
    def arn(self) -> str:
        token = base64.b64encode(f"{self.shard_id}:{self.position}".encode()).decode()
        return f"{self.stream_arn}|1|{token}"

    @classmethod
    def read(cls, arn: str) -> "_Iterator":
        try:
            stream_arn, _, token = arn.split("|")
            shard_id, _, position = base64.b64decode(token, validate=True).decode().rpartition(":")
            return cls(stream_arn, shard_id, int(position))
        except (ValueError, binascii.Error) as error:
            raise MockValidationException("Invalid ShardIterator") from error


@corrects(DynamoDBStreamsBackend, "get_shard_iterator")
def _get_shard_iterator(
    self: Any, arn: str, shard_id: str, shard_iterator_type: str, sequence_number: int | None = None
) -> _Iterator:
    shard = _find(self, arn)
    if shard.id != shard_id:
        raise ResourceNotFoundException("Requested resource not found: Shard does not exist")
    named = int(sequence_number or 0) - shard.starting_sequence_number
    position = {
        "TRIM_HORIZON": 0,
        "LATEST": len(shard.items),
        "AT_SEQUENCE_NUMBER": named,
        "AFTER_SEQUENCE_NUMBER": named + 1,
    }[shard_iterator_type]
    # A number from before the shard's first record would count from the end of the list.
    return _Iterator(arn, shard_id, max(position, 0) + _dropped(shard))


@corrects(DynamoDBStreamsBackend, "get_records")
def _get_records(self: Any, iterator_arn: str, limit: int) -> dict[str, Any]:
    iterator = _Iterator.read(iterator_arn)
    shard = _find(self, iterator.stream_arn)
    # What has expired since is passed over.
    start = max(iterator.position - _dropped(shard), 0)
    records = [record.to_json() for record in shard.items[start : start + limit]]
    iterator.position = start + len(records) + _dropped(shard)
    # Only a closed shard ends; the iterator of an open one continues even after an empty answer.
    exhausted = not _is_open(shard) and start + len(records) >= len(shard.items)
    return {"NextShardIterator": None if exhausted else iterator.arn, "Records": records}
