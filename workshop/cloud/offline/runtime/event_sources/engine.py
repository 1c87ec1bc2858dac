"""Drives everything that happens by itself: mappings are served, shards polled, batches and events sent.

The same code runs on threads (`start`) and step by step (`step`). One thread looks for work, cheaply, many
times a second; batches are sent by worker threads, each of which stays with its slot for as long as there
is more to do. AWS polls an idle Kinesis shard once a second and a DynamoDB stream four times; offline
nobody pays for a poll, so both are looked at ten times a second; once nobody has called the cloud for some
seconds, and nothing is due, once a second.
Source: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
"""

import logging
import threading
from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any

from workshop.clock import Clock, stopwatch
from workshop.cloud.offline.runtime.arns import FunctionReference
from workshop.cloud.offline.runtime.environments.threads import WorkerPool, start_thread
from workshop.cloud.offline.runtime.event_sources.attention import POLL_SECONDS, Attention
from workshop.cloud.offline.runtime.event_sources.batch_sender import BatchSender, PendingBatch
from workshop.cloud.offline.runtime.event_sources.mapping_worker import MappingWorker, current_mappings
from workshop.cloud.offline.runtime.event_sources.poller import Poller
from workshop.cloud.offline.runtime.failures_in_a_row import FailuresInARow
from workshop.cloud.offline.runtime.invocations.async_events import AsyncEvents

__all__ = ["Engine"]

LOGGER = logging.getLogger(__name__)

# Changes through the API are announced; this is for shards that appear and functions that vanish.
REFRESH_SECONDS = 0.5
MAX_WORKERS = 64
STOP_SECONDS = 5.0
# A function that feeds its own source would otherwise keep one step busy for ever.
MAX_ROUNDS = 10_000

# A mapping, one of its pollers, and the number of a batch slot of that poller.
Slot = tuple[MappingWorker, Poller, int]


class Engine:
    """Takes on every mapping of the backends, and sends what is due.

    `step` must not be called while the threads run; every other method may be called from any thread.
    """

    def __init__(
        self, sender: BatchSender, *, events: AsyncEvents, clock: Clock, housekeeping: Callable[[], None]
    ) -> None:
        self._sender = sender
        self._events = events
        self._clock = clock
        self._housekeeping = housekeeping
        self._failures = FailuresInARow(LOGGER)
        self._mappings: dict[str, MappingWorker] = {}
        # Held while mappings are taken on or dropped; taken before every other lock but the condition below.
        self._mappings_lock = threading.Lock()
        self._refreshed_at = float("-inf")
        # What worker threads are at, with the name of the function. An entry stays until everything that
        # follows from a batch has happened, and goes under the condition, so that nothing ends during a look.
        self._driven: dict[tuple[int, int], str] = {}
        self._driven_changed = threading.Condition()
        self._attention = Attention()
        self._due_in: float | None = None
        self._has_news = threading.Event()
        self._is_stopping = threading.Event()
        self._loop: threading.Thread | None = None
        self._workers: WorkerPool | None = None

    def start(self) -> None:
        """Start the threads; nothing happens if they run."""
        if self._loop is None:
            self._is_stopping.clear()
            self._workers = WorkerPool(MAX_WORKERS, "lambda-worker")
            self._loop = start_thread(self._run, "lambda-engine")

    def stopping(self) -> None:
        """Begin no new work; what is in flight may end."""
        self._is_stopping.set()
        self._attention.wake()

    def stop(self) -> None:
        """End the threads; a function that runs is given a moment, or must have been killed before."""
        self.stopping()
        if self._loop is not None:
            self._loop.join(STOP_SECONDS)
        if self._workers is not None:
            self._workers.stop(STOP_SECONDS)
        self._loop = self._workers = None
        self._driven.clear()
        for worker in self.mappings():
            worker.recover()
        self._events.recover()

    def later(self, job: Callable[[], None]) -> None:
        """Have a job done by a worker; without threads it is done at once."""
        if self._workers is None:
            job()
        else:
            self._submit(job, (id(job), 0), "")

    def wake(self) -> None:
        """Look at all mappings again at once; called when one of them, or a function, was changed."""
        self._has_news.set()
        self._attention.wake()

    def hear(self) -> None:
        """Take note that somebody has called the cloud: there may be work, and soon more of it."""
        self._attention.hear()

    def forget(self) -> None:
        """Drop every mapping and event; what is in flight has no consequences any more.

        The caller must not hold the lock.
        """
        with self._mappings_lock:
            for worker in self._mappings.values():
                worker.is_abandoned = True
            self._mappings.clear()
        self._events.clear()

    def step(self) -> float | None:
        """Do everything that is due now, on this thread; returns when the next thing is due, if any is."""
        for _ in range(MAX_ROUNDS):
            self._refresh()
            # All that is due is taken first and sent afterwards. What a batch makes due at another slot waits
            # for the next round, so that no slot can starve the others.
            batches = [batch for slot in self._slots() if (batch := self._sender.next_batch(*slot))]
            for batch in batches:
                self._sender.send(batch)
            events = self._events.take_due(self._clock.now())
            for event in events:
                self._sender.deliver_event(event)
            if not batches and not events:
                break
        return self._next_due()

    def mappings(self) -> list[MappingWorker]:
        """Return the workers of all mappings that are served."""
        return list(self._mappings.values())

    def wait_until_quiet(self, functions: Collection[str], *, timeout_seconds: float) -> bool:
        """Block until these functions, or all if none is named, have nothing to do; False if time is over.

        Nothing to do means: no record waits for an enabled mapping, no batch and no asynchronous event is
        under way, no window holds a state. What a function has written by then counts, so a chain of
        functions is quiet as a whole. The caller must not hold the lock; the time is the machine's.
        """
        begun = stopwatch()
        with self._driven_changed:
            while not self._is_quiet(functions):
                left = timeout_seconds - (stopwatch() - begun)
                if left <= 0 or self._is_stopping.is_set():
                    return False
                # Not everything that ends is announced: a window may simply have passed.
                self._driven_changed.wait(min(left, POLL_SECONDS))
        return True

    def _is_quiet(self, functions: Collection[str]) -> bool:
        # Taken while the condition is held: a function whose work ends now could have written to a source
        # that has been looked at already. Those that are still at work when all has been looked at are seen.
        with self._mappings_lock:
            if self._has_news.is_set() or any(self._is_new(esm, functions) for esm in current_mappings()):
                return False
            workers = self.mappings()
        if any(
            each.has_work() for each in workers if not functions or each.mapping.function.name in functions
        ):
            return False
        busy = self._events.functions() | set(self._driven.values())
        return not (busy & set(functions) if functions else busy)

    def _is_new(self, esm: Any, functions: Collection[str]) -> bool:
        is_meant = not functions or FunctionReference.parse(esm.function_arn).name in functions
        return is_meant and esm.uuid not in self._mappings

    def _refresh(self) -> None:
        self._refreshed_at = self._clock.now()
        with self._mappings_lock:
            # Not before: whoever asks whether all is quiet must find either the news or what became of it.
            self._has_news.clear()
            found = {esm.uuid: esm for esm in current_mappings()}
            # A worker that has gone may still be amid a batch. Marked, it reports to nobody when it comes
            # back.
            for uuid in self._mappings.keys() - found.keys():
                self._mappings.pop(uuid).is_abandoned = True
            for uuid, esm in found.items():
                try:
                    self._refresh_mapping(uuid, esm)
                except Exception as error:  # noqa: BLE001 - one mapping must not keep the others waiting
                    self._report_unserved(uuid, esm, error)

    def _refresh_mapping(self, uuid: str, esm: Any) -> None:
        known = self._mappings.get(uuid)
        if known is None or known.esm is not esm:
            known = self._mappings[uuid] = MappingWorker(esm, self._clock)
        known.refresh()

    def _report_unserved(self, uuid: str, esm: Any, error: Exception) -> None:
        """Tell users, and once the log, that a mapping is not served; it is looked at again all the same."""
        text = f"PROBLEM: {type(error).__name__}: {error}"
        if getattr(esm, "last_processing_result", None) != text:
            LOGGER.error("mapping `%s` cannot be served", uuid, exc_info=error)
            esm.last_processing_result = text
        if (known := self._mappings.pop(uuid, None)) is not None:
            known.is_abandoned = True

    def _slots(self) -> Iterator[Slot]:
        for worker in self.mappings():
            for poller in worker.pollers():
                for slot in range(poller.slot_count):
                    yield worker, poller, slot

    def _next_due(self) -> float | None:
        times = [self._due(poller) for worker in self.mappings() for poller in worker.pollers()]
        times.append(self._events.next_due())
        return min((time for time in times if time is not None), default=None)

    def _due(self, poller: Poller) -> float | None:
        due, pause_ends = poller.next_due(), self._sender.pause_ends(poller)
        return due if pause_ends is None else max(due or pause_ends, pause_ends)

    def _run(self) -> None:
        while not self._is_stopping.is_set():
            # Whatever a backend does must not end the service.
            if not self._tried("looking for work", self._look_for_work):
                pause = self._failures.pause_ends("looking for work") or 0.0
                # Not interrupted by news, which may come all the time.
                self._is_stopping.wait(max(0.0, pause - self._clock.now()))
            self._attention.wait(self._due_in)

    def _tried(self, what: str, job: Callable[[], None]) -> bool:
        """Do a job; return False, with an entry in the log unless it is the same again, if it failed."""
        try:
            job()
        except Exception as error:  # noqa: BLE001 # logged there
            self._failures.failed(what, what, error, now=self._clock.now())
            return False
        self._failures.succeeded(what)
        return True

    def _look_for_work(self) -> None:
        # The machine's time may be set back. A negative span counts as over, or nothing would be looked at
        # again until the old time has come.
        since = self._clock.now() - self._refreshed_at
        if self._has_news.is_set() or not 0 <= since < REFRESH_SECONDS:
            self._refresh()
            # A schedule that cannot be served must not keep the records of streams waiting.
            if not self._failures.is_paused("housekeeping", self._clock.now()):
                self._tried("housekeeping", self._housekeeping)
        for worker, poller, slot in self._slots():
            key = (id(poller), slot)
            # A worker asks its own slot for more when it is done; a second one could only find it busy.
            if key in self._driven:
                continue
            pending = self._sender.next_batch(worker, poller, slot)
            if pending is not None:
                self._submit(partial(self._drive, pending), key, worker.mapping.function.name)
        for event in self._events.take_due(self._clock.now()):
            self._submit(partial(self._sender.deliver_event, event), (id(event), 0), event.function.name)
        due = self._next_due() if self._attention.is_left_alone else None
        self._due_in = None if due is None else due - self._clock.now()

    def _submit(self, job: Callable[[], None], key: tuple[int, int], function: str) -> None:
        def run() -> None:
            try:
                job()
            finally:
                with self._driven_changed:
                    self._driven.pop(key, None)
                    self._driven_changed.notify_all()
                # A slot that was handed on, or a retry that is due, waits for no rest to end.
                self._attention.hear()

        if self._workers is not None:
            self._attention.hear()
            # Noted before the job is queued: between the two, nobody may find this function without work.
            self._driven[key] = function
            self._workers.submit(run)

    def _drive(self, pending: PendingBatch) -> None:
        """Send a slot's batches until none is due, or others wait for their turn."""
        following: PendingBatch | None = pending
        while following is not None:
            self._sender.send(following)
            if self._is_stopping.is_set():
                break
            if self._workers is not None and self._workers.is_crowded:
                # The next look hands this slot on to whichever thread is free then.
                break
            following = self._sender.next_batch(pending.worker, pending.poller, pending.due.slot)
