"""Mappings that Lambda is busy with."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from workshop.clock import ManualClock
from workshop.course.course import Course
from workshop.course.exercise import Exercise
from workshop.course.exercises.stages import EXERCISES
from workshop.course.mappings import connect, disconnect
from workshop.errors import ConfigurationError, NotSettledError


class BusyLambda:
    """A Lambda that is changing its one mapping, and accepts a deletion only at the last of some calls."""

    def __init__(self, refusals: int, code: str = "ResourceInUseException") -> None:
        self.refusals = refusals
        self.code = code
        self.is_there = True

    def get_paginator(self, _operation: str) -> Any:
        """List the mappings."""
        return self

    def paginate(self, **_: Any) -> Any:
        """Return one page."""
        return [{"EventSourceMappings": [{"UUID": "u", "State": "Updating"}]}]

    def delete_event_source_mapping(self, **_: Any) -> None:
        """Refuse, or delete at once."""
        if self.refusals:
            self.refusals -= 1
            raise ClientError({"Error": {"Code": self.code}}, "DeleteEventSourceMapping")
        self.is_there = False

    def get_event_source_mapping(self, **_: Any) -> dict[str, str]:
        """Return the mapping while it is there."""
        if self.is_there:
            return {"UUID": "u", "State": "Updating"}
        raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetEventSourceMapping")


def test_a_mapping_that_is_being_changed_is_deleted_a_little_later() -> None:
    """While Lambda is busy with a mapping, deleting it is tried again."""
    client = BusyLambda(3)

    assert disconnect(cast("Any", client), "MapLambda", clock=ManualClock())
    assert not client.is_there


def test_a_mapping_that_never_settles_is_said() -> None:
    """After a time the learner hears that the mapping is still being changed."""
    with pytest.raises(NotSettledError, match="still being changed"):
        disconnect(cast("Any", BusyLambda(10_000)), "MapLambda", clock=ManualClock())


def test_a_source_that_is_no_arn_is_named_before_aws_takes_it_for_something_else() -> None:
    """Who gives a table's name hears that it is no ARN, and where to find one."""
    with pytest.raises(ConfigurationError, match=r"`my-table`, which is not an ARN; `ws\.stream_arn"):
        connect(cast("Any", BusyLambda(0)), "f", {"EventSourceArn": "my-table"}, clock=ManualClock())


def test_other_refusals_are_raised() -> None:
    """What no waiting mends is not tried again."""
    with pytest.raises(ClientError):
        disconnect(cast("Any", BusyLambda(1, "AccessDeniedException")), "MapLambda", clock=ManualClock())


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: str(exercise.id))
def test_undoing_a_connection_waits_on_the_clock_of_the_course(exercise: Exercise) -> None:
    """While Lambda is busy with a mapping that is to go, no other time passes than the course's."""
    course, client = Course.__new__(Course), BusyLambda(3)
    course.on_wait = lambda *_: nullcontext()
    course.clock = clock = ManualClock()
    course.cloud = cast("Any", SimpleNamespace(client=lambda _: client))
    course._outputs = {f"{name}LambdaName": "f" for name in ("State", "Map", "Reduce")}
    course._outputs_until = clock.now() + 1000
    begun = clock.now()

    exercise.undo(course)

    assert not client.is_there
    assert clock.now() > begun


class RefusingLambda(BusyLambda):
    """A Lambda with one mapping, of stream `a` from its oldest record on; it has its own rules for others."""

    def __init__(self, code: str) -> None:
        super().__init__(0)
        self.refusal = code
        self.made: list[dict[str, Any]] = []

    def paginate(self, **_: Any) -> Any:
        """Return one page."""
        known = {
            "UUID": "u",
            "State": "Enabled",
            "EventSourceArn": "arn:a",
            "StartingPosition": "TRIM_HORIZON",
        }
        return [{"EventSourceMappings": [known] if self.is_there else []}]

    def create_event_source_mapping(self, **arguments: Any) -> dict[str, str]:
        """Make a mapping, or refuse it: some always, and one for the same source while the other is there."""
        is_second = self.is_there and arguments["EventSourceArn"] == "arn:a"
        if self.refusal != "ResourceConflictException" or is_second:
            raise ClientError({"Error": {"Code": self.refusal}}, "CreateEventSourceMapping")
        self.made.append(arguments)
        return {"UUID": "new"}

    def get_event_source_mapping(self, **request: Any) -> dict[str, str]:
        """Return a mapping while it is there."""
        if request["UUID"] == "new":
            return {"UUID": "new", "State": "Enabled"}
        return super().get_event_source_mapping(**request)


@pytest.mark.parametrize("source", ["arn:a", "arn:b"])
def test_a_mapping_that_is_refused_leaves_the_one_before(source: str) -> None:
    """Who mistypes an argument hears it from AWS, and keeps the mapping that was there."""
    client = RefusingLambda("ValidationException")

    with pytest.raises(ClientError):
        connect(
            cast("Any", client), "f", {"EventSourceArn": source, "StartingPosition": "X"}, clock=ManualClock()
        )

    assert client.is_there


@pytest.mark.parametrize("source", ["arn:a", "arn:b"])
def test_another_start_or_source_is_another_mapping(source: str) -> None:
    """What cannot be changed is made anew, also where Lambda allows no second mapping for the source."""
    client, wanted = RefusingLambda("ResourceConflictException"), {"StartingPosition": "LATEST"}

    made = connect(cast("Any", client), "f", {"EventSourceArn": source, **wanted}, clock=ManualClock())

    assert made["UUID"] == "new"
    assert not client.is_there
    assert len(client.made) == 1


class SlowLambda:
    """A Lambda with one mapping from the beginning, and a new one that never comes to work."""

    def __init__(self) -> None:
        self.mappings = {"old": "Enabled"}

    def get_paginator(self, _operation: str) -> Any:
        """List the mappings."""
        return self

    def paginate(self, **_: Any) -> Any:
        """Return one page."""
        rows = [{"UUID": uuid, "State": state, **AT_THE_END} for uuid, state in self.mappings.items()]
        return [{"EventSourceMappings": rows}]

    def create_event_source_mapping(self, **_: Any) -> dict[str, str]:
        """Begin to make one."""
        self.mappings["new"] = "Creating"
        return {"UUID": "new"}

    def get_event_source_mapping(self, *, UUID: str) -> dict[str, str]:  # noqa: N803 # AWS's name
        """Return a mapping while it is there."""
        if UUID not in self.mappings:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetEventSourceMapping")
        return {"UUID": UUID, "State": self.mappings[UUID]}

    def delete_event_source_mapping(self, *, UUID: str) -> None:  # noqa: N803 # AWS's name
        """Delete one at once."""
        del self.mappings[UUID]


AT_THE_END = {"EventSourceArn": "arn:s", "StartingPosition": "LATEST"}


def test_a_new_mapping_that_does_not_come_to_work_goes_again() -> None:
    """A function is never fed twice: the old mapping stays alone."""
    client = SlowLambda()
    wanted = {"EventSourceArn": "arn:s", "StartingPosition": "TRIM_HORIZON"}

    with pytest.raises(NotSettledError, match="still `Creating`"):
        connect(cast("Any", client), "MapLambda", wanted, clock=ManualClock())

    assert client.mappings == {"old": "Enabled"}
