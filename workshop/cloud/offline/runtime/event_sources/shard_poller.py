"""Polls one shard of one event source mapping: reads records, forms batches, applies outcomes.

The poller does not wait, invoke or write anywhere: the engine asks each batch slot for the batch that is due,
sends it, and reports. Thus the same code runs on threads and step by step. It survives a stop of the engine
with everything that it holds, so that a batch in flight is sent again as it was. Thread-safe; its lock is
taken before the cloud's, never after.
"""

import threading
import zlib
from collections.abc import MutableMapping
from typing import Any

from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.runtime.event_sources.batch_slots import Batch, BatchSlot
from workshop.cloud.offline.runtime.event_sources.events import SourceRecord
from workshop.cloud.offline.runtime.event_sources.mappings import Mapping
from workshop.cloud.offline.runtime.event_sources.poller import BatchReport, DiscardedBatch, DueBatch
from workshop.cloud.offline.runtime.event_sources.progress import (
    Progress,
    first_unfinished,
    progress_of,
    restore_slot,
)
from workshop.cloud.offline.runtime.event_sources.redelivery import redelivered
from workshop.cloud.offline.runtime.event_sources.retry_or_bisect import (
    BatchResult,
    Condition,
    Decision,
    Discard,
    Failed,
    NotInvoked,
    Wait,
    decide,
    expired_count,
    judge,
)
from workshop.cloud.offline.runtime.event_sources.shard_reader import ShardReader

__all__ = ["ShardPoller"]

# As many as one GetRecords call of Kinesis returns.
MAX_READ = 10_000


class ShardPoller:
    """One shard's poller; `position` is the sequence number behind which it begins to read.

    `next_batch` and `finish` may be called from any thread, for different slots at the same time.
    """

    def __init__(self, mapping: Mapping, reader: ShardReader, *, position: int, now: float) -> None:
        self.mapping = mapping
        self.shard_id = reader.shard_id
        self._reader = reader
        self._position = position
        self._slots = [BatchSlot(reader.shard_id, now) for _ in range(mapping.parallelization_factor)]
        self._discarded: list[DiscardedBatch] = []
        self._sent: dict[int, DueBatch[Batch]] = {}
        self._is_retired = False
        self._lock = threading.Lock()

    @property
    def slot_count(self) -> int:
        """How many batches may be in flight at once."""
        return len(self._slots)

    @property
    def is_busy(self) -> bool:
        """Whether a batch is in flight."""
        with self._lock:
            return any(slot.is_busy for slot in self._slots)

    def retire(self) -> int | None:
        """Send nothing any more; return up to where every record is done or discarded, for a successor.

        While a batch is in flight nothing happens, and None is returned.
        """
        with self._lock:
            if any(slot.is_busy for slot in self._slots):
                return None
            self._is_retired = True
            return self._checkpoint()

    def recover(self) -> None:
        """Send batches in flight again, after the engine that had sent them was stopped."""
        with self._lock:
            self._sent.clear()
            for slot in self._slots:
                slot.is_busy = False

    def keep(self, rows: MutableMapping[str, Any]) -> None:
        """Put the progress into rows, by the id of the shard."""
        with self._lock, LOCK:
            rows[self.shard_id] = progress_of(self._slots, self._position)

    def resume(self, progress: Progress) -> None:
        """Go on from where another process has stopped; raises `StreamMissingError`."""
        with self._lock:
            first, last = first_unfinished(progress), progress["position"]
            if len(progress["slots"]) != len(self._slots):
                # Keys have moved to other slots: what some of them had done above this is sent again.
                self._position = first - 1
                return
            self._position = last
            found = self._read_between(first, last)
            for index, kept in enumerate(progress["slots"]):
                records = [record for record in found if self._slot_of(record) == index]
                restore_slot(self._slots[index], kept, records)

    def next_batch(self, slot_index: int, now: float) -> DueBatch[Batch] | None:
        """Return the slot's next batch if one is due; the slot is then busy until `finish`.

        Raises:
            StreamMissingError: the stream is gone.
        """
        with self._lock:
            slot = self._slots[slot_index]
            # Looked at under the lock: what says that nothing is in flight holds until it is enabled again.
            if slot.is_busy or self._is_retired or not self.mapping.is_enabled:
                return None
            while True:
                if not slot.batches:
                    self._fill(slot)
                    slot.form_batch(self.mapping, now)
                batch = slot.current
                if batch is None or not self._discard_expired(slot, batch, now):
                    break
            if batch is None or now < batch.due_at(self.mapping):
                return None
            slot.is_busy, slot.busy_since = True, now
            # What the metric IteratorAge is made of: "the age of the last record in the event".
            # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
            newest = batch.records[-1].arrived_at if batch.records else None
            work = DueBatch(
                slot_index,
                slot.payload(batch, self.mapping),
                batch,
                newest,
                records=len(batch.records),
                attempts=batch.attempts,
            )
            self._sent[slot_index] = work
            return work

    def finish(self, work: DueBatch[Batch], report: BatchReport, now: float) -> Decision:
        """Take the outcome of a batch in and decide what happens to its records.

        An outcome that comes after the batch was recovered changes nothing: it has been sent again.
        """
        with self._lock:
            # By identity: the batch that was sent again after a recovery is equal to this one.
            if self._sent.get(work.slot) is not work:
                return Wait(now)
            del self._sent[work.slot]
            slot = self._slots[work.slot]
            slot.is_busy = False
            result = self._judge(work, report, in_window=slot.window is not None)
            decision = decide(
                result,
                count=len(work.batch.records),
                attempts=work.batch.attempts,
                throttles=work.batch.throttles,
                mapping=self.mapping,
                now=now,
            )
            decision = redelivered(decision, work.batch, self.mapping, now)
            state = None if isinstance(result, NotInvoked) else result.state
            records = slot.apply(decision, state=state, now=now)
            if records and isinstance(decision, Discard):
                self._discarded.append(
                    DiscardedBatch(
                        shard_id=self.shard_id,
                        records=records,
                        condition=decision.condition,
                        invoke_count=work.batch.attempts + 1,
                        report=report,
                    )
                )
            return decision

    def take_discarded(self) -> list[DiscardedBatch]:
        """Return what has been discarded since the last call."""
        with self._lock:
            taken, self._discarded = self._discarded, []
            return taken

    def next_due(self) -> float | None:
        """Return when there is something to do even without new records, or None if there never is."""
        with self._lock:
            idle = [slot for slot in self._slots if not slot.is_busy]
            times = [due for slot in idle if (due := slot.next_due(self.mapping)) is not None]
        return min(times, default=None)

    def is_drained(self) -> bool:
        """Whether every record that the shard holds is done or discarded."""
        with self._lock:
            return self._pending_count() == 0

    @property
    def holds_state(self) -> bool:
        """Whether the end of an open tumbling window has a state to hand over."""
        with self._lock:
            return any(slot.window is not None and slot.window.state for slot in self._slots)

    def status(self, now: float) -> dict[str, object]:
        """Return the lag of this shard, for people."""
        with self._lock:
            batches = [batch for slot in self._slots if (batch := slot.current) is not None]
            ages = [now - head.arrived_at for head in self._heads()]
            return {
                "shard": self.shard_id,
                "checkpoint": str(self._checkpoint()),
                "pending": self._pending_count(),
                "iterator_age_seconds": round(max(ages, default=0.0), 3),
                "in_flight": sum(slot.is_busy for slot in self._slots),
                "busy_seconds": max(
                    (now - slot.busy_since for slot in self._slots if slot.is_busy), default=0.0
                ),
                "attempts": max((batch.attempts for batch in batches), default=0),
            }

    # The methods below are called with the lock held: between two steps a record may be in no slot at all.

    def _heads(self) -> list[SourceRecord]:
        return [head for slot in self._slots if (head := slot.first_unfinished) is not None]

    def _checkpoint(self) -> int:
        # With several slots, records above the checkpoint may be done. A successor sends them again, which
        # at-least-once delivery allows.
        return min((head.position for head in self._heads()), default=self._position + 1) - 1

    def _unfinished_count(self) -> int:
        return sum(slot.unfinished_count for slot in self._slots)

    def _pending_count(self) -> int:
        return self._unfinished_count() + self._reader.pending_count(self._position)

    def _fill(self, slot: BatchSlot) -> None:
        """Read until the slot has a full batch, or the shard has no more."""
        mapping = self.mapping
        # A key whose batch keeps failing must not make the poller read the whole shard into memory for it.
        room = max(MAX_READ, mapping.batch_size * len(self._slots))
        while len(slot.waiting) < mapping.batch_size and self._unfinished_count() < room:
            limit = min(MAX_READ, (mapping.batch_size - len(slot.waiting)) * len(self._slots))
            chunk = self._reader.read(mapping, after=self._position, limit=limit)
            if chunk is None:
                return
            for record in chunk.records:
                self._slots[self._slot_of(record)].waiting.append(record)
            # Also when filters dropped every record of the chunk, or it would be read for ever.
            self._position = chunk.through

    def _read_between(self, first: int, last: int) -> list[SourceRecord]:
        found: list[SourceRecord] = []
        through = first - 1
        while through < last:
            chunk = self._reader.read(self.mapping, after=through, limit=MAX_READ)
            if chunk is None:
                break
            found += [record for record in chunk.records if record.position <= last]
            through = chunk.through
        return found

    def _slot_of(self, record: SourceRecord) -> int:
        # A hash that is the same in every process, so that a key keeps its slot across restarts.
        return zlib.crc32(record.key.encode()) % len(self._slots) if len(self._slots) > 1 else 0

    def _discard_expired(self, slot: BatchSlot, batch: Batch, now: float) -> bool:
        if not batch.records:
            return False
        # Checked before each attempt, not only when a batch fails: a batch in its back-off gets older too.
        limit = self.mapping.record_age_limit(self._reader.retention_seconds())
        count = expired_count(batch.arrivals, limit_seconds=limit, now=now)
        if count:
            self._discarded.append(
                DiscardedBatch(
                    shard_id=self.shard_id,
                    records=slot.discard_expired(count, now),
                    condition=Condition.RECORD_AGE_EXCEEDED,
                    invoke_count=max(1, batch.attempts),
                )
            )
        return count > 0

    def _judge(self, work: DueBatch[Batch], report: BatchReport, *, in_window: bool) -> BatchResult:
        # One record beyond 6 MB fails like an error of the function, so bisecting, retries and discarding
        # apply.
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
