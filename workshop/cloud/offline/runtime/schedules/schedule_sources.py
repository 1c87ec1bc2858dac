"""Schedules and scheduled rules as the backends keep them, read as values; and what their targets receive.

Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.events.models import events_backends
from moto.scheduler.models import scheduler_backends

from workshop.cloud.offline.keeping.marks import MARKS
from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.runtime.event_sources.events import encode
from workshop.cloud.offline.runtime.timestamps import iso_time

__all__ = [
    "SCHEDULER",
    "Occurrence",
    "Schedule",
    "ScheduleTiming",
    "Target",
    "current_schedules",
    "delete_schedule",
]

SCHEDULER = "aws.scheduler"
RULES = "aws.events"


@dataclass(frozen=True, slots=True)
class ScheduleTiming:
    """When a schedule is due; a change of it starts the schedule anew. Times in unix seconds."""

    expression: str
    zone: str = "UTC"
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """The target of a schedule and its input; `settings` is the target as the API has it."""

    arn: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Schedule:
    """An enabled schedule of EventBridge Scheduler, or an enabled rule with a schedule expression."""

    arn: str
    source: str
    timing: ScheduleTiming
    targets: tuple[Target, ...] = ()
    is_deleted_after_completion: bool = False
    # When it got what it says now, in unix seconds; None if that is not known.
    since: float | None = None

    @property
    def starts_at_once(self) -> bool:
        """Whether a rate is first due when it is made, not a period later."""
        return self.source == SCHEDULER


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A time at which a schedule is due."""

    schedule: Schedule
    time: float

    def payload(self, target: Target) -> str:
        """Return what the target of a schedule receives; a rule's gets what its settings make of `event`."""
        chosen = target.settings.get("Input")
        return _with_context(chosen, self) if chosen else encode(self.event()).decode()

    def event(self) -> dict[str, Any]:
        """Return the event that says that the schedule is due."""
        region, account_id = self.schedule.arn.split(":")[3:5]
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": self.schedule.source,
            "account": account_id,
            "time": iso_time(self.time, "seconds"),
            "region": region,
            "resources": [self.schedule.arn],
            "detail": "{}" if self.schedule.source == SCHEDULER else {},
        }


def current_schedules() -> list[Schedule]:
    """Return what is enabled in all accounts and regions."""
    with LOCK:
        schedules = [
            _schedule(schedule)
            for _, _, backend in scheduler_backends.iter_backends()
            for group in backend.schedule_groups.values()
            for schedule in group.schedules.values()
            if schedule.state == "ENABLED"
        ]
        rules = [
            _rule(rule)
            for _, _, backend in events_backends.iter_backends()
            for bus in backend.event_buses.values()
            for rule in bus.rules.values()
            if rule.state == "ENABLED" and rule.scheduled_expression
        ]
    return schedules + rules


def delete_schedule(arn: str) -> None:
    """Delete a schedule that has completed; one that is gone already stays so."""
    _, _, _, region, account_id, resource = arn.split(":", 5)
    _, group, name = resource.split("/")
    with LOCK:
        groups = scheduler_backends[account_id][region].schedule_groups
        if group in groups:
            groups[group].schedules.pop(name, None)
            MARKS.note_resources("scheduler")


def _schedule(schedule: Any) -> Schedule:
    timing = ScheduleTiming(
        schedule.schedule_expression,
        schedule.schedule_expression_timezone,
        start=_seconds(schedule.start_date),
        end=_seconds(schedule.end_date),
    )
    return Schedule(
        schedule.arn,
        SCHEDULER,
        timing,
        targets=(Target(schedule.target["Arn"], schedule.target),),
        is_deleted_after_completion=schedule.action_after_completion == "DELETE",
        since=_seconds(schedule.last_modified_date),
    )


def _rule(rule: Any) -> Schedule:
    targets = tuple(Target(target["Arn"], target) for target in rule.targets)
    return Schedule(rule.arn, RULES, ScheduleTiming(rule.scheduled_expression), targets)


def _with_context(text: str, occurrence: Occurrence) -> str:
    attributes = {
        "schedule-arn": occurrence.schedule.arn,
        "scheduled-time": iso_time(occurrence.time, "seconds"),
        "execution-id": uuid.uuid4().hex[:16],
        "attempt-number": "1",
    }
    for name, value in attributes.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def _seconds(moment: Any) -> float | None:
    return None if moment is None else float(moment)
