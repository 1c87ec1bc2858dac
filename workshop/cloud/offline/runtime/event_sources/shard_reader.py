"""What a poller reads from: one shard of one mapping, filtered and ready to be sent."""

from dataclasses import dataclass

from moto.awslambda.utils import get_backend

from workshop.clock import Clock
from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.runtime.event_sources.events import Origin, SourceRecord, encode
from workshop.cloud.offline.runtime.event_sources.filters import filter_view, matches_any
from workshop.cloud.offline.runtime.event_sources.mappings import Mapping
from workshop.cloud.offline.runtime.event_sources.sources import StreamSource

__all__ = ["Chunk", "ShardReader", "role_of"]


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one read gave: the records to send, and the position up to which everything has been looked at."""

    records: tuple[SourceRecord, ...]
    through: int


class ShardReader:
    """Reads one shard of a stream in the backend.

    Filters are applied here, before batching; what they drop, and what has expired at the source, counts as
    read.
    """

    def __init__(self, source: StreamSource, shard_id: str, clock: Clock) -> None:
        self.shard_id = shard_id
        self._source = source
        self._clock = clock

    def read(self, mapping: Mapping, *, after: int, limit: int) -> Chunk | None:
        """Return the next records behind a position, None at the tip; raises `StreamMissingError`."""
        raws = self._source.read(self.shard_id, after=after, limit=limit)
        if not raws:
            return None
        oldest = self._clock.now() - self._source.retention_seconds()
        origin = Origin(mapping.source, self.shard_id, role_of(mapping))
        patterns = mapping.patterns
        records = []
        for raw in raws:
            # The backend may still hold what has expired; a reader on AWS would not see it any more.
            if raw.arrived_at < oldest:
                continue
            if patterns:
                document, key = self._source.decode(raw, origin)
                if not matches_any(patterns, filter_view(document)):
                    continue
                encoded = encode(document)
            else:
                encoded, key = self._source.encoded(raw, origin)
            records.append(SourceRecord(self.shard_id, raw.position, key, raw.arrived_at, encoded))
        return Chunk(tuple(records), raws[-1].position)

    def pending_count(self, after: int) -> int:
        """Return how many records lie behind a position."""
        return self._source.count_after(self.shard_id, after)

    def retention_seconds(self) -> float:
        """Return how long records live at the source."""
        return self._source.retention_seconds()


def role_of(mapping: Mapping) -> str:
    """Return the ARN of the role of the mapping's function; raises moto's own error if it is gone."""
    with LOCK:
        backend = get_backend(mapping.account_id, mapping.region)
        function = backend.get_function(mapping.function.name, mapping.function.qualifier)
        return str(function.role)
