"""What a poller is, and what it exchanges with the engine: due batches, reports, discarded batches."""

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from workshop.cloud.offline.runtime.event_sources.events import SourceRecord
from workshop.cloud.offline.runtime.event_sources.mappings import Mapping
from workshop.cloud.offline.runtime.event_sources.retry_or_bisect import Condition, Decision

__all__ = ["BatchReport", "DiscardedBatch", "DueBatch", "Poller"]

BatchType = TypeVar("BatchType")


@dataclass(frozen=True, slots=True)
class DueBatch(Generic[BatchType]):
    """A batch that is to be sent now; `arrived_at` is when its newest record came to the source.

    `records` says how many it holds, `attempts` how often it has failed before.
    """

    slot: int
    payload: bytes
    batch: BatchType
    arrived_at: float | None = None
    records: int = 0
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class BatchReport:
    """How sending a batch went; without an answer the function was not invoked."""

    answer: bytes | None = None
    function_error: str | None = None
    request_id: str = ""
    executed_version: str = "$LATEST"
    is_too_large: bool = False


@dataclass(frozen=True, slots=True)
class DiscardedBatch:
    """Records that will not be sent again, for the failure destination.

    ``report`` is the last invocation's, None if the records' age decided.
    """

    shard_id: str
    records: tuple[SourceRecord, ...]
    condition: Condition
    invoke_count: int
    report: BatchReport | None = None


class Poller(Protocol):
    """Polls one shard or one queue. Thread-safe; never waits, and never invokes a function."""

    mapping: Mapping

    @property
    def slot_count(self) -> int:
        """How many batches may be in flight at once."""

    @property
    def is_busy(self) -> bool:
        """Whether a batch is in flight."""

    def retire(self) -> int | None:
        """Send nothing any more; return up to where every record is done or discarded, for a successor.

        While a batch is in flight nothing happens, and None is returned.
        """

    def keep(self, rows: MutableMapping[str, Any]) -> None:
        """Put the progress into rows, so that another process can go on from it."""

    def is_drained(self) -> bool:
        """Whether everything that the source holds is done or discarded."""

    @property
    def holds_state(self) -> bool:
        """Whether the end of an open tumbling window has a state to hand over."""

    def next_batch(self, slot_index: int, now: float) -> DueBatch[Any] | None:
        """Return the slot's next batch if one is due; the slot is then busy until `finish`.

        A poller whose mapping is not enabled has none.
        """

    def finish(self, work: DueBatch[Any], report: BatchReport, now: float) -> Decision:
        """Take the outcome of a batch in and decide what happens to its records."""

    def take_discarded(self) -> list[DiscardedBatch]:
        """Return what has been discarded since the last call."""

    def next_due(self) -> float | None:
        """Return when there is something to do even without new records, or None if there never is."""

    def recover(self) -> None:
        """Send batches in flight again, after the engine that had sent them was stopped."""

    def status(self, now: float) -> dict[str, object]:
        """Return the lag, for people."""
