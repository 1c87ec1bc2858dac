"""What streams, queues and log groups no longer keep leaves memory, and with it the kept state.

Kinesis keeps a record for the retention period of its stream, the stream of a table for a day, a queue a
message and a log group an event for as long as is set. Sources:
https://docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html,
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html.
"""

from collections.abc import Iterable
from datetime import UTC
from itertools import takewhile
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.kinesis.models import kinesis_backends
from moto.logs.models import logs_backends
from moto.sqs.models import sqs_backends

from workshop.clock import Clock
from workshop.cloud.offline.keeping.logs import drop_first
from workshop.cloud.offline.keeping.marks import MARKS
from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.overlay.dynamodb.streams import all_shards, drop_records
from workshop.cloud.offline.overlay.logs.events import forget_expired as forget_expired_events
from workshop.cloud.offline.overlay.sqs.clock import forget_expired
from workshop.cloud.offline.runtime.event_sources.sources import DYNAMODB_RETENTION_HOURS, SECONDS_PER_HOUR
from workshop.cloud.offline.runtime.leftovers import drop_leftovers

__all__ = ["Retention"]

EVERY_SECONDS = 60.0


class Retention:
    """Drops what has expired, at first and then at most once a minute of the cloud's time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # At once: what had expired when a cloud ended may have come back with its file.
        self._due = clock.now()

    def drop_expired(self) -> None:
        """Look at all streams, queues and log groups, if it is time."""
        now = self._clock.now()
        if now < self._due:
            return
        self._due = now + EVERY_SECONDS
        with LOCK:
            _drop_from_streams(now)
            _drop_from_tables(now - DYNAMODB_RETENTION_HOURS * SECONDS_PER_HOUR)
            for _, _, backend in sqs_backends.iter_backends():
                for queue in backend.queues.values():
                    forget_expired(queue)
            for _, _, backend in logs_backends.iter_backends():
                for group in backend.groups.values():
                    forget_expired_events(group)
            drop_leftovers()


def _drop_from_streams(now: float) -> None:
    for _, _, backend in kinesis_backends.iter_backends():
        for stream in backend.streams.values():
            oldest = now - stream.retention_period_hours * SECONDS_PER_HOUR
            for shard in stream.shards.values():
                expired = _count(record.created_at < oldest for record in shard.records.values())
                if expired:
                    # The next record's number follows from it, even if none is left.
                    shard.last_number = shard.get_max_sequence_number()
                    drop_first(shard.records, expired)
                    MARKS.note_resources("kinesis")


def _drop_from_tables(oldest: float) -> None:
    for _, _, backend in dynamodb_backends.iter_backends():
        for table in backend.tables.values():
            for shard in all_shards(table):
                if expired := _count(_created(record) < oldest for record in shard.items):
                    drop_records(shard, expired)
                    MARKS.note_resources("dynamodb")


def _count(expired: Iterable[bool]) -> int:
    """Return how many stand at the beginning: records are in the order of their arrival."""
    return sum(1 for _ in takewhile(bool, expired))


def _created(record: Any) -> float:
    return float(record.record["dynamodb"]["ApproximateCreationDateTime"].replace(tzinfo=UTC).timestamp())
