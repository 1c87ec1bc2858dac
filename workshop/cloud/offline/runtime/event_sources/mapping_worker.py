"""Serves one event source mapping: its state, its shards, and how far each has been read.

The backend's own mapping object is where users see state and last result, and where progress is kept: a
stopped engine leaves it there, and the next one goes on from it.
"""

import threading
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from moto.awslambda.utils import get_backend
from moto.core.exceptions import JsonRESTError

from workshop.clock import Clock
from workshop.cloud.offline.keeping.marks import MARKS
from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.permissions.services import source_problem
from workshop.cloud.offline.runtime.event_sources.mappings import ENDLESS, Mapping
from workshop.cloud.offline.runtime.event_sources.poller import DueBatch, Poller
from workshop.cloud.offline.runtime.event_sources.queue_poller import QueuePoller
from workshop.cloud.offline.runtime.event_sources.shard_poller import ShardPoller
from workshop.cloud.offline.runtime.event_sources.shard_reader import ShardReader
from workshop.cloud.offline.runtime.event_sources.sources import (
    HORIZON,
    ShardInfo,
    StreamMissingError,
    StreamSource,
    open_source,
)

__all__ = ["FAILED", "NO_RECORDS", "OK", "MappingWorker", "current_mappings"]

NO_RECORDS = "No records processed"
OK = "OK"
FAILED = "PROBLEM: Function call failed"

QUEUE = "queue"
# Beside the progress of shards, by their ids.
LAST_RESULT = ""


def current_mappings() -> list[Any]:
    """Return the backends' mapping objects of all accounts and regions, oldest first."""
    with LOCK:
        return [
            mapping
            for _, _, backend in _lambda_backends().iter_backends()
            for mapping in list(backend._event_source_mappings.values())  # noqa: SLF001 - moto has no list of all
        ]


@dataclass(frozen=True, slots=True)
class BatchCounts:
    """The batches that a mapping has sent: how many, with how many records, how many failed or came again."""

    sent: int = 0
    records: int = 0
    failed: int = 0
    retried: int = 0

    def with_batch(self, due: DueBatch[Any], *, failed: bool) -> Self:
        """Return the counts with one batch more."""
        return replace(
            self,
            sent=self.sent + 1,
            records=self.records + due.records,
            failed=self.failed + failed,
            retried=self.retried + (due.attempts > 0),
        )


class MappingWorker:
    """The worker of one mapping object of the backend.

    The engine alone calls `refresh`; everything else may be called from any thread.
    """

    def __init__(self, esm: Any, clock: Clock) -> None:
        self.esm = esm
        self.is_abandoned = False
        self._clock = clock
        self._problem: str | None = None
        self._code: str | None = None
        self._code_changed_at = 0.0
        self._batches = BatchCounts()
        self._batches_lock = threading.Lock()
        with LOCK:
            self.mapping = Mapping.of(esm)
        self._source: StreamSource | None = None
        if self.mapping.source.is_stream:
            self._source = open_source(self.mapping.source)
        # Kept at the backend's object, so that progress lives exactly as long as the mapping does: it
        # outlives a restart of the engine, and goes with a reset of the backends.
        self._pollers: dict[str, Poller] = vars(esm).setdefault("pollers", {})
        self.recover()

    @property
    def is_active(self) -> bool:
        """Whether records are to be sent."""
        return self.mapping.is_enabled and self._problem is None and not self.is_abandoned

    @property
    def is_busy(self) -> bool:
        """Whether a batch is in flight."""
        return any(poller.is_busy for poller in list(self._pollers.values()))

    def has_work(self) -> bool:
        """Whether a batch is in flight, or the mapping is enabled and its source holds anything for it.

        Records that wait for a retry or a batching window are work; so are a shard that has no poller yet,
        and the state of a tumbling window. A window whose state is empty ends in an invocation without
        anything in it.
        """
        if self.is_busy:
            return True
        # Records wait behind a disabled mapping for as long as its source keeps them; that is nobody's work.
        if not self.mapping.is_enabled:
            return False
        try:
            return self._lacks_poller() or any(
                not poller.is_drained() or poller.holds_state for poller in list(self._pollers.values())
            )
        except StreamMissingError:
            return False

    def _lacks_poller(self) -> bool:
        names = [QUEUE] if self._source is None else [shard.shard_id for shard in self._source.shards()]
        return any(name not in self._pollers for name in names)

    def recover(self) -> None:
        """Have batches that were in flight sent again, since the threads that had sent them are gone."""
        for poller in list(self._pollers.values()):
            poller.recover()

    def keep(self, poller: Poller) -> None:
        """Have a poller's progress kept, and the last result, if anything is kept at all."""
        rows = vars(self.esm).get("progress")
        if rows is None or self.is_abandoned:
            return
        with LOCK:
            if rows.get(LAST_RESULT) != self.esm.last_processing_result:
                rows[LAST_RESULT] = self.esm.last_processing_result
        poller.keep(rows)

    def refresh(self) -> None:
        """Read settings and shards again, and move the state on."""
        with LOCK:
            self.mapping = Mapping.of(self.esm)
            problem = self._function_problem()
            self.mapping = replace(self.mapping, code_changed_at=self._code_changed_at)
        for poller in self._pollers.values():
            # A batch that is in flight was formed by the old settings, and its outcome is judged by the new
            # ones.
            poller.mapping = self.mapping
        if problem is None:
            try:
                self._refresh_pollers()
            except StreamMissingError as error:
                problem = f"PROBLEM: Event source not found: {error}"
        self.report_problem(problem)
        self._settle_state()

    def pollers(self) -> list[Poller]:
        """Return what is to be asked for work: a child shard only once its parents are drained."""
        if not self.is_active:
            return []
        try:
            return self._ready_pollers()
        except StreamMissingError:  # the next refresh will tell
            return []

    def _ready_pollers(self) -> list[Poller]:
        return [poller for name, poller in list(self._pollers.items()) if self._parents_are_drained(name)]

    def note_batch(self, due: DueBatch[Any], *, failed: bool) -> None:
        """Count a batch that has been sent; what ends a window without any records is none."""
        if due.records:
            with self._batches_lock:
                self._batches = self._batches.with_batch(due, failed=failed)

    def note_result(self, text: str) -> None:
        """Let users see how the last batch went."""
        self.esm.last_processing_result = text

    def report_problem(self, text: str | None) -> None:
        """Let users see why nothing is sent, or, with None, that the reason is gone."""
        if text is not None:
            self.note_result(text)
        elif self._problem is not None:
            self.note_result(NO_RECORDS)
        self._problem = text

    def status(self, now: float) -> dict[str, Any]:
        """Return what is worth knowing about the mapping."""
        return {
            "uuid": self.mapping.uuid,
            "function": self.mapping.function_arn,
            "source": self.mapping.source.arn,
            "state": getattr(self.esm, "state", "Enabled" if self.mapping.is_enabled else "Disabled"),
            "last_result": getattr(self.esm, "last_processing_result", NO_RECORDS),
            "gives_up": self.mapping.maximum_retry_attempts != ENDLESS,
            "batches": asdict(self._batches),
            "shards": [self._poller_status(poller, now) for poller in list(self._pollers.values())],
        }

    @staticmethod
    def _poller_status(poller: Poller, now: float) -> dict[str, Any]:
        try:
            return poller.status(now)
        except StreamMissingError:
            return {"problem": "the event source does not exist any more"}

    def _function_problem(self) -> str | None:
        """Return what keeps the function from being fed: it is gone, or its role may not read the source."""
        backend = get_backend(self.mapping.account_id, self.mapping.region)
        try:
            function = backend.get_function(self.mapping.function.name, self.mapping.function.qualifier)
        except JsonRESTError:
            function = None
        if not function:
            return f"PROBLEM: Function not found: {self.mapping.function_arn}"
        if self._code not in {None, function.code_sha_256}:
            self._code_changed_at = self._clock.now()
        self._code = function.code_sha_256
        problem = source_problem(str(function.role), self.mapping.source.arn)
        return None if problem is None else f"PROBLEM: {problem}"

    def _refresh_pollers(self) -> None:
        if self._source is None:
            self._pollers.setdefault(QUEUE, QueuePoller(self.mapping, now=self._clock.now()))
        else:
            self._shards = {shard.shard_id: shard for shard in self._source.shards()}
            for shard in self._shards.values():
                self._refresh_shard(self._source, shard)

    def _refresh_shard(self, source: StreamSource, shard: ShardInfo) -> None:
        known = self._pollers.get(shard.shard_id)
        position: int | None = None
        if known is None:
            position = self._first_position(source, shard.shard_id)
        elif known.slot_count != self.mapping.parallelization_factor:
            # Keys move to other slots: records above the checkpoint that a slot had done are sent again.
            position = known.retire()
        if position is None:
            return
        poller = ShardPoller(
            self.mapping,
            ShardReader(source, shard.shard_id, self._clock),
            position=position,
            now=self._clock.now(),
        )
        # What another process has done of this shard, before it was killed.
        if known is None and (kept := vars(self.esm).get("progress", {}).get(shard.shard_id)) is not None:
            poller.resume(kept)
        self._pollers[shard.shard_id] = poller

    def _first_position(self, source: StreamSource, shard_id: str) -> int:
        if self.mapping.starting_position == "LATEST":
            # Noted when the mapping was made; a shard that is younger is read from its beginning.
            return int(getattr(self.esm, "tips", {}).get(shard_id, HORIZON))
        if self.mapping.starting_timestamp is not None:
            return source.position_before(shard_id, self.mapping.starting_timestamp)
        return HORIZON

    def _parents_are_drained(self, name: str) -> bool:
        shard = self._shards.get(name) if self._source is not None else None
        parents = shard.parents if shard is not None else ()
        # Kinesis keeps the order of a partition key across a split or merge only for readers that finish the
        # parents first.
        # https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html
        return all(parent not in self._pollers or self._pollers[parent].is_drained() for parent in parents)

    def _settle_state(self) -> None:
        wanted = "Enabled" if self.mapping.is_enabled else "Disabled"
        # A mapping that is being disabled finishes what is in flight.
        if wanted == "Disabled" and self.is_busy:
            return
        with LOCK:
            is_current = bool(self.esm.enabled) == self.mapping.is_enabled  # not changed since it was read
            if is_current and self.esm.state != wanted:
                self.esm.state = wanted
                MARKS.note_resources("awslambda")


def _lambda_backends() -> Any:
    # Looked up each time: which of the two serves is a setting that may be made after this module was loaded.
    from moto.awslambda.models import lambda_backends  # noqa: PLC0415
    from moto.awslambda_simple.models import lambda_simple_backends  # noqa: PLC0415
    from moto.core.models import default_user_config  # noqa: PLC0415

    uses_docker = default_user_config.get("lambda", {}).get("use_docker", True)
    return lambda_backends if uses_docker else lambda_simple_backends
