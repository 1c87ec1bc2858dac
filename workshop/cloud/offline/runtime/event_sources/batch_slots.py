"""A batch slot: one of the batches of a shard that may be in flight at once, and the records behind it.

AWS calls their number "concurrent batches per shard", and the setting `ParallelizationFactor`. With a factor
of one a shard has a single slot. With more, each partition key belongs to one slot, and a slot sends one
batch at a time: records of a key stay in order, and a batch that fails holds up its own slot alone.
Source: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html.

A slot holds the records that wait, the batches that were cut from them but are
not done, and the open tumbling window. It knows no backend and no function: the poller feeds it, and tells
it what became of a batch.
"""

from collections import deque
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from workshop.cloud.offline.runtime.event_sources.batching import Cut, cut_batch, is_batch_due
from workshop.cloud.offline.runtime.event_sources.events import SourceRecord, encode, encode_event
from workshop.cloud.offline.runtime.event_sources.mappings import Mapping
from workshop.cloud.offline.runtime.event_sources.retry_or_bisect import (
    Advance,
    Bisect,
    Decision,
    Discard,
    Regroup,
    Retry,
    Wait,
    backoff_seconds,
)
from workshop.cloud.offline.runtime.event_sources.windows import WindowState, window_of

__all__ = ["Batch", "BatchSlot"]

Records = tuple[SourceRecord, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that are sent together, again and again until they are done or discarded.

    ``attempts`` counts failed invocations, ``throttles`` attempts in a row that did not reach the function.
    A batch without records closes a tumbling window.
    """

    records: Records
    attempts: int = 0
    throttles: int = 0
    not_before: float = 0.0

    def due_at(self, mapping: Mapping) -> float:
        """When it may be sent: after failures the later the more there were, but at once to changed code."""
        failed_at = self.not_before - backoff_seconds(self.attempts)
        is_changed = self.attempts and not self.throttles and failed_at < mapping.code_changed_at
        return mapping.code_changed_at if is_changed else self.not_before

    @property
    def positions(self) -> tuple[int, ...]:
        """The sequence numbers of the records."""
        return tuple(record.position for record in self.records)

    @property
    def arrivals(self) -> tuple[float, ...]:
        """When the records arrived at the source."""
        return tuple(record.arrived_at for record in self.records)


@dataclass(slots=True)
class BatchSlot:
    """One slot of one shard. Not thread-safe: the poller that owns it holds its lock.

    In unix seconds, `gathering_since` is when the batching window began, and `busy_since` when the batch in
    flight was sent.
    """

    shard_id: str
    gathering_since: float
    waiting: deque[SourceRecord] = field(default_factory=deque)
    # The batch to send next is the last one; splitting puts two in the place of one.
    batches: list[Batch] = field(default_factory=list)
    window: WindowState | None = None
    is_busy: bool = False
    busy_since: float = 0.0
    # What was done last, and how the next batch is to be cut, for a `Regroup`.
    done: Records = ()
    regrouping: Regroup | None = None

    @property
    def current(self) -> Batch | None:
        """The batch to send next."""
        return self.batches[-1] if self.batches else None

    @property
    def first_unfinished(self) -> SourceRecord | None:
        """The oldest record that is neither done nor discarded."""
        pending = (record for batch in reversed(self.batches) for record in batch.records)
        return next(pending, self.waiting[0] if self.waiting else None)

    @property
    def unfinished_count(self) -> int:
        """How many records are neither done nor discarded."""
        return len(self.waiting) + sum(len(batch.records) for batch in self.batches)

    def form_batch(self, mapping: Mapping, now: float) -> None:
        """Cut the next batch from the waiting records, if none is unfinished and one is due."""
        if self.batches or (self.regrouping and now < self.regrouping.at):
            return
        if not mapping.tumbling_window_seconds:
            self.window = None
        if self._closes_window(mapping, now):
            self.batches.append(Batch(()))
            return
        cut = self._cut(mapping)
        if self._is_due(cut, mapping, now):
            records = tuple(self.waiting.popleft() for _ in range(cut.count))
            self._open_window(mapping, records[0])
            self.batches.append(Batch(records))
            self.regrouping = None
        elif not self.waiting and now >= self.gathering_since + mapping.batching_window_seconds:
            self.gathering_since = now

    def payload(self, batch: Batch, mapping: Mapping) -> bytes:
        """Return the event of a batch; the same batch gives the same bytes."""
        encoded = (record.encoded for record in batch.records)
        if self.window is None:
            return encode_event(encoded)
        envelope = self.window.envelope(
            shard_id=self.shard_id, source_arn=mapping.source.arn, is_final=not batch.records
        )
        return encode_event(encoded, envelope)

    def next_due(self, mapping: Mapping) -> float | None:
        """Return when the slot has something to do without any new record, or None if it never has."""
        if self.batches:
            return self.batches[-1].due_at(mapping)
        if self.regrouping:
            return max(self.regrouping.at, self.gathering_since + mapping.batching_window_seconds)
        times = []
        if self.waiting:
            times.append(self.gathering_since + mapping.batching_window_seconds)
        if self.window:
            times.append(float(self.window.window.end))
        return min(times, default=None)

    def discard_expired(self, count: int, now: float) -> Records:
        """Take the first records out of the current batch and return them; the rest stays a batch."""
        batch = self.batches.pop()
        if rest := batch.records[count:]:
            self.batches.append(replace(batch, records=rest))
        else:
            self._rest(now)
        return batch.records[:count]

    def apply(self, decision: Decision, *, state: Any, now: float) -> Records:
        """Carry the decision about the current batch out; returns the records that are discarded.

        ``state`` is what the function returned for the tumbling window; it is kept if any record is done.
        """
        batch = self.batches.pop()
        discarded: Records = ()
        if isinstance(decision, Wait):
            self.batches.append(replace(batch, throttles=batch.throttles + 1, not_before=decision.at))
        elif isinstance(decision, Bisect):
            first, second = batch.records[: decision.middle], batch.records[decision.middle :]
            # The first half goes on top, so it is sent first; splitting is no retry, so both begin without
            # attempts. https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
            self.batches += [Batch(second), Batch(first)]
        elif isinstance(decision, Retry):
            self._keep_state(state if decision.first else None)
            rest = batch.records[decision.first :]
            self.batches.append(Batch(rest, attempts=decision.attempts, not_before=decision.at))
        elif isinstance(decision, Discard):
            self._keep_state(state if decision.first else None)
            discarded = batch.records[decision.first :]
        elif isinstance(decision, Regroup):
            self._regroup(batch, decision)
        # What is left is Advance: for a batch of records the window stays open with its new state, and the
        # batch without records has closed it.
        elif batch.records:
            self._keep_state(state)
        else:
            self.window = None
        if isinstance(decision, Advance) and batch.records:
            self.done = batch.records
        self._rest(now)
        return discarded

    def _rest(self, now: float) -> None:
        if not self.batches:
            self.gathering_since = now

    def _regroup(self, batch: Batch, how: Regroup) -> None:
        """Let everything that is not done wait again, together with the last of what was done."""
        earlier = self.done[max(0, len(self.done) - how.earlier) :]
        behind = (record for other in reversed(self.batches) for record in other.records)
        # `extendleft` turns the order round, which `reversed` makes up for.
        self.waiting.extendleft(reversed([*earlier, *batch.records, *behind]))
        self.batches.clear()
        self.done = ()
        self.regrouping = how

    def _keep_state(self, state: Any) -> None:
        # A function that fails altogether returns no state, and the one before it stands.
        if self.window is not None and state is not None:
            self.window = self.window.with_state(state)

    def _open_window(self, mapping: Mapping, first: SourceRecord) -> None:
        if mapping.tumbling_window_seconds and self.window is None:
            self.window = WindowState(window_of(first.arrived_at, mapping.tumbling_window_seconds))

    def _closes_window(self, mapping: Mapping, now: float) -> bool:
        if self.window is None:
            return False
        if not self.waiting or self.window.is_terminated_early:
            return self.window.is_over(now)
        return window_of(self.waiting[0].arrived_at, mapping.tumbling_window_seconds) != self.window.window

    def _cut(self, mapping: Mapping) -> Cut:
        state_bytes = len(encode(self.window.state)) if self.window else 0
        cut = cut_batch(list(islice(self.waiting, mapping.batch_size + 1)), mapping, state_bytes=state_bytes)
        if self.regrouping and self.regrouping.size and self.regrouping.size < cut.count:
            return Cut(self.regrouping.size, is_closed=True)
        return cut

    def _is_due(self, cut: Cut, mapping: Mapping, now: float) -> bool:
        if self.window is not None and self.window.is_over(now):
            return cut.count > 0  # no further record can join them
        return is_batch_due(cut, mapping, gathering_since=self.gathering_since, now=now)
