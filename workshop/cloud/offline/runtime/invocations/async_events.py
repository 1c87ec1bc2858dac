"""Asynchronous invocations: events that wait in Lambda's own queue, are retried, and end in a destination.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html: two retries, after one and after
two minutes; throttled events stay in the queue for up to six hours. An event that would be too old at its
next attempt is given up at once, and so is one for a function that a reservation of 0 has stopped.
"""

import json
import logging
import threading
import uuid
from dataclasses import dataclass, field, replace
from typing import Any

from moto.awslambda.utils import get_backend
from moto.core.exceptions import JsonRESTError

from workshop.cloud.offline.keeping.marks import MARKS
from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.runtime.arns import LATEST, FunctionReference
from workshop.cloud.offline.runtime.event_sources.destinations import send_raw
from workshop.cloud.offline.runtime.invocations.invoker import InvocationResult
from workshop.cloud.offline.runtime.invocations.outcomes import tell
from workshop.cloud.offline.runtime.timestamps import iso_time

__all__ = ["AsyncEvent", "AsyncEvents", "AsyncSettings"]

LOGGER = logging.getLogger(__name__)

RETRY_SECONDS = (60.0, 120.0)
# AWS backs off from one second to five minutes; on one machine a place becomes free sooner.
THROTTLE_SECONDS = 1.0
MAX_ERROR_CHARACTERS = 1024
STOPPED = "ZeroReservedConcurrency"
# As AWS spells it.
STOPPED_MESSAGE = "Function not invoked. Function isconfigured with zero reserved concurrent executions"


@dataclass(frozen=True, slots=True)
class AsyncSettings:
    """What a function's event invoke configuration says."""

    maximum_retry_attempts: int = 2
    maximum_event_age_seconds: float = 6 * 3600
    on_success_arn: str | None = None
    on_failure_arn: str | None = None
    dead_letter_arn: str | None = None

    @classmethod
    def read(cls, event: "AsyncEvent") -> "AsyncSettings":
        """Return the function's settings as they are now, the defaults if it has none or is gone."""
        with LOCK:
            try:
                backend = get_backend(event.account_id, event.region)
                function = backend.get_function(event.function.name, event.function.qualifier)
                latest = backend.get_function(event.function.name)
            except JsonRESTError:
                return cls()
            asked = FunctionReference(event.function.name, event.function.qualifier or LATEST)
            arn = asked.arn(event.region, event.account_id)
            found = (one.config for one in latest.event_invoke_config if one.arn == arn)
            config: dict[str, Any] = next(found, {})
            dead_letter = (getattr(function, "dead_letter_config", None) or {}).get("TargetArn")
        destinations = config.get("DestinationConfig") or {}
        return cls(
            maximum_retry_attempts=int(config.get("MaximumRetryAttempts", 2)),
            maximum_event_age_seconds=float(config.get("MaximumEventAgeInSeconds", 6 * 3600)),
            on_success_arn=(destinations.get("OnSuccess") or {}).get("Destination"),
            on_failure_arn=(destinations.get("OnFailure") or {}).get("Destination"),
            dead_letter_arn=dead_letter,
        )

    def allows(self, event: "AsyncEvent") -> bool:
        """Whether an event is young enough when its next attempt is due."""
        return event.not_before < event.accepted_at + self.maximum_event_age_seconds


@dataclass(frozen=True, slots=True)
class AsyncEvent:
    """One event on its way to a function."""

    function: FunctionReference
    region: str
    account_id: str
    payload: bytes = field(repr=False)
    accepted_at: float
    not_before: float
    attempts: int = 0
    client_context: str | None = None
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))


class AsyncEvents:
    """The queue. Thread-safe.

    An event that was taken stays known until it is said what became of it; one that was forgotten meanwhile
    has no consequences any more.
    """

    def __init__(self) -> None:
        self._rows = MARKS.rows("events")
        self._events: list[AsyncEvent] = list(self._rows.values())
        self._taken: dict[int, AsyncEvent] = {}
        self._lock = threading.Lock()

    def add(self, event: AsyncEvent) -> None:
        """Put an event into the queue."""
        with LOCK, self._lock:
            self._events.append(event)
            self._rows[event.request_id] = event

    def take_due(self, now: float) -> list[AsyncEvent]:
        """Take the events that are to be delivered now."""
        with self._lock:
            due = [event for event in self._events if event.not_before <= now]
            self._events = [event for event in self._events if event.not_before > now]
            self._taken |= {id(event): event for event in due}
            return due

    def is_expected(self, event: AsyncEvent) -> bool:
        """Whether an event that was taken is still to be delivered."""
        with self._lock:
            return id(event) in self._taken

    def next_due(self) -> float | None:
        """Return when the next event is to be delivered."""
        with self._lock:
            return min((event.not_before for event in self._events), default=None)

    def clear(self) -> None:
        """Forget all events, also those that were taken."""
        with LOCK, self._lock:
            self._events.clear()
            self._taken.clear()
            self._rows.clear()

    def recover(self) -> None:
        """Have events that were taken delivered again, after the engine that had taken them was stopped."""
        with self._lock:
            # Copies: a thread of the old engine that still reports the original finds that it was forgotten.
            self._events += [replace(event) for event in self._taken.values()]
            self._taken.clear()

    def __len__(self) -> int:
        with self._lock:
            return len(self._events) + len(self._taken)

    def functions(self) -> set[str]:
        """Return the names of the functions that have an event waiting, or being delivered."""
        with self._lock:
            return {event.function.name for event in (*self._events, *self._taken.values())}

    def dropped(self, event: AsyncEvent) -> None:
        """Forget an event that nobody can deliver."""
        self._settle(event)

    def throttled(self, event: AsyncEvent, now: float) -> None:
        """Keep an event that found no free concurrency, unless it gets too old; this is no attempt."""
        with LOCK:
            settings = AsyncSettings.read(event)
            again = replace(event, not_before=now + THROTTLE_SECONDS)
            if settings.allows(again):
                self._settle(event, again=again)
            elif self._settle(event):
                self._give_up(event, settings, None, condition="EventAgeExceeded", now=now)

    def stopped(self, event: AsyncEvent, now: float) -> None:
        """Give up an event whose function has been stopped: it will not run by itself any more."""
        with LOCK:
            settings = AsyncSettings.read(event)
            if self._settle(event):
                self._give_up(event, settings, None, condition=STOPPED, now=now)

    def answered(self, event: AsyncEvent, result: InvocationResult, now: float) -> None:
        """Take the outcome of a delivery in: done, to be retried, or discarded."""
        # Under one lock, so that what is kept as settled has reached its destination.
        with LOCK:
            self._answered(event, result, now)

    def _answered(self, event: AsyncEvent, result: InvocationResult, now: float) -> None:
        # Read at each attempt, since the function's settings may have changed while the event waited.
        settings = AsyncSettings.read(event)
        tried = replace(event, attempts=event.attempts + 1)
        again = replace(tried, not_before=now + RETRY_SECONDS[min(tried.attempts, len(RETRY_SECONDS)) - 1])
        is_last = tried.attempts > settings.maximum_retry_attempts
        if result.function_error is not None and not is_last and settings.allows(again):
            self._settle(event, again=again)
        elif not self._settle(event):
            return
        elif result.function_error is None:
            self._finish(tried, settings.on_success_arn, result, condition="Success", now=now)
        else:
            condition = "RetriesExhausted" if is_last else "EventAgeExceeded"
            self._give_up(tried, settings, result, condition=condition, now=now)

    def _give_up(
        self,
        event: AsyncEvent,
        settings: AsyncSettings,
        result: InvocationResult | None,
        *,
        condition: str,
        now: float,
    ) -> None:
        self._finish(event, settings.on_failure_arn, result, condition=condition, now=now)
        _bury(event, settings.dead_letter_arn, result, condition=condition)

    def _settle(self, event: AsyncEvent, *, again: AsyncEvent | None = None) -> bool:
        """Note what became of an event that was taken; return False if it was forgotten meanwhile."""
        with LOCK, self._lock:
            if self._taken.pop(id(event), None) is None:
                return False
            if again is not None:
                self._events.append(again)
                self._rows[event.request_id] = again
            else:
                self._rows.pop(event.request_id, None)
            return True

    @staticmethod
    def _finish(
        event: AsyncEvent, arn: str | None, result: InvocationResult | None, *, condition: str, now: float
    ) -> None:
        if arn is None:
            return
        try:
            document = _document(event, result, condition=condition, now=now)
            tell(arn, document, role_arn=_role_of(event), now=now)
        except Exception:  # the backend raises whatever a missing or refusing destination makes of it
            LOGGER.exception("the destination `%s` could not be reached", arn)


def _bury(event: AsyncEvent, arn: str | None, result: InvocationResult | None, *, condition: str) -> None:
    """Send the event as it came to the function's dead-letter queue or topic, if it has one."""
    if arn is None:
        return
    answer = _parsed(result.payload) if result else {}
    error = answer.get("errorMessage", "") if isinstance(answer, dict) else ""
    attributes = {
        "RequestID": ("String", event.request_id),
        # The status of the last Invoke; a function that fails has been invoked with success.
        "ErrorCode": ("Number", str(result.status_code) if result else "429"),
        "ErrorMessage": ("String", str(error)[:MAX_ERROR_CHARACTERS] if result else "Rate Exceeded."),
    }
    if condition == STOPPED:
        del attributes["ErrorCode"]  # nobody has called the function
        attributes["ErrorMessage"] = ("String", STOPPED_MESSAGE)
    try:
        send_raw(arn, event.payload.decode(), role_arn=_role_of(event), attributes=attributes)
    except Exception:  # the backend raises whatever a missing or refusing queue makes of it
        LOGGER.exception("the dead-letter queue `%s` could not be reached", arn)


def _role_of(event: AsyncEvent) -> str:
    with LOCK:
        backend = get_backend(event.account_id, event.region)
        return str(backend.get_function(event.function.name, event.function.qualifier).role)


def _document(
    event: AsyncEvent, result: InvocationResult | None, *, condition: str, now: float
) -> dict[str, Any]:
    version = result.executed_version if result else LATEST
    document: dict[str, Any] = {
        "version": "1.0",
        "timestamp": iso_time(now),
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": FunctionReference(event.function.name, version).arn(
                event.region, event.account_id
            ),
            "condition": condition,
            "approximateInvokeCount": event.attempts,
        },
        "requestPayload": _parsed(event.payload),
    }
    if result is not None:
        context = {"statusCode": 200, "executedVersion": version}
        if result.function_error:
            context["functionError"] = result.function_error
        document |= {"responseContext": context, "responsePayload": _parsed(result.payload)}
    return document


def _parsed(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode(errors="replace")
