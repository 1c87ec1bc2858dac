"""Reading streams: the shards of a source, and their records after a position.

Records are read from the backends' own objects, by index, so that a poll costs the same whatever the stream
has held before, and leaves nothing behind. The lock is held for just that; turning what was read into event
records happens outside it.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from itertools import islice
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.kinesis.models import kinesis_backends

from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.overlay.dynamodb.streams import stream_shard
from workshop.cloud.offline.overlay.kinesis.shards import count_after, records_after
from workshop.cloud.offline.runtime.arns import SourceReference
from workshop.cloud.offline.runtime.event_sources.events import (
    Origin,
    dynamodb_record,
    dynamodb_text,
    encode,
    kinesis_record,
    kinesis_text,
)

__all__ = ["HORIZON", "RawRecord", "ShardInfo", "StreamMissingError", "StreamSource", "open_source", "tips"]

# The position before the first record.
HORIZON = 0
SECONDS_PER_HOUR = 3600
DYNAMODB_RETENTION_HOURS = 24


class StreamMissingError(Exception):
    """The stream of a mapping does not exist, or not any more."""


@dataclass(frozen=True, slots=True)
class ShardInfo:
    """A shard as the source lists it; children are read after their parents."""

    shard_id: str
    is_open: bool
    parents: tuple[str, ...] = ()


@dataclass(slots=True)
class RawRecord:
    """A record as the backend keeps it."""

    position: int
    arrived_at: float
    content: Any


class StreamSource(ABC):
    """One stream; looked up anew for each call, since it may be deleted at any time.

    Each method raises `StreamMissingError` if the stream, or the shard asked for, does not exist.
    """

    def __init__(self, reference: SourceReference) -> None:
        self.reference = reference

    def shards(self) -> list[ShardInfo]:
        """List all shards, closed ones too."""
        with LOCK:
            return self._shards()

    def read(self, shard_id: str, *, after: int, limit: int) -> list[RawRecord]:
        """Return up to `limit` records behind a position, in order."""
        with LOCK:
            return list(self._after(shard_id, after, limit))

    def tip(self, shard_id: str) -> int:
        """Return the position of the shard's last record."""
        with LOCK:
            return self._tip(shard_id)

    def position_before(self, shard_id: str, timestamp: float) -> int:
        """Return the position of the last record that arrived before a time."""
        with LOCK:
            return self._before(shard_id, timestamp)

    def count_after(self, shard_id: str, position: int) -> int:
        """Return how many records lie behind a position."""
        with LOCK:
            return self._count_after(shard_id, position)

    def retention_seconds(self) -> float:
        """Return how long the source keeps records."""
        with LOCK:
            return float(self._retention_hours() * SECONDS_PER_HOUR)

    @abstractmethod
    def decode(self, raw: RawRecord, origin: Origin) -> tuple[dict[str, Any], str]:
        """Return a record as it stands in an event, and the key whose order is kept."""

    @abstractmethod
    def encoded(self, raw: RawRecord, origin: Origin) -> tuple[bytes, str]:
        """Return the same, the record as the text that is sent."""

    @abstractmethod
    def _shards(self) -> list[ShardInfo]: ...

    @abstractmethod
    def _after(self, shard_id: str, position: int, limit: int | None = None) -> Iterable[RawRecord]: ...
    @abstractmethod
    def _tip(self, shard_id: str) -> int: ...

    def _before(self, shard_id: str, timestamp: float) -> int:
        older = (one for one in self._after(shard_id, HORIZON) if one.arrived_at < timestamp)
        return max((record.position for record in older), default=HORIZON)

    @abstractmethod
    def _count_after(self, shard_id: str, position: int) -> int: ...

    @abstractmethod
    def _retention_hours(self) -> int: ...


class KinesisSource(StreamSource):
    """A Kinesis stream."""

    def decode(self, raw: RawRecord, origin: Origin) -> tuple[dict[str, Any], str]:
        """Return the event record and its partition key."""
        partition_key, data = raw.content
        record = kinesis_record(
            origin,
            position=raw.position,
            partition_key=partition_key,
            data=data,
            arrived_at=raw.arrived_at,
        )
        return record, partition_key

    def encoded(self, raw: RawRecord, origin: Origin) -> tuple[bytes, str]:
        """Return the same, the record as the text that is sent."""
        partition_key, data = raw.content
        text = kinesis_text(
            origin,
            position=raw.position,
            partition_key=partition_key,
            data=data,
            arrived_at=raw.arrived_at,
        )
        return text, partition_key

    def _stream(self) -> Any:
        place = self.reference
        stream = kinesis_backends[place.account_id][place.region].streams.get(place.name)
        if stream is None:
            raise StreamMissingError(place.stream_arn)
        return stream

    def _retention_hours(self) -> int:
        return int(self._stream().retention_period_hours)

    def _shards(self) -> list[ShardInfo]:
        return [
            ShardInfo(
                shard.shard_id,
                is_open=shard.is_open,
                parents=tuple(parent for parent in (shard.parent, shard.adjacent_parent) if parent),
            )
            for shard in self._stream().shards.values()
        ]

    def _shard(self, shard_id: str) -> Any:
        shard = self._stream().shards.get(shard_id)
        if shard is None:
            raise StreamMissingError(f"{self.reference.stream_arn}, {shard_id}")
        return shard

    def _after(self, shard_id: str, position: int, limit: int | None = None) -> Iterable[RawRecord]:
        for record in islice(records_after(self._shard(shard_id), position), limit):
            content = (record.partition_key, record.data)
            yield RawRecord(record.sequence_number, float(record.created_at), content)

    def _tip(self, shard_id: str) -> int:
        shard = self._shard(shard_id)
        return int(shard.get_max_sequence_number()) if shard.records else HORIZON

    def _before(self, shard_id: str, timestamp: float) -> int:
        return int(self._shard(shard_id).get_sequence_number_at(timestamp))

    def _count_after(self, shard_id: str, position: int) -> int:
        return count_after(self._shard(shard_id), position)


class DynamoDBSource(StreamSource):
    """The stream of a DynamoDB table, under the ARN with its label; it has one shard."""

    def decode(self, raw: RawRecord, origin: Origin) -> tuple[dict[str, Any], str]:
        """Return the event record and the item's key."""
        record = dynamodb_record(origin, raw.content, raw.arrived_at)
        return record, encode(record["dynamodb"]["Keys"]).decode()

    def encoded(self, raw: RawRecord, origin: Origin) -> tuple[bytes, str]:
        """Return the same, the record as the text that is sent."""
        return dynamodb_text(origin, raw.content, raw.arrived_at)

    def _shard(self, shard_id: str | None = None) -> Any:
        place = self.reference
        shard = stream_shard(dynamodb_backends[place.account_id][place.region], place.arn)
        if shard is None or shard_id not in {None, shard.id}:
            raise StreamMissingError(place.arn)
        return shard

    def _retention_hours(self) -> int:
        return DYNAMODB_RETENTION_HOURS

    def _shards(self) -> list[ShardInfo]:
        shard = self._shard()
        # The stream of a table ends when it is switched off; switched on again, the table has another one.
        return [ShardInfo(shard.id, is_open=shard.table.stream_shard is shard)]

    def _after(self, shard_id: str, position: int, limit: int | None = None) -> Iterable[RawRecord]:
        shard = self._shard(shard_id)
        first = self._index_after(shard, position)
        for stored in shard.items[first : None if limit is None else first + limit]:
            change = stored.record["dynamodb"]
            arrived_at = change["ApproximateCreationDateTime"].replace(tzinfo=UTC).timestamp()
            yield RawRecord(int(change["SequenceNumber"]), arrived_at, stored.record)

    def _tip(self, shard_id: str) -> int:
        shard = self._shard(shard_id)
        return int(shard.starting_sequence_number) + len(shard.items) - 1 if shard.items else HORIZON

    def _count_after(self, shard_id: str, position: int) -> int:
        shard = self._shard(shard_id)
        return len(shard.items) - self._index_after(shard, position)

    @staticmethod
    def _index_after(shard: Any, position: int) -> int:
        return max(0, position - int(shard.starting_sequence_number) + 1)


def open_source(reference: SourceReference) -> StreamSource:
    """Return the reader for an event source ARN of Kinesis or DynamoDB."""
    return KinesisSource(reference) if reference.service == "kinesis" else DynamoDBSource(reference)


def tips(reference: SourceReference) -> dict[str, int]:
    """Return the last position of every shard: where a mapping with LATEST begins.

    Raises:
        StreamMissingError: there is no such stream.
    """
    source = open_source(reference)
    return {shard.shard_id: source.tip(shard.shard_id) for shard in source.shards()}
