"""The Lambda runtime as its owner, the server, sees it."""

from collections.abc import Collection
from typing import Any

from workshop.clock import Clock
from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.runtime.active_runtime import activate, deactivate
from workshop.cloud.offline.runtime.arns import FunctionReference
from workshop.cloud.offline.runtime.environments.environment import EnvironmentFactory
from workshop.cloud.offline.runtime.environments.pool import MAX_ENVIRONMENTS, EnvironmentPool
from workshop.cloud.offline.runtime.environments.subprocess_environment import SubprocessEnvironments
from workshop.cloud.offline.runtime.event_sources.batch_sender import BatchSender
from workshop.cloud.offline.runtime.event_sources.engine import Engine
from workshop.cloud.offline.runtime.invocations.async_events import AsyncEvent, AsyncEvents
from workshop.cloud.offline.runtime.invocations.concurrency import Concurrency
from workshop.cloud.offline.runtime.invocations.functions import find_function
from workshop.cloud.offline.runtime.invocations.invoker import InvocationResult, Invoker, PayloadTooLargeError
from workshop.cloud.offline.runtime.invocations.metrics import Metrics
from workshop.cloud.offline.runtime.invocations.results import InvocationResults
from workshop.cloud.offline.runtime.retention import Retention
from workshop.cloud.offline.runtime.schedules.schedules import Schedules
from workshop.settings import ACCOUNT_ID

__all__ = ["Runtime"]

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; 256 KB until October 2025.
MAX_ASYNC_BYTES = 1024 * 1024


class Runtime:
    """Runs the functions of this process's backends, and the mappings and schedules that invoke them.

    Either on threads, between `start` and `stop`, or step by step with `step`. A runtime that is stopped
    keeps the mappings' progress; it, or another one, goes on from there.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        endpoint_url: str,
        environments: EnvironmentFactory | None = None,
        max_environments: int = MAX_ENVIRONMENTS,
    ) -> None:
        self.endpoint_url = endpoint_url
        self._clock = clock
        self._factory = environments or SubprocessEnvironments(endpoint_url=endpoint_url)
        self._pool = EnvironmentPool(self._factory, clock, limit=max_environments)
        self._concurrency = Concurrency()
        self._metrics = Metrics(clock)
        self._results = InvocationResults(clock)
        self._events = AsyncEvents()
        self._invoker = Invoker(
            self._pool,
            concurrency=self._concurrency,
            metrics=self._metrics,
            results=self._results,
            clock=clock,
        )
        sender = BatchSender(self._invoker, events=self._events, metrics=self._metrics, clock=clock)
        self._retention = Retention(clock)
        self._served: set[str] = set()
        self._engine = Engine(sender, events=self._events, clock=clock, housekeeping=self._keep_house)
        self._schedules = Schedules(clock, self.invoke, self._engine.later)
        activate(self)

    def start(self) -> None:
        """Serve on threads; returns at once."""
        activate(self)
        self._pool.open()
        self._engine.start()

    def stop(self) -> None:
        """End all environments and threads; functions that run are cut off."""
        deactivate(self)
        with LOCK.released():  # the threads need it to come to an end
            self._engine.stopping()
            # In this order: workers wait for functions that run, which only end now that their processes are
            # killed.
            self._pool.close()
            self._engine.stop()
            self._schedules.recover()
            self._factory.close()

    def reset(self) -> None:
        """Forget all mappings, events and environments.

        Called before the backends are emptied, and where threads run, afterwards as well: until then they may
        begin something.
        """
        with LOCK.released():
            # The engine first: a batch in flight that fails because its environment is closed is then
            # nobody's any more.
            self._engine.forget()
            self._schedules.clear()
            self._metrics.clear()
            self._results.clear()
            self._pool.close_all()

    def step(self) -> float | None:
        """Do all work that is due, on this thread and in a fixed order.

        Returns when the next work is due: a retry, the end of a window, a schedule. None means that
        everything is at rest until somebody puts something in. Not to be called between `start` and `stop`.
        """
        # Schedules first: the events that they put into the queue are delivered in the same step.
        scheduled = self._schedules.step()
        due = self._engine.step()
        self._metrics.flush()
        self._pool.reap()
        self._retention.drop_expired()
        return min((time for time in (due, scheduled) if time is not None), default=None)

    def wake(self) -> None:
        """Look at all mappings again soon; the control plane calls this when something was changed."""
        self._engine.wake()

    def hear(self) -> None:
        """Take note of a call to the cloud; after some seconds without any, work is looked for less often."""
        self._engine.hear()

    def invoke(  # noqa: PLR0913 - the parameters of Invoke
        self,
        function: str,
        payload: bytes,
        *,
        region: str,
        invocation_type: str = "RequestResponse",
        log_type: str = "None",
        qualifier: str | None = None,
        client_context: str | None = None,
    ) -> InvocationResult:
        """Invoke a function as the API does; blocks until it has answered unless the type is Event or DryRun.

        The caller must not hold the lock.

        Raises:
            UnknownFunctionException: moto's own, if there is no such function.
            ThrottledError: too many invocations are running.
            PayloadTooLargeError: the payload is larger than 6 MB, or 1 MB if the type is Event.
        """
        parsed = FunctionReference.parse(function)
        reference = FunctionReference(parsed.name, parsed.qualifier or qualifier)
        if invocation_type == "RequestResponse":
            result = self._invoker.invoke(
                reference,
                payload or b"{}",
                region=region,
                account_id=ACCOUNT_ID,
                client_context=client_context,
            )
            return result if log_type == "Tail" else result.without_log()
        # Looked up before the event is accepted: AWS answers 202 only for a function that exists, and 404 for
        # others, whatever happens to the event later.
        with LOCK:
            version = find_function(reference, region=region, account_id=ACCOUNT_ID).version
        if invocation_type == "DryRun":
            return InvocationResult(204, None, b"", "", version)
        event = self._accept(reference, payload or b"{}", region=region, client_context=client_context)
        return InvocationResult(202, None, b"", "", version, event.request_id)

    def _accept(
        self, reference: FunctionReference, payload: bytes, *, region: str, client_context: str | None
    ) -> AsyncEvent:
        """Queue an asynchronous event, and let the engine look at it."""
        if len(payload) > MAX_ASYNC_BYTES:
            raise PayloadTooLargeError(
                f"{len(payload)} byte payload is too large for the Event invocation type "
                f"(limit {MAX_ASYNC_BYTES} bytes)"
            )
        now = self._clock.now()
        event = AsyncEvent(
            reference,
            region=region,
            account_id=ACCOUNT_ID,
            payload=payload,
            accepted_at=now,
            not_before=now,
            client_context=client_context,
        )
        self._events.add(event)
        self.wake()
        return event

    def wait_until_quiet(self, functions: Collection[str] = (), *, timeout_seconds: float) -> bool:
        """Block until these functions, or all, have nothing to do; False if the time is over before.

        The caller must not hold the lock.
        """
        return self._engine.wait_until_quiet(functions, timeout_seconds=timeout_seconds)

    def status(self) -> dict[str, Any]:
        """Return what runs and what lags, as plain JSON values."""
        now = self._clock.now()
        running = self._concurrency.running()
        return {
            "mappings": [worker.status(now) for worker in self._engine.mappings()],
            "functions": self._results.status(),
            "environments": self._pool.counts(),
            "in_flight": {name: count for (_, _, name), count in running.items()},
            "waiting_events": len(self._events),
            "schedules": self._schedules.status(),
        }

    def _keep_house(self) -> None:
        served = {worker.mapping.uuid for worker in self._engine.mappings() if worker.mapping.is_enabled}
        if served - self._served:
            # Records will come: the first of them need not wait for boto3 to be imported.
            self._pool.prepare()
        self._served = served
        self._schedules.step()
        self._metrics.flush()
        self._pool.reap()
        self._retention.drop_expired()
