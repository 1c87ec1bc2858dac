"""What CloudFormation tells while it works on a stack, and how the work ended.

Out come events in the order in which they happened, each once. The offline cloud has finished when it answers
the call; AWS takes minutes: both are followed in the same way.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from workshop.clock import Clock, SystemClock
from workshop.cloud.connection import Cloud

__all__ = ["POLL_SECONDS", "EventLog", "StackEvent", "follow", "going_on", "is_throttled"]

POLL_SECONDS = 2.0
# After which the status that a stack had before is believed to be its new one.
LATE_SECONDS = 60.0
# What services say to whoever asks too often; they differ in the names.
THROTTLED = frozenset(
    {"RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException"}
)


@dataclass(frozen=True)
class StackEvent:
    """One line of a stack's history."""

    time: datetime
    logical_id: str
    physical_id: str
    resource_type: str
    status: str
    reason: str

    @property
    def is_of_stack(self) -> bool:
        """Whether the stack itself is meant, not one of its resources."""
        return self.resource_type == "AWS::CloudFormation::Stack"

    @property
    def is_failure(self) -> bool:
        """Whether a resource could not be made, changed or deleted."""
        return self.status.endswith("_FAILED") and not self.is_of_stack


class EventLog:
    """The events of one stack, without those that were read before."""

    def __init__(self, cloud: Cloud, stack_id: str) -> None:
        self._pages = cloud.client("cloudformation").get_paginator("describe_stack_events")
        self._stack_id = stack_id
        self._seen: set[str] = set()

    def skip(self) -> None:
        """Count everything that has happened so far as read."""
        self._unseen()

    def read(self) -> list[StackEvent]:
        """Return what happened since the last call, oldest first."""
        return [_event(row) for row in reversed(self._unseen())]

    def _unseen(self) -> list[dict[str, Any]]:
        rows = []
        for page in self._pages.paginate(StackName=self._stack_id):
            fresh = [row for row in page["StackEvents"] if row["EventId"] not in self._seen]
            rows += fresh
            if len(fresh) < len(page["StackEvents"]):  # the rest of the history was read before
                break
        self._seen.update(row["EventId"] for row in rows)
        return rows


def follow(
    cloud: Cloud,
    log: EventLog,
    stack_id: str,
    *,
    before: str = "",
    on_event: Callable[[StackEvent], None] | None = None,
    clock: Clock | None = None,
) -> tuple[str, tuple[StackEvent, ...]]:
    """Block until the operation on a stack is over; return its last status and what happened.

    `before` is the status in which we began it: AWS may tell it for a moment longer, and then it is no end
    until the log has an event of the stack itself.

    Whoever is cut off, by Ctrl-C or by credentials that expire, is told that CloudFormation goes on.
    """
    waiting, happened, has_begun = clock or SystemClock(), list[StackEvent](), False
    latest = waiting.now() + LATE_SECONDS
    with going_on(stack_id):
        while True:
            status, fresh = _look(cloud, log, stack_id)
            for event in fresh:
                happened.append(event)
                if on_event is not None:
                    on_event(event)
            has_begun |= (
                status != before or any(event.is_of_stack for event in fresh) or waiting.now() >= latest
            )
            if has_begun and not status.endswith("_IN_PROGRESS"):
                return status, tuple(happened)
            waiting.sleep(POLL_SECONDS)


@contextmanager
def going_on(stack_id: str) -> Iterator[None]:
    """Add to an interruption of the block, and to a refusal, what becomes of the stack and what to do."""
    try:
        yield
    except (KeyboardInterrupt, BotoCoreError, ClientError) as error:
        name = stack_id.split("/")[1] if "/" in stack_id else stack_id
        error.add_note(
            f"CloudFormation goes on with the stack `{name}`: deploy it again, which waits for that and "
            f"completes it, or remove it with `workshop destroy {name}`"
        )
        raise


def is_throttled(error: ClientError) -> bool:
    """Return whether AWS only wants to be asked less often."""
    return error.response["Error"]["Code"] in THROTTLED


def _look(cloud: Cloud, log: EventLog, stack_id: str) -> tuple[str, list[StackEvent]]:
    """Return a stack's status and what is new; if AWS wants to be asked later, that it is not over."""
    try:
        return _status(cloud, stack_id), log.read()
    except ClientError as error:
        if not is_throttled(error):
            raise
        return "ASKED_LATER_IN_PROGRESS", []


def _status(cloud: Cloud, stack_id: str) -> str:
    described = cloud.client("cloudformation").describe_stacks(StackName=stack_id)
    return str(described["Stacks"][0]["StackStatus"])


def _event(row: dict[str, Any]) -> StackEvent:
    return StackEvent(
        time=row["Timestamp"],
        logical_id=row["LogicalResourceId"],
        physical_id=row.get("PhysicalResourceId", ""),
        resource_type=row["ResourceType"],
        status=row["ResourceStatus"],
        reason=row.get("ResourceStatusReason", ""),
    )
