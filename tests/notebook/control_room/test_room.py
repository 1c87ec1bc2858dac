"""The control room in a notebook: it never blocks, its threads end, and waiting for it is told in words."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import EndpointConnectionError

from workshop.clock import ManualClock
from workshop.cloud.fault_plan import NO_FAULTS, FaultPlan
from workshop.errors import FROM_A_NOTEBOOK, CloudNotRunningError, ConfigurationError
from workshop.notebook.control_room import room as module
from workshop.notebook.control_room.controls import Controls
from workshop.notebook.control_room.history import History
from workshop.notebook.control_room.opening import chance_of
from workshop.notebook.control_room.room import ControlRoom
from workshop.notebook.controls.background import stop_all

METER = {"state": "exact", "text": "Exact to the cent.", "in_flight": 0, "off_by": None, "path": None}


class Model:
    """A run that is over after some ticks; it remembers its commands."""

    def __init__(self, ticks: int = 3, *, meter: str = "exact") -> None:
        self.controls = Controls(messages=10, rate=10)
        self.history = History()
        self.state = "ready"
        self.commands: list[str] = []
        self.error: Exception | None = None
        self.stop_error: Exception | None = None
        self.has_ended_faults = threading.Event()
        self.awaits_diagnosis = False
        self.hop_state = "Enabled"
        self._left = ticks
        self._meter = {**METER, "state": meter, "since": None, "trade": None}

    @property
    def is_over(self) -> bool:
        """Whether the run is over."""
        return self.state in {"done", "stopped"}

    def command(self, command: dict[str, Any]) -> None:
        """Note a command."""
        self.commands.append(command["do"])
        if command["do"] == "stop" and self.stop_error is not None:
            raise self.stop_error
        self.state = {"start": "sending", "stop": "stopped", "pause": "paused"}.get(command["do"], self.state)

    def stop(self) -> None:
        """Stop."""
        self.command({"do": "stop"})

    def end_faults(self) -> None:
        """Note that faults were ended."""
        self.controls = replace(self.controls, faults={"crash_after": 0.0})
        self.has_ended_faults.set()

    def send(self) -> None:
        """Send nothing."""

    def investigate(self) -> None:
        """Find nothing."""

    def tick(self) -> dict[str, Any]:
        """Return how it stands, or fail as a cloud does that is gone."""
        if self.error is not None:
            raise self.error
        if self.state == "sending":
            self._left -= 1
            self.state = "done" if self._left <= 0 else "sending"
        pipeline = {
            "name": "stateful",
            "totals": {"Grand Total": "1.00"},
            "trades": {"Grand Total": 1},
            "meter": self._meter,
            "sent_per_second": 1.0,
            "applied_per_second": 1.0,
            "latency": dict.fromkeys(("mean", "p50", "p95", "p99", "max")),
            "hops": [{"function": "MapLambda", "state": self.hop_state, "waiting": 10}],
        }
        run = {"state": self.state, "text": f"It is {self.state}.", "sent": 1, "total": 10}
        tick = {
            "seconds": 1.0,
            "run": run,
            "pipelines": [pipeline],
            "marks": [],
            "controls": {},
            "levels": [],
        }
        self.history.add(tick)
        return tick


@pytest.fixture(autouse=True)
def no_thread_looks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the threads look once a day, so that the tests do it; none is left behind."""
    monkeypatch.setattr(module, "TICK_SECONDS", {True: 86_400.0, False: 86_400.0})
    yield
    stop_all()
    assert threads() == []


def threads() -> list[str]:
    return [each.name for each in threading.enumerate() if each.name.startswith("workshop-control room")]


def opened(model: Model, *, autostart: bool = False) -> tuple[ControlRoom, Any]:
    """Return a room with its course, whose clock looks at the room whenever somebody sleeps on it."""
    clock = ManualClock()
    course = SimpleNamespace(
        cloud=SimpleNamespace(offline=object()),
        stack="course-stateful",
        clock=SimpleNamespace(now=clock.now, sleep=lambda seconds: (clock.advance(seconds), room._look())),
    )
    room = ControlRoom(cast("Any", model), cast("Any", course), autostart=autostart)
    return room, course


def test_a_room_does_not_send_before_it_is_told_to(capsys: Any) -> None:
    """Opening shows; only Start, or `autostart`, begins."""
    model = Model()
    opened(model)
    assert model.commands == []

    opened(model, autostart=True)
    assert model.commands == ["start"]


def test_stop_ends_every_thread() -> None:
    """Three threads drive a room, and none is left after `stop`; the last tick says so."""
    room, _ = opened(Model(), autostart=True)
    assert len(threads()) == 3

    room.stop()

    assert threads() == []
    assert room.latest["run"]["state"] == "stopped"


def test_stop_ends_every_thread_although_the_cloud_is_gone() -> None:
    """Where the run's faults cannot be ended, `stop` says so, and nothing goes on all the same."""
    model = Model()
    room, _ = opened(model, autostart=True)
    model.stop_error = CloudNotRunningError("http://127.0.0.1:9")

    with pytest.raises(CloudNotRunningError):
        room.stop()

    assert threads() == []


def test_start_brings_the_threads_back() -> None:
    """A room that was stopped can be used again."""
    room, _ = opened(Model())
    room.stop()
    room.start()

    assert len(threads()) == 3


def test_a_cell_that_is_run_again_ends_its_room() -> None:
    """One pipeline has one room: the older one sends no more, and leaves no thread."""
    model = Model()
    opened(model, autostart=True)
    opened(Model())

    assert model.commands == ["start", "stop"]
    assert len(threads()) == 3


def test_waiting_ends_when_the_run_is_over(capsys: Any) -> None:
    """`wait` begins a run that has not begun, and says how it ended."""
    model = Model()
    room, _ = opened(model)
    room.wait()

    assert model.commands == ["start"]
    assert "✓ Done: stateful: Exact to the cent." in capsys.readouterr().out


def test_faults_end_with_a_run_that_is_done() -> None:
    """Nobody has to remember the faults of a run that ended by itself, and the sliders stand at none."""
    model = Model()
    room, _ = opened(model)
    room.wait()

    assert model.has_ended_faults.wait(60)
    assert room.latest["controls"]["faults"] == {"crash_after": 0.0}


def test_waiting_ends_when_its_time_is_over(capsys: Any) -> None:
    """A run that never ends does not hold the cell; what is seen by then is said."""
    room, course = opened(Model(ticks=10_000))
    before = course.clock.now()
    room.wait(20)

    assert 20 <= course.clock.now() - before < 22
    assert "Not at rest" in capsys.readouterr().out


@pytest.mark.parametrize(("hop_state", "waits"), [("Not connected", 30), ("Disabled", 30), ("Creating", 100)])
def test_nobody_waits_long_for_a_stage_that_takes_nothing(capsys: Any, hop_state: str, waits: int) -> None:
    """When all is sent and a mapping is missing or disabled, the wait soon ends; not if it is coming."""
    model = Model(ticks=10_000)
    room, course = opened(model)
    model.hop_state = hop_state
    model.command({"do": "start"})
    model.state = "settling"
    room._look()
    before = course.clock.now()
    room.wait(100)

    assert waits <= course.clock.now() - before <= waits + 1
    assert "Not at rest" in capsys.readouterr().out


def test_an_interrupt_ends_the_wait_and_not_the_run(capsys: Any) -> None:
    """Who interrupts the kernel ends the cell, with what it would do after the run, and the room goes on."""
    model = Model(ticks=10_000)
    room, course = opened(model)

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    course.clock.sleep = interrupt
    with pytest.raises(KeyboardInterrupt):
        room.wait()

    assert "Interrupted: the run goes on" in capsys.readouterr().out
    assert model.commands == ["start"]
    assert room.is_running


def test_an_interrupt_says_of_a_paused_run_that_it_is_paused(capsys: Any) -> None:
    """Who waits for a run that is paused, and gives up, is not told that it goes on."""
    model = Model(ticks=10_000)
    room, course = opened(model, autostart=True)

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    course.clock.sleep = interrupt
    room.pause()
    with pytest.raises(KeyboardInterrupt):
        room.wait()

    assert "Interrupted: the run is still paused; `room.start()` goes on" in capsys.readouterr().out


def test_wrong_totals_are_no_success(capsys: Any) -> None:
    """A run that is over with totals that are off is not ticked off."""
    room, _ = opened(Model(meter="off"))
    room.wait()

    assert "✓" not in capsys.readouterr().out


def test_a_cloud_that_is_gone_is_said_and_ends_the_room() -> None:
    """The last tick stays with the reason; after some looks in vain the room gives up."""
    model = Model()
    room, _ = opened(model, autostart=True)
    model.error = OSError("no answer")
    room._look()
    assert room.latest["run"] == {**room.latest["run"], "state": "failed"}
    assert "no answer" in room.latest["run"]["text"]

    for _ in range(module.PROBLEMS - 2):
        room._look()
    with pytest.raises(OSError, match="no answer"):
        room._look()


@pytest.mark.parametrize(
    "error",
    [
        CloudNotRunningError("http://127.0.0.1:9", FROM_A_NOTEBOOK),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:9/"),
        ConnectionRefusedError(111, "Connection refused"),
    ],
)
def test_what_a_room_says_names_the_cell_that_opened_it(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is sent to `this cell`, wherever the advice comes from: in the run's line, and of one trade."""
    model = Model()
    room, _ = opened(model)
    model.error = error
    room._look()
    assert "then the cell that opened this control room" in room.latest["run"]["text"]

    def trail(*_: object) -> None:
        raise CloudNotRunningError("http://127.0.0.1:9", FROM_A_NOTEBOOK)

    monkeypatch.setattr(module.TableTools, "trail", trail)
    assert "then the cell that opened this control room" in room.follow("t1").text


def test_a_cloud_that_comes_back_is_read_on() -> None:
    """One look in vain is no end."""
    model = Model()
    room, _ = opened(model, autostart=True)
    model.error = OSError("no answer")
    room._look()
    model.error = None
    room._look()

    assert room.latest["run"]["state"] in {"sending", "done"}


def test_waiting_says_no_more_that_the_cloud_is_gone_once_it_is_back(capsys: Any) -> None:
    """A room that ended with its cloud is looked at anew, and says where a run can be begun."""
    model = Model()
    room, _ = opened(model, autostart=True)
    model.error = CloudNotRunningError("http://127.0.0.1:9", FROM_A_NOTEBOOK)
    room._look()
    room._end()
    model.stop()

    room.wait()
    assert "then the cell that opened this control room" in capsys.readouterr().out
    model.error = None
    room.wait()

    told = capsys.readouterr().out
    assert "no offline cloud" not in told
    # How far the run was as well, or what other cells count would look like its result.
    assert "■ Stopped: It is stopped." in told


def test_a_room_looks_no_more_after_the_end_of_its_run() -> None:
    """Its threads end by themselves, and what other cells do next is not in its history."""
    model = Model(ticks=1)
    room, _ = opened(model, autostart=True)
    room._tick()
    seen = len(model.history)
    room._tick()

    assert model.commands == ["start"]
    assert not room.is_running
    assert len(model.history) == seen


def test_a_room_waits_some_seconds_for_its_diagnosis() -> None:
    """Totals that are off are looked at until the cause is told, and not for ever."""
    model = Model(ticks=1, meter="off")
    model.awaits_diagnosis = True
    room, course = opened(model, autostart=True)
    room._tick()
    room._tick()
    assert room.is_running

    for _ in range(30):
        course.clock.sleep(1)
        room._tick()

    assert not room.is_running


def test_the_run_can_be_exported(tmp_path: Path) -> None:
    """The CSV has a row for each tick and pipeline below its heads."""
    room, _ = opened(Model())
    room.wait()

    lines = room.export(tmp_path / "run.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("seconds,pipeline,state,sent")
    assert len(lines) == 1 + len(room.history())


def test_sliders_stand_where_faults_are_in_force() -> None:
    """A fault that strikes in one function alone moves the slider of its kind, and no other."""
    plan = FaultPlan.from_words(["crash_after@map=0.1", "crash_after@reduce=0.2"])

    assert (
        chance_of(plan, "crash_after"),
        chance_of(plan, "crash_before"),
        chance_of(NO_FAULTS, "crash_after"),
    ) == (0.2, 0.0, 0.0)


@pytest.mark.parametrize(
    "wrong", [{"rate": 0}, {"nonsense": 3}, {"faults": 5}, {"faults": {"x": 1}}], ids=repr
)
def test_a_control_that_cannot_be_set_is_told_in_the_cell(wrong: dict[str, Any]) -> None:
    """Who sets something impossible from a cell hears it there, and nothing is set."""
    model = Model()
    room, _ = opened(model)

    with pytest.raises(ConfigurationError):
        room.set(messages=20, **wrong)

    assert model.commands == []
