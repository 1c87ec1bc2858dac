"""Sends batches and asynchronous events to their functions, and reports how that went.

No decision is taken here: pollers decide about batches, the event queue about events.
"""

import logging
from dataclasses import dataclass
from typing import Any

from moto.core.exceptions import JsonRESTError

from workshop.clock import Clock
from workshop.cloud.offline.runtime.event_sources.destinations import deliver
from workshop.cloud.offline.runtime.event_sources.mapping_worker import FAILED, OK, MappingWorker
from workshop.cloud.offline.runtime.event_sources.mappings import Mapping
from workshop.cloud.offline.runtime.event_sources.poller import BatchReport, DueBatch, Poller
from workshop.cloud.offline.runtime.event_sources.retry_or_bisect import Advance
from workshop.cloud.offline.runtime.event_sources.sources import StreamMissingError
from workshop.cloud.offline.runtime.failures_in_a_row import FailuresInARow
from workshop.cloud.offline.runtime.invocations.async_events import AsyncEvent, AsyncEvents
from workshop.cloud.offline.runtime.invocations.concurrency import StoppedError, ThrottledError
from workshop.cloud.offline.runtime.invocations.invoker import Invoker, PayloadTooLargeError
from workshop.cloud.offline.runtime.invocations.metrics import Metrics

__all__ = ["BatchSender", "PendingBatch"]

LOGGER = logging.getLogger(__name__)

THROTTLED = "PROBLEM: Function call throttled"


@dataclass(frozen=True, slots=True)
class PendingBatch:
    """A batch that is due, with the mapping and the poller that it belongs to."""

    worker: MappingWorker
    poller: Poller
    due: DueBatch[Any]


class BatchSender:
    """Invokes functions for pollers and for the event queue. Thread-safe; blocks while a function runs."""

    def __init__(self, invoker: Invoker, *, events: AsyncEvents, metrics: Metrics, clock: Clock) -> None:
        self._invoker = invoker
        self._events = events
        self._metrics = metrics
        self._clock = clock
        self._failures = FailuresInARow(LOGGER)

    def pause_ends(self, poller: Poller) -> float | None:
        """Return when a poller that cannot read is tried again, None if it can."""
        return self._failures.pause_ends(poller)

    def next_batch(self, worker: MappingWorker, poller: Poller, slot: int) -> PendingBatch | None:
        """Ask a slot for its next batch; a source that cannot be read becomes a problem of the mapping."""
        now = self._clock.now()
        if not worker.is_active or self._failures.is_paused(poller, now):
            return None
        try:
            due = poller.next_batch(slot, now)
        except StreamMissingError as error:
            worker.report_problem(f"PROBLEM: Event source not found: {error}")
            return None
        except JsonRESTError as error:
            worker.report_problem(f"PROBLEM: {error.message}")
            return None
        except Exception as error:  # noqa: BLE001 # one source that cannot be read must not keep the others waiting
            self._failures.failed(poller, f"reading for mapping `{worker.mapping.uuid}`", error, now=now)
            worker.note_result(f"PROBLEM: {type(error).__name__}: {error}")
            return None
        self._failures.succeeded(poller)
        if self._report_discarded(poller):
            worker.keep(poller)
        return PendingBatch(worker, poller, due) if due is not None else None

    def send(self, pending: PendingBatch) -> None:
        """Send the batch, let the poller decide, and tell users."""
        mapping = pending.poller.mapping
        report, problem = self._send(mapping, pending.due.payload)
        # The mapping was deleted while its function ran: no checkpoint, no retry, no failure destination.
        if pending.worker.is_abandoned:
            return
        now = self._clock.now()
        decision = pending.poller.finish(pending.due, report, now)
        pending.worker.note_result(problem or (OK if isinstance(decision, Advance) else FAILED))
        if report.answer is not None:
            pending.worker.note_batch(pending.due, failed=report.function_error is not None)
        if pending.due.arrived_at is not None and report.answer is not None:
            place = (mapping.account_id, mapping.region, mapping.function.name)
            self._metrics.add(place, IteratorAge=max(0.0, now - pending.due.arrived_at) * 1000)
        self._report_discarded(pending.poller)
        # Only now: what is kept as discarded has reached its destination.
        pending.worker.keep(pending.poller)

    def deliver_event(self, event: AsyncEvent) -> None:
        """Send an asynchronous event; the queue decides what follows."""
        # A reset may have come between the taking of the event and this thread.
        if not self._events.is_expected(event):
            return
        try:
            result = self._invoker.invoke(
                event.function,
                event.payload,
                region=event.region,
                account_id=event.account_id,
                client_context=event.client_context,
                request_id=event.request_id,
            )
        except StoppedError:
            self._events.stopped(event, self._clock.now())
        except ThrottledError:
            self._events.throttled(event, self._clock.now())
        except (JsonRESTError, PayloadTooLargeError) as error:
            LOGGER.warning("an event for `%s` was dropped: %s", event.function.name, error)
            self._events.dropped(event)
        except Exception as error:  # noqa: BLE001 # an accepted event is not lost because the runtime stumbled
            now = self._clock.now()
            self._failures.failed(
                event.function, f"sending an event to `{event.function.name}`", error, now=now
            )
            self._events.throttled(event, now)
        else:
            self._failures.succeeded(event.function)
            self._events.answered(event, result, self._clock.now())

    def _send(self, mapping: Mapping, payload: bytes) -> tuple[BatchReport, str | None]:
        try:
            result = self._invoker.invoke(
                mapping.function, payload, region=mapping.region, account_id=mapping.account_id
            )
        except ThrottledError:
            return BatchReport(), THROTTLED
        except PayloadTooLargeError:
            return BatchReport(is_too_large=True), None
        except JsonRESTError as error:
            return BatchReport(), f"PROBLEM: {error.message}"
        except Exception as error:  # noqa: BLE001 # a slot that is never told would wait for ever: it tries again
            what = f"sending a batch to `{mapping.function.name}`"
            self._failures.failed(mapping.uuid, what, error, now=self._clock.now())
            return BatchReport(), f"PROBLEM: {type(error).__name__}: {error}"
        self._failures.succeeded(mapping.uuid)
        report = BatchReport(
            answer=result.payload,
            function_error=result.function_error,
            request_id=result.request_id,
            executed_version=result.executed_version,
        )
        return report, None

    def _report_discarded(self, poller: Poller) -> bool:
        """Tell destinations what was discarded; return whether anything was."""
        taken = poller.take_discarded()
        for discarded in taken:
            deliver(discarded, poller.mapping, now=self._clock.now())
        return bool(taken)
