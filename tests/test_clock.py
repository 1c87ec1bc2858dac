"""The clocks: what the offline cloud and the tests take for the time."""

from types import SimpleNamespace

import pytest

from workshop import clock as module
from workshop.clock import AdjustableClock, SystemClock


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The machine's clock, which a test sets."""
    machine = SimpleNamespace(now=1_800_000_000.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: machine.now))
    return machine


def test_the_clouds_clock_goes_on_when_the_machines_is_set_back(machine: SimpleNamespace) -> None:
    """Setting the machine's clock back is taken up by the offset; from then on time passes as before."""
    clock = AdjustableClock()
    before = clock.now()

    machine.now -= 3600

    assert clock.now() == before
    assert clock.offset_seconds == 3600
    machine.now += 5
    assert clock.now() == before + 5


def test_whoever_waits_on_the_machines_clock_waits_no_longer(
    machine: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock of commands and notebooks does not go back either, so that deadlines stay where they are."""
    monkeypatch.setattr(module, "_machine", AdjustableClock())
    clock = SystemClock()
    deadline = clock.now() + 10

    machine.now -= 3600
    clock.now()
    machine.now += 10

    assert clock.now() == deadline


def test_a_clock_that_is_set_forward_is_followed(machine: SimpleNamespace) -> None:
    """The machine's clock may jump ahead, after a pause of the machine for example."""
    clock = AdjustableClock()
    before = clock.now()

    machine.now += 3600

    assert clock.now() == before + 3600
    assert clock.offset_seconds == 0


def test_a_clock_that_was_set_back_before_the_start_goes_on(machine: SimpleNamespace) -> None:
    """A cloud that ended at a later time than it begins goes on from there; an earlier end says nothing."""
    later, earlier = AdjustableClock(), AdjustableClock()

    later.go_on_from(machine.now + 60)
    earlier.go_on_from(machine.now - 60)

    assert later.now() == machine.now + 60
    assert earlier.now() == machine.now
