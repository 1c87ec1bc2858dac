"""How the work of CloudFormation is followed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from workshop.clock import ManualClock
from workshop.deploy.events import EventLog, StackEvent, follow

START = datetime(2026, 1, 1, tzinfo=UTC)


class SlowCloudFormation:
    """Answers as AWS does while it works: every look at the stack finds one more event, in pages of two."""

    def __init__(self, *statuses: str) -> None:
        self.statuses = statuses
        self.looks = 0

    def client(self, service: str) -> "SlowCloudFormation":
        """Stand in for the connection as well."""
        assert service == "cloudformation"
        return self

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        """Tell the status, and let something happen."""
        status = self.statuses[min(self.looks, len(self.statuses) - 1)]
        self.looks += 1
        return {"Stacks": [{"StackName": StackName, "StackStatus": status}]}

    def get_paginator(self, operation: str) -> "SlowCloudFormation":
        """Stand in for the paginator as well."""
        assert operation == "describe_stack_events"
        return self

    def paginate(self, *, StackName: str) -> Iterator[dict[str, Any]]:  # noqa: N803 - boto3's name
        """Tell the events, the latest first."""
        rows = [self._event(number, StackName) for number in reversed(range(self.looks))]
        for start in range(0, len(rows), 2):
            yield {"StackEvents": rows[start : start + 2]}

    def _event(self, number: int, stack: str) -> dict[str, Any]:
        return {
            "EventId": str(number),
            "Timestamp": START,
            "LogicalResourceId": f"{stack}{number}",
            "ResourceType": "AWS::SQS::Queue",
            "ResourceStatus": "CREATE_FAILED" if number == 1 else "CREATE_COMPLETE",
        }


def test_an_operation_is_followed_to_its_end() -> None:
    """Every event is told once and in order, and between the looks there is a pause."""
    slow, clock, told = SlowCloudFormation(*["CREATE_IN_PROGRESS"] * 5, "CREATE_COMPLETE"), ManualClock(0), []

    status, events = follow(slow, EventLog(slow, "stack"), "stack", on_event=told.append, clock=clock)

    assert (status, told) == ("CREATE_COMPLETE", list(events))
    assert [event.logical_id for event in events] == [f"stack{number}" for number in range(6)]
    assert clock.now() == 10


def test_an_operation_that_is_over_needs_no_pause() -> None:
    """The first look is enough where the work was done when the call returned."""
    done, clock = SlowCloudFormation("UPDATE_COMPLETE"), ManualClock(0)

    status, _ = follow(done, EventLog(done, "stack"), "stack", clock=clock)

    assert (status, clock.now()) == ("UPDATE_COMPLETE", 0)


def test_what_happened_before_is_skipped() -> None:
    """The history of a stack does not belong to the next operation."""
    slow = SlowCloudFormation("UPDATE_COMPLETE")
    log = EventLog(slow, "stack")
    for _ in range(5):
        slow.describe_stacks(StackName="stack")

    log.skip()
    slow.describe_stacks(StackName="stack")

    assert [event.logical_id for event in log.read()] == ["stack5"]
    assert log.read() == []


def test_a_failure_is_one_of_a_resource() -> None:
    """The stack's own failure is the sum of its resources' and is not counted again."""

    def event(kind: str, status: str) -> StackEvent:
        return StackEvent(START, "X", "", kind, status, "")

    assert event("AWS::SQS::Queue", "CREATE_FAILED").is_failure
    assert not event("AWS::SQS::Queue", "CREATE_COMPLETE").is_failure
    assert not event("AWS::CloudFormation::Stack", "DELETE_FAILED").is_failure


@pytest.mark.parametrize("statuses", [("UPDATE_COMPLETE", "UPDATE_IN_PROGRESS"), ("UPDATE_COMPLETE",) * 3])
def test_the_status_from_before_is_no_end(statuses: tuple[str, ...]) -> None:
    """As long as AWS tells what was before, nothing is over; but what left no trace is, after a minute."""
    slow, clock = SlowCloudFormation(*statuses, "UPDATE_COMPLETE"), ManualClock(0)

    status, _ = follow(slow, EventLog(slow, "stack"), "stack", before="UPDATE_COMPLETE", clock=clock)

    assert status == "UPDATE_COMPLETE"
    assert clock.now() == (4 if "UPDATE_IN_PROGRESS" in statuses else 60)
