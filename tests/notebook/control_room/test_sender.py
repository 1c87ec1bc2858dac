"""The sender: slices at a rate, planned anew when something is changed."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from workshop.clock import ManualClock
from workshop.errors import ConfigurationError
from workshop.notebook.control_room.controls import Controls
from workshop.notebook.control_room.opening import RoomTools
from workshop.notebook.control_room.sender import Sender, plan_of
from workshop.pipeline.messages import PlannedMessage, PlanOptions, make_plan
from workshop.pipeline.producer.accounting import ProduceResult, RefusedMessage
from workshop.settings import CLASS_FILE


class Streams:
    """Two streams that accept everything, or refuse it, or are not there."""

    def __init__(self) -> None:
        self.entries: list[list[PlannedMessage]] = [[], []]
        self.refuses = False
        self.error: Exception | None = None

    def puts(self) -> list[Any]:
        """Return what puts messages into each."""
        return [lambda entries, place=place: self._put(place, entries) for place in range(2)]

    def _put(self, place: int, entries: Sequence[PlannedMessage]) -> ProduceResult:
        if self.error is not None:
            raise self.error
        refused = tuple(RefusedMessage(each, "full") for each in entries) if self.refuses else ()
        accepted = () if self.refuses else tuple(entries)
        self.entries[place] += accepted
        return ProduceResult(accepted, refused, 0, 0.0, None)


@pytest.fixture
def streams() -> Streams:
    """Two empty streams."""
    return Streams()


def pass_time(sender: Sender, clock: ManualClock, seconds: float) -> None:
    for _ in range(round(seconds * 10)):
        clock.advance(0.1)
        sender.step()


def test_it_keeps_to_its_rate(streams: Streams, clock: ManualClock) -> None:
    """So many messages a second go into each stream, the same ones, until all are sent."""
    sender = Sender(streams.puts(), Controls(rate=25, messages=100), clock)
    sender.begin()

    pass_time(sender, clock, 2)
    assert sender.sent == pytest.approx(50, abs=2)
    pass_time(sender, clock, 3)

    assert (sender.state, sender.sent) == ("sent", 100)
    assert streams.entries[0] == streams.entries[1]


def test_without_changes_it_sends_the_plan_of_its_seed(streams: Streams, clock: ManualClock) -> None:
    """The messages are those that `ws.send` sends with the same number, seed and percentages."""
    controls = Controls(rate=1_000, messages=200, seed=5, duplicates=10, modify=10, out_of_order=50)
    sender = Sender(streams.puts(), controls, clock)
    sender.begin()
    pass_time(sender, clock, 1)

    plan = make_plan(PlanOptions(messages=200, seed=5, duplicates=10, modify=10, out_of_order=50))
    assert streams.entries[0] == list(plan.entries)


def test_it_does_not_make_up_for_what_went_before_the_run(streams: Streams, clock: ManualClock) -> None:
    """Whatever passes between start and first count, a run begins with its rate and not with a burst."""
    sender = Sender(streams.puts(), Controls(rate=100, messages=1_000), clock)
    sender.begin()
    clock.advance(5)
    sender.begin_now()

    pass_time(sender, clock, 1)

    assert sender.sent == pytest.approx(100, abs=2)


def test_after_a_stall_it_does_not_hurry(streams: Streams, clock: ManualClock) -> None:
    """What was missed for longer than a second stays missed."""
    sender = Sender(streams.puts(), Controls(rate=10, messages=1_000), clock)
    sender.begin()
    clock.advance(60)
    sender.step()

    assert sender.sent == 10


def test_a_change_of_the_rate_keeps_the_plan(streams: Streams, clock: ManualClock) -> None:
    """Only what the messages depend on has them planned anew."""
    controls = Controls(rate=10, messages=50, seed=3)
    sender = Sender(streams.puts(), controls, clock)
    sender.begin()
    pass_time(sender, clock, 2)
    sender.use(replace(controls, rate=100))
    pass_time(sender, clock, 1)

    assert streams.entries[0] == list(make_plan(PlanOptions(messages=50, seed=3)).entries)


def test_fewer_messages_than_were_sent_end_the_run(streams: Streams, clock: ManualClock) -> None:
    """A total below what has been sent sends no more."""
    controls = Controls(rate=10, messages=50)
    sender = Sender(streams.puts(), controls, clock)
    sender.begin()
    pass_time(sender, clock, 2)
    sender.use(replace(controls, messages=5))
    pass_time(sender, clock, 1)

    assert sender.state == "sent"
    assert sender.sent == pytest.approx(20, abs=2)


def test_a_stream_that_accepts_nothing_fails_the_run(streams: Streams, clock: ManualClock) -> None:
    """The reason is kept."""
    streams.refuses = True
    sender = Sender(streams.puts(), Controls(), clock)
    sender.begin()
    pass_time(sender, clock, 1)

    assert (sender.state, sender.problem) == ("failed", "full")


def test_an_error_fails_the_run_and_start_begins_another(streams: Streams, clock: ManualClock) -> None:
    """A cloud that is gone for a while does not end the room."""
    streams.error = OSError("gone")
    sender = Sender(streams.puts(), Controls(rate=100, messages=10), clock)
    sender.begin()
    pass_time(sender, clock, 1)
    assert (sender.state, sender.problem) == ("failed", "gone")

    streams.error = None
    sender.begin()
    pass_time(sender, clock, 1)

    assert (sender.state, sender.sent, sender.problem) == ("sent", 10, "")


@pytest.mark.parametrize("messages", [1, 2, 3, 7, 50])
@pytest.mark.parametrize(("duplicates", "modify"), [(90, 90), (50, 50), (0, 90), (90, 0)])
def test_every_remainder_can_be_planned(messages: int, duplicates: float, modify: float) -> None:
    """However few messages are left, and however much is to repeat others, there is a plan of that length."""
    assert len(plan_of(Controls(duplicates=duplicates, modify=modify), messages)) == messages


@pytest.mark.parametrize(
    ("name", "value"),
    [("rate", 0), ("rate", "fast"), ("duplicates", 101), ("messages", True), ("speed", 1), ("seed", -1)],
)
def test_controls_refuse_what_is_impossible(name: str, value: Any) -> None:
    """A number out of range, no number, and a name that does not exist are refused in words."""
    with pytest.raises(ConfigurationError, match=name):
        Controls().changed(name, value)


@pytest.mark.parametrize("faults", [{"earthquake": 0.1}, {"crash_after": 2}, {"crash_after": "often"}])
def test_faults_are_named_with_chances(faults: dict[str, Any]) -> None:
    """A fault that does not exist, and a chance that is none, are refused."""
    with pytest.raises(ConfigurationError, match=r"fault|chance"):
        Controls().changed("faults", faults)


def test_no_two_learners_of_a_class_open_the_same_room(tmp_path: Path) -> None:
    """Without a seed a room has one of the learner's, also in an empty pipeline, and another each time."""
    sent: list[object] = []
    tools = RoomTools(cast("Any", SimpleNamespace(home=tmp_path, messages=lambda: sent)))
    alone = tools._next_seed()
    (tmp_path / CLASS_FILE).write_text('{"seed": 2147483647}', encoding="utf-8")
    in_class = tools._next_seed()
    sent.append("a message")

    assert (alone, in_class, tools._next_seed()) == (1, 147483648, 147483649)
    assert Controls().changed("seed", in_class).seed == in_class
