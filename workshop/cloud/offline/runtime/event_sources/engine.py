"""Drives everything that happens by itself: mappings are adopted, shards polled, batches and events sent.

The same code runs on threads (`start`) and step by step (`step`). One thread looks for work, cheaply, many
times a second; batches are sent by worker threads, each of which stays with its lane for as long as there
is more to do. AWS polls an idle Kinesis shard once a second and a DynamoDB stream four times; offline
nobody pays for a poll, so both are looked at ten times a second.
"""

import logging
import threading
from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any

from workshop.clock import Clock, stopwatch
from workshop.cloud.offline.runtime.arns import FunctionReference
from workshop.cloud.offline.runtime.environments.threads import WorkerPool, start_thread
from workshop.cloud.offline.runtime.event_sources.adoption import AdoptedMapping, current_mappings
from workshop.cloud.offline.runtime.event_sources.courier import Courier, Errand
from workshop.cloud.offline.runtime.event_sources.work import Poller
from workshop.cloud.offline.runtime.invocations.async_events import AsyncEvents

__all__ = ["Engine"]

LOGGER = logging.getLogger(__name__)

POLL_SECONDS = 0.1
# Changes through the API are announced; this is for shards that appear and functions that vanish.
REFRESH_SECONDS = 0.5
MAX_WORKERS = 64
STOP_SECONDS = 5.0
# A function that feeds its own source would otherwise keep one step busy for ever.
MAX_ROUNDS = 10_000

Lane = tuple[AdoptedMapping, Poller, int]


class Engine:
    """See the module. `step` must not be called while the threads run."""

    def __init__(
        self, courier: Courier, *, events: AsyncEvents, clock: Clock, housekeeping: Callable[[], None]
    ) -> None:
        self._courier = courier
        self._events = events
        self._clock = clock
        self._housekeeping = housekeeping
        self._adopted: dict[str, AdoptedMapping] = {}
        # Held while mappings are adopted or dropped; taken before every other lock but the condition below.
        self._adopting = threading.Lock()
        self._refreshed_at = float("-inf")
        # What worker threads are at, with the name of the function. An entry stays until everything that
        # follows from a batch has happened, and goes under the condition, so that nothing ends during a look.
        self._driven: dict[tuple[int, int], str] = {}
        self._driven_changed = threading.Condition()
        self._wake = threading.Event()
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
        self._wake.set()

    def stop(self) -> None:
        """End the threads; a function that runs is given a moment, or must have been killed before."""
        self.stopping()
        if self._loop is not None:
            self._loop.join(STOP_SECONDS)
        if self._workers is not None:
            self._workers.stop(STOP_SECONDS)
        self._loop = self._workers = None
        self._driven.clear()
        for adopted in self.mappings():
            adopted.recover()
        self._events.recover()

    def wake(self) -> None:
        """Look at all mappings again at once; called when one of them, or a function, was changed."""
        self._has_news.set()
        self._wake.set()

    def forget(self) -> None:
        """Drop every mapping and event; what is in flight has no consequences any more.

        The caller must not hold the lock.
        """
        with self._adopting:
            for adopted in self._adopted.values():
                adopted.is_abandoned = True
            self._adopted.clear()
        self._events.clear()

    def step(self) -> float | None:
        """Do everything that is due now, on this thread; returns when the next thing is due, if any is."""
        for _ in range(MAX_ROUNDS):
            self._refresh()
            errands = [errand for lane in self._lanes() if (errand := self._courier.next_errand(*lane))]
            for errand in errands:
                self._courier.carry_out(errand)
            events = self._events.take_due(self._clock.now())
            for event in events:
                self._courier.deliver_event(event)
            if not errands and not events:
                break
        return self._next_due()

    def mappings(self) -> list[AdoptedMapping]:
        """Return what has been adopted."""
        return list(self._adopted.values())

    def wait_until_quiet(self, functions: Collection[str], *, timeout_seconds: float) -> bool:
        """Block until these functions, or all if none is named, have nothing to do; False if time is over.

        Nothing to do means: no record waits for an enabled mapping, no batch and no asynchronous event is
        under way, no window will end. What a function has written by then counts, so a chain of functions
        is quiet as a whole. The caller must not hold the lock; the time is the machine's.
        """
        begun = stopwatch()
        with self._driven_changed:
            while not self._is_quiet(functions):
                left = timeout_seconds - (stopwatch() - begun)
                if left <= 0 or self._is_stopping.is_set():
                    return False
                self._driven_changed.wait(min(left, POLL_SECONDS))
        return True

    def _is_quiet(self, functions: Collection[str]) -> bool:
        # Taken while the condition is held: a function whose work ends now could have written to a source
        # that has been looked at already. Those that are still at work when all has been looked at are seen.
        with self._adopting:
            if self._has_news.is_set() or any(self._is_new(esm, functions) for esm in current_mappings()):
                return False
            adopted = self.mappings()
        if any(
            each.has_work() for each in adopted if not functions or each.mapping.function.name in functions
        ):
            return False
        busy = self._events.functions() | set(self._driven.values())
        return not (busy & set(functions) if functions else busy)

    def _is_new(self, esm: Any, functions: Collection[str]) -> bool:
        is_meant = not functions or FunctionReference.parse(esm.function_arn).name in functions
        return is_meant and esm.uuid not in self._adopted

    def _refresh(self) -> None:
        self._has_news.clear()
        self._refreshed_at = self._clock.now()
        with self._adopting:
            found = {esm.uuid: esm for esm in current_mappings()}
            for uuid in self._adopted.keys() - found.keys():
                self._adopted.pop(uuid).is_abandoned = True
            for uuid, esm in found.items():
                try:
                    self._adopt(uuid, esm)
                except Exception as error:  # noqa: BLE001 - one mapping must not keep the others waiting
                    self._give_up(uuid, esm, error)

    def _adopt(self, uuid: str, esm: Any) -> None:
        known = self._adopted.get(uuid)
        if known is None or known.esm is not esm:
            known = self._adopted[uuid] = AdoptedMapping(esm, self._clock)
        known.refresh()

    def _give_up(self, uuid: str, esm: Any, error: Exception) -> None:
        """Tell users, and once the log, that a mapping is not served; it is looked at again all the same."""
        text = f"PROBLEM: {type(error).__name__}: {error}"
        if getattr(esm, "last_processing_result", None) != text:
            LOGGER.error("mapping `%s` cannot be served", uuid, exc_info=error)
            esm.last_processing_result = text
        if (known := self._adopted.pop(uuid, None)) is not None:
            known.is_abandoned = True

    def _lanes(self) -> Iterator[Lane]:
        for adopted in self.mappings():
            for poller in adopted.pollers():
                for lane in range(poller.lane_count):
                    yield adopted, poller, lane

    def _next_due(self) -> float | None:
        times = [poller.next_due() for adopted in self.mappings() for poller in adopted.pollers()]
        times.append(self._events.next_due())
        return min((time for time in times if time is not None), default=None)

    def _run(self) -> None:
        while not self._is_stopping.is_set():
            try:
                self._look_for_work()
            except Exception:  # whatever a backend does must not end the service
                LOGGER.exception("looking for work failed; it is tried again")
            self._wake.wait(POLL_SECONDS)
            self._wake.clear()

    def _look_for_work(self) -> None:
        since = self._clock.now() - self._refreshed_at
        if self._has_news.is_set() or not 0 <= since < REFRESH_SECONDS:
            self._refresh()
            self._housekeeping()
        for adopted, poller, lane in self._lanes():
            key = (id(poller), lane)
            if key in self._driven:
                continue
            errand = self._courier.next_errand(adopted, poller, lane)
            if errand is not None:
                self._submit(partial(self._drive, errand), key, adopted.mapping.function.name)
        for event in self._events.take_due(self._clock.now()):
            self._submit(partial(self._courier.deliver_event, event), (id(event), 0), event.function.name)

    def _submit(self, job: Callable[[], None], key: tuple[int, int], function: str) -> None:
        def run() -> None:
            try:
                job()
            finally:
                with self._driven_changed:
                    self._driven.pop(key, None)
                    self._driven_changed.notify_all()

        if self._workers is not None:
            self._driven[key] = function
            self._workers.submit(run)

    def _drive(self, errand: Errand) -> None:
        """Send a lane's batches until none is due."""
        following: Errand | None = errand
        while following is not None:
            self._courier.carry_out(following)
            if self._is_stopping.is_set():
                break
            following = self._courier.next_errand(errand.adopted, errand.poller, errand.work.lane)
