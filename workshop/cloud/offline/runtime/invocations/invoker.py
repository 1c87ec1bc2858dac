"""Runs a function once, in whichever environment is free, and writes down what happened."""

import uuid
from dataclasses import dataclass, replace

from workshop.clock import Clock
from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.runtime.arns import FunctionReference
from workshop.cloud.offline.runtime.environments.environment import EnvironmentAnswer, Invocation
from workshop.cloud.offline.runtime.environments.failures import fault
from workshop.cloud.offline.runtime.environments.pool import EnvironmentPool
from workshop.cloud.offline.runtime.event_sources.batching import MAX_PAYLOAD_BYTES
from workshop.cloud.offline.runtime.event_sources.events import encode
from workshop.cloud.offline.runtime.invocations.concurrency import Concurrency, ThrottledError
from workshop.cloud.offline.runtime.invocations.functions import FunctionSpec, find_function
from workshop.cloud.offline.runtime.invocations.logs import InvocationLog, tail
from workshop.cloud.offline.runtime.invocations.metrics import Metrics
from workshop.cloud.offline.runtime.invocations.results import InvocationResults

__all__ = ["MAX_ANSWER_BYTES", "InvocationResult", "Invoker", "PayloadTooLargeError"]

MAX_ANSWER_BYTES = 6 * 1024 * 1024 + 100


class PayloadTooLargeError(Exception):
    """The event is larger than a synchronous invocation takes; the function was not invoked."""


@dataclass(frozen=True, slots=True)
class InvocationResult:
    """What the caller of Invoke gets, whatever the function did."""

    status_code: int
    function_error: str | None
    payload: bytes
    log_tail: str
    executed_version: str
    request_id: str = ""

    def without_log(self) -> "InvocationResult":
        """Return the result as a caller sees it who has not asked for the log."""
        return replace(self, log_tail="")


class Invoker:
    """Invokes functions. Thread-safe; blocks while the function runs, and never holds the lock meanwhile."""

    def __init__(
        self,
        pool: EnvironmentPool,
        *,
        concurrency: Concurrency,
        metrics: Metrics,
        results: InvocationResults,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._concurrency = concurrency
        self._metrics = metrics
        self._results = results
        self._clock = clock

    def invoke(
        self,
        reference: FunctionReference,
        payload: bytes,
        *,
        region: str,
        account_id: str,
        client_context: str | None = None,
        request_id: str | None = None,
    ) -> InvocationResult:
        """Run the function with the payload and return its answer, or how it failed.

        An event that is tried again has the id that it had before.

        Raises:
            UnknownFunctionException: moto's own, if there is no such function.
            ThrottledError: too many invocations are running.
            PayloadTooLargeError: the payload is larger than 6 MB.
        """
        with LOCK:
            function = find_function(reference, region=region, account_id=account_id)
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise PayloadTooLargeError(f"the event has {len(payload)} bytes")
        invocation = Invocation(
            request_id=request_id or str(uuid.uuid4()),
            event=payload,
            function_arn=reference.arn(region, account_id),
            client_context=client_context,
        )
        try:
            # The slot first, then an environment: a function that has used up its reservation must not take
            # one from another function.
            with self._concurrency.slot(function) as running:
                self._metrics.add(function.place, ConcurrentExecutions=running)
                return self._run(function, invocation)
        except ThrottledError:
            self._metrics.add(function.place, Throttles=1)
            raise

    def _run(self, function: FunctionSpec, invocation: Invocation) -> InvocationResult:
        if refusal := _cannot_run(function):
            return self._result(function, invocation, _fault_answer(*refusal), [])
        pooled = self._pool.acquire(function)
        log = InvocationLog(
            function, pooled.environment.log_stream, request_id=invocation.request_id, clock=self._clock
        )
        try:
            answer = pooled.environment.invoke(replace(invocation, log=log.write))
        finally:
            self._pool.release(pooled)
        if len(answer.payload) > MAX_ANSWER_BYTES:
            answer = _too_large(answer)
        log.end(answer)
        self._metrics.add(
            function.place,
            Invocations=1,
            Errors=0 if answer.error_type is None else 1,
            Duration=answer.duration_ms,
        )
        return self._result(function, invocation, answer, log.lines)

    def _result(
        self, function: FunctionSpec, invocation: Invocation, answer: EnvironmentAnswer, lines: list[str]
    ) -> InvocationResult:
        self._results.add(function.place, answer)
        return InvocationResult(
            status_code=200,
            function_error=None if answer.error_type is None else "Unhandled",
            payload=answer.payload,
            log_tail=tail(lines),
            executed_version=function.version,
            request_id=invocation.request_id,
        )


def _cannot_run(function: FunctionSpec) -> tuple[str, str] | None:
    """Return error type and message if the offline cloud has nothing to run this function with."""
    if function.package_type != "Zip":
        return "Runtime.InvalidPackageType", "the offline cloud runs zip files, not images"
    if not function.runtime.startswith("python"):
        message = f"the offline cloud runs Python functions, not `{function.runtime}`"
        return "Runtime.UnsupportedRuntime", message
    return None


def _fault_answer(error_type: str, message: str) -> EnvironmentAnswer:
    return EnvironmentAnswer(encode(fault(error_type, message)), error_type, duration_ms=0.0)


def _too_large(answer: EnvironmentAnswer) -> EnvironmentAnswer:
    error_type = "Function.ResponseSizeTooLarge"
    message = "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
    return replace(answer, payload=encode(fault(error_type, message)), error_type=error_type)
