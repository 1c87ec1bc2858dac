"""Works one shard of one mapping off: reads, forms batches, hands them out, takes the outcome back.

The poller does not wait, invoke or write anywhere: whoever drives it asks each lane for work, carries it
out, and reports. Thus the same code runs on threads and step by step. It survives a stop of the engine with
everything that it holds, so that a batch in flight is sent again as it was. Thread-safe; its lock is taken
before the cloud's, never after.
"""

import threading
import zlib

from workshop.cloud.offline.runtime.event_sources.events import SourceRecord
from workshop.cloud.offline.runtime.event_sources.lanes import Batch, Lane
from workshop.cloud.offline.runtime.event_sources.mappings import Mapping
from workshop.cloud.offline.runtime.event_sources.outcomes import (
    Condition,
    Decision,
    Discard,
    Failed,
    NotInvoked,
    Verdict,
    Wait,
    decide,
    expired_count,
    judge,
)
from workshop.cloud.offline.runtime.event_sources.readers import Reader
from workshop.cloud.offline.runtime.event_sources.redelivery import redelivered
from workshop.cloud.offline.runtime.event_sources.work import BatchReport, GivenUp, Work

__all__ = ["ShardPoller"]

# As many as one GetRecords call of Kinesis returns.
MAX_READ = 10_000


class ShardPoller:
    """See the module."""

    def __init__(self, mapping: Mapping, reader: Reader, *, position: int, now: float) -> None:
        self.mapping = mapping
        self.shard_id = reader.shard_id
        self._reader = reader
        self._position = position
        self._lanes = [Lane(reader.shard_id, now) for _ in range(mapping.parallelization_factor)]
        self._given_up: list[GivenUp] = []
        self._sent: dict[int, Work[Batch]] = {}
        self._is_retired = False
        self._lock = threading.Lock()

    @property
    def lane_count(self) -> int:
        """How many batches may be in flight at once."""
        return len(self._lanes)

    @property
    def is_busy(self) -> bool:
        """Whether a batch is in flight."""
        with self._lock:
            return any(lane.is_busy for lane in self._lanes)

    def retire(self) -> int | None:
        """Send nothing any more; return up to where every record is done or given up, for a successor.

        While a batch is in flight nothing happens, and None is returned.
        """
        with self._lock:
            if any(lane.is_busy for lane in self._lanes):
                return None
            self._is_retired = True
            return self._checkpoint()

    def recover(self) -> None:
        """Send batches in flight again, after the engine that had sent them was stopped."""
        with self._lock:
            self._sent.clear()
            for lane in self._lanes:
                lane.is_busy = False

    def next_work(self, lane_index: int, now: float) -> Work[Batch] | None:
        """Return the lane's next batch if one is due; the lane is then busy until `finish`.

        Raises:
            StreamMissingError: the stream is gone.
        """
        with self._lock:
            lane = self._lanes[lane_index]
            # Looked at under the lock: what says that nothing is in flight holds until it is enabled again.
            if lane.is_busy or self._is_retired or not self.mapping.is_enabled:
                return None
            while True:
                if not lane.batches:
                    self._fill(lane)
                    lane.form_batch(self.mapping, now)
                batch = lane.current
                if batch is None or not self._give_up_expired(lane, batch, now):
                    break
            if batch is None or now < batch.not_before:
                return None
            lane.is_busy = True
            newest = batch.records[-1].arrived_at if batch.records else None
            work = Work(lane_index, lane.payload(batch, self.mapping), batch, newest)
            self._sent[lane_index] = work
            return work

    def finish(self, work: Work[Batch], report: BatchReport, now: float) -> Decision:
        """Take the outcome of a batch in and decide what happens to its records.

        An outcome that comes after the batch was recovered changes nothing: it has been sent again.
        """
        with self._lock:
            if self._sent.get(work.lane) is not work:
                return Wait(now)
            del self._sent[work.lane]
            lane = self._lanes[work.lane]
            lane.is_busy = False
            verdict = self._judge(work, report, in_window=lane.window is not None)
            decision = decide(
                verdict,
                count=len(work.batch.records),
                attempts=work.batch.attempts,
                throttles=work.batch.throttles,
                mapping=self.mapping,
                now=now,
            )
            decision = redelivered(decision, work.batch, self.mapping, now)
            state = None if isinstance(verdict, NotInvoked) else verdict.state
            records = lane.apply(decision, state=state, now=now)
            if records and isinstance(decision, Discard):
                self._given_up.append(
                    GivenUp(
                        shard_id=self.shard_id,
                        records=records,
                        condition=decision.condition,
                        invoke_count=work.batch.attempts + 1,
                        report=report,
                    )
                )
            return decision

    def take_given_up(self) -> list[GivenUp]:
        """Return what has been given up since the last call."""
        with self._lock:
            taken, self._given_up = self._given_up, []
            return taken

    def next_due(self) -> float | None:
        """Return when there is something to do even without new records, or None if there never is."""
        with self._lock:
            idle = [lane for lane in self._lanes if not lane.is_busy]
            times = [due for lane in idle if (due := lane.next_due(self.mapping)) is not None]
        return min(times, default=None)

    def is_drained(self) -> bool:
        """Whether every record that the shard holds is done or given up."""
        with self._lock:
            return self._pending_count() == 0

    def status(self, now: float) -> dict[str, object]:
        """Return the lag of this shard, for people."""
        with self._lock:
            batches = [batch for lane in self._lanes if (batch := lane.current) is not None]
            ages = [now - head.arrived_at for head in self._heads()]
            return {
                "shard": self.shard_id,
                "checkpoint": str(self._checkpoint()),
                "pending": self._pending_count(),
                "iterator_age_seconds": round(max(ages, default=0.0), 3),
                "in_flight": sum(lane.is_busy for lane in self._lanes),
                "attempts": max((batch.attempts for batch in batches), default=0),
            }

    # What follows belongs to whoever holds the lock: between two steps a record may be in no lane at all.

    def _heads(self) -> list[SourceRecord]:
        return [head for lane in self._lanes if (head := lane.first_unfinished) is not None]

    def _checkpoint(self) -> int:
        return min((head.position for head in self._heads()), default=self._position + 1) - 1

    def _unfinished_count(self) -> int:
        return sum(lane.unfinished_count for lane in self._lanes)

    def _pending_count(self) -> int:
        return self._unfinished_count() + self._reader.pending_count(self._position)

    def _fill(self, lane: Lane) -> None:
        """Read until the lane has a full batch, or the shard has no more."""
        mapping = self.mapping
        room = max(MAX_READ, mapping.batch_size * len(self._lanes))
        while len(lane.waiting) < mapping.batch_size and self._unfinished_count() < room:
            limit = min(MAX_READ, (mapping.batch_size - len(lane.waiting)) * len(self._lanes))
            chunk = self._reader.read(mapping, after=self._position, limit=limit)
            if chunk is None:
                return
            for record in chunk.records:
                self._lanes[self._lane_of(record)].waiting.append(record)
            self._position = chunk.through

    def _lane_of(self, record: SourceRecord) -> int:
        # A hash that is the same in every process, so that a key keeps its lane across restarts.
        return zlib.crc32(record.key.encode()) % len(self._lanes)

    def _give_up_expired(self, lane: Lane, batch: Batch, now: float) -> bool:
        if not batch.records:
            return False
        limit = self.mapping.record_age_limit(self._reader.retention_seconds())
        count = expired_count(batch.arrivals, limit_seconds=limit, now=now)
        if count:
            self._given_up.append(
                GivenUp(
                    shard_id=self.shard_id,
                    records=lane.give_up_expired(count, now),
                    condition=Condition.RECORD_AGE_EXCEEDED,
                    invoke_count=max(1, batch.attempts),
                )
            )
        return count > 0

    def _judge(self, work: Work[Batch], report: BatchReport, *, in_window: bool) -> Verdict:
        if report.is_too_large:
            return Failed()
        if report.answer is None:
            return NotInvoked()
        return judge(
            report.answer,
            function_error=report.function_error,
            positions=work.batch.positions,
            mapping=self.mapping,
            in_window=in_window,
        )
