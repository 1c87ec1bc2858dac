"""Sends to targets when a schedule is due: schedules of EventBridge Scheduler, and rules with an expression.

Sources: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html, and, for rules,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html. A rate of the scheduler
is due when it is made and then after each period, a rate of a rule for the first time after one period.
AWS is up to a minute late; here a schedule is on time. When the clock has jumped, as on a laptop that was
closed, what was missed is made up for by one delivery. A schedule delivers with its role, which must trust
the scheduler and allow it; a rule needs a permission at its target. What is refused goes to the target's
dead-letter queue, or is lost, which the log says once.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import astuple
from functools import partial
from typing import Any, Protocol

from workshop.clock import Clock
from workshop.cloud.offline.keeping.marks import MARKS
from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.permissions.resource_policies import DeliveringService
from workshop.cloud.offline.permissions.services import SCHEDULER as SERVICE
from workshop.cloud.offline.runtime.deliveries.rules import send_to_targets
from workshop.cloud.offline.runtime.deliveries.targets import (
    DeliveryError,
    deliver,
    is_call,
    log_once,
    send_dead_letter,
)
from workshop.cloud.offline.runtime.schedules.schedule_expressions import (
    ScheduleExpressionError,
    parse_expression,
)
from workshop.cloud.offline.runtime.schedules.schedule_sources import (
    SCHEDULER,
    Occurrence,
    Schedule,
    ScheduleTiming,
    Target,
    current_schedules,
    delete_schedule,
)
from workshop.cloud.offline.runtime.timestamps import iso_time

__all__ = ["InvokeFunction", "Schedules"]

LOGGER = logging.getLogger(__name__)

MOMENT = 0.001

# The timing, from when periods are counted, and when it is due next.
KeptTimer = tuple[tuple[Any, ...], float, float | None]


class InvokeFunction(Protocol):
    """The runtime's Invoke."""

    def __call__(self, function: str, payload: bytes, *, region: str, invocation_type: str) -> Any:
        """Invoke a function."""


class Schedules:
    """Knows when each schedule is due next; invokes what is due by each `step`. Thread-safe."""

    def __init__(
        self, clock: Clock, invoke: InvokeFunction, later: Callable[[Callable[[], None]], None] | None = None
    ) -> None:
        self._clock = clock
        self._invoke = invoke
        # Has done what may take minutes, without keeping other schedules waiting.
        self._later = later or (lambda job: job())
        self._timers: dict[str, _Timer] = {}
        # By schedule: the call that a worker has been given, the newest if there are several.
        self._calls: dict[str, Occurrence] = {}
        self._rows = MARKS.rows("timers")
        self._guard = threading.Lock()

    def step(self) -> float | None:
        """Invoke the targets of everything that is due; return when something is due next, if ever.

        The caller must not hold the lock.
        """
        with self._guard:
            occurrences = self._due()
            times = [timer.due for timer in self._timers.values() if timer.due is not None]
        for occurrence in occurrences:
            self._fire(occurrence)
        # Only now: what was due before a crash is sent after it, perhaps once more.
        self._keep()
        return min(times, default=None)

    def clear(self) -> None:
        """Forget when schedules are due."""
        with self._guard, LOCK:
            self._timers.clear()
            self._calls.clear()
            self._rows.clear()

    def recover(self) -> None:
        """Begin again with what is kept: no worker makes the calls any more that have not been made."""
        with self._guard:
            self._timers.clear()
            self._calls.clear()

    def _keep(self) -> None:
        with self._guard:
            times = {arn: timer.kept(self._calls.get(arn)) for arn, timer in self._timers.items()}
            if times != self._rows:
                with LOCK:
                    for arn in self._rows.keys() - times.keys():
                        del self._rows[arn]
                    self._rows.update(
                        {arn: kept for arn, kept in times.items() if self._rows.get(arn) != kept}
                    )

    def status(self) -> list[dict[str, Any]]:
        """Return what is scheduled, as plain JSON values."""
        with self._guard:
            return [
                {"schedule": arn, "expression": timer.timing.expression, "next": timer.due}
                for arn, timer in self._timers.items()
            ]

    def _due(self) -> list[Occurrence]:
        now, found = self._clock.now(), current_schedules()
        known, self._timers = self._timers, {}
        occurrences = []
        for schedule in found:
            timer = known.get(schedule.arn)
            # Another target or input changes nothing about when a schedule is due.
            if timer is None or timer.timing != schedule.timing:
                timer = _Timer(schedule, now, self._rows.get(schedule.arn) if timer is None else None)
            self._timers[schedule.arn] = timer
            if (time := timer.take(now)) is not None:
                occurrences.append(Occurrence(schedule, time))
        return occurrences

    def _fire(self, occurrence: Occurrence) -> None:
        schedule = occurrence.schedule
        if schedule.source == SCHEDULER:
            if any(is_call(target.arn) for target in schedule.targets):
                with self._guard:
                    self._calls[schedule.arn] = occurrence
                # To delete a stack may mean to wait for the functions of its custom resources.
                self._later(partial(self._call, occurrence))
                return
            for target in schedule.targets:
                self._send(occurrence, target)
        else:
            targets = [target.settings for target in schedule.targets]
            ingested = iso_time(occurrence.time, "seconds")
            send_to_targets(schedule.arn, targets, occurrence.event(), ingested=ingested, invoke=self._invoke)
        self._complete(schedule)

    def _call(self, occurrence: Occurrence) -> None:
        arn = occurrence.schedule.arn
        for target in occurrence.schedule.targets:
            self._send(occurrence, target)
        with self._guard:
            # What was forgotten meanwhile, or is due again, says nothing about its schedule.
            if self._calls.get(arn) is not occurrence:
                return
            del self._calls[arn]
        self._complete(occurrence.schedule)

    def _complete(self, schedule: Schedule) -> None:
        with self._guard:
            timer = self._timers.get(schedule.arn)
        if schedule.is_deleted_after_completion and timer is not None and timer.due is None:
            delete_schedule(schedule.arn)

    def _send(self, occurrence: Occurrence, target: Target) -> None:
        arn, settings = occurrence.schedule.arn, target.settings
        sender = DeliveringService(SERVICE, arn, arn.split(":")[4], str(settings.get("RoleArn", "")))
        message = occurrence.payload(target)
        try:
            deliver(target.arn, message, sender, options=settings, invoke=self._invoke)
        except DeliveryError as error:
            dead_letters = (settings.get("DeadLetterConfig") or {}).get("Arn")
            if dead_letters is None:
                log_once(f"{arn} could not reach `{target.arn}`: {error}")
                return
            attributes = {
                "SCHEDULE_ARN": arn,
                "TARGET_ARN": target.arn,
                "SCHEDULED_TIME": iso_time(occurrence.time, "seconds"),
                "ERROR_CODE": error.code,
                "ERROR_MESSAGE": str(error),
                "RETRY_ATTEMPTS": "0",
            }
            send_dead_letter(dead_letters, message, sender, attributes)


class _Timer:
    """When one schedule is due next; None when it never is again.

    `kept` is what the timer of the same schedule had kept in another process.
    """

    def __init__(self, schedule: Schedule, now: float, kept: KeptTimer | None = None) -> None:
        self.timing: ScheduleTiming = schedule.timing
        self.due: float | None = None
        # A cloud that was killed before it has looked at a schedule counts from when that was made all the
        # same.
        begins = now if schedule.since is None else min(now, schedule.since)
        self._anchor = begins
        try:
            self._expression = parse_expression(self.timing.expression, self.timing.zone)
        except ScheduleExpressionError as error:
            LOGGER.warning("%s is never due: %s", schedule.arn, error)
            return
        if kept is not None and kept[0] == astuple(self.timing):
            _, self._anchor, self.due = kept
            return
        start = self.timing.start
        self._anchor = begins if start is None else start
        waits_a_period = start is None and not schedule.starts_at_once
        self.due = self._next(begins if waits_a_period else max(begins, self._anchor) - MOMENT)

    def kept(self, call: Occurrence | None = None) -> KeptTimer:
        """Return what another process needs to go on with this timer, whose `call` may be under way.

        Until it has been made, it is due.
        """
        return astuple(self.timing), self._anchor, self.due if call is None else call.time

    def take(self, now: float) -> float | None:
        """Return the time at which the schedule was due by now, and go on to the next time after now."""
        if self.due is None or self.due > now:
            return None
        # After a pause, such as a laptop's sleep, a schedule is due once, not once for each missed time.
        taken, self.due = self.due, self._next(now)
        return taken

    def _next(self, after: float) -> float | None:
        time = self._expression.next_time(after, anchor=self._anchor)
        if time is None or (self.timing.end is not None and time >= self.timing.end):
            return None
        return time
