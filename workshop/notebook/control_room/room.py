"""The control room as a notebook has it: the model, the threads that drive it, and the view.

A room never blocks the kernel. Its threads end with the run, with `stop`, when its cell is run again and with
the kernel; the widget stays, so that one can scroll back, and Start brings the threads back.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workshop.notebook.control_room.history import Tick
from workshop.notebook.control_room.sender import told_in_room
from workshop.notebook.control_room.widget import RoomView
from workshop.notebook.controls.background import Loop
from workshop.notebook.markup.display import Live, Shown, show
from workshop.notebook.parts.tables import TableTools
from workshop.notebook.views.cards import status_line
from workshop.notebook.views.differences import TableMemory
from workshop.notebook.views.errors import advice_on
from workshop.pipeline.hops import NOT_CONNECTED

if TYPE_CHECKING:
    from workshop.course.course import Course
    from workshop.notebook.control_room.model import RoomModel

__all__ = ["ControlRoom"]

SLICE_SECONDS = 0.1
TICK_SECONDS = {True: 1.0, False: 2.0}  # offline, AWS
ASK_SECONDS = 0.5
LONGEST_SECONDS = 4 * 3600.0
# How long a run that is over, or has not begun, is watched on.
IDLE_SECONDS = {True: 5.0, False: 600.0}  # over, not begun
PROBLEMS = 10
# What an interrupt of `wait` ends is the waiting alone.
OVER = "the run is over; `room.start()` begins another one"
INTERRUPTED = {
    "paused": "the run is still paused; `room.start()` goes on with it",
    "done": OVER,
    "stopped": OVER,
    "failed": OVER,
}
SETTLING_SECONDS = 120.0
# How long to wait for records in front of a function that nothing feeds: somebody may be connecting it.
UNFED_SECONDS = 30.0
WAIT_SECONDS = 0.25


class ControlRoom:
    """A run that is watched and steered while it lasts; `start`, `pause` and `stop` return at once."""

    def __init__(self, model: RoomModel, course: Course, *, autostart: bool = False) -> None:
        self._model = model
        self._course = course
        self._is_offline = course.cloud.offline is not None
        self._questions: deque[str] = deque()
        self._idle_since: float | None = None
        self._problems = 0
        self._loops: tuple[Loop, ...] = ()
        self._guard = threading.RLock()
        self._view = RoomView(self._command, ticks=lambda: model.history.ticks, export=self._csv)
        self._latest = model.tick()
        self._view.show(self._latest)
        self._view.display()
        # A room that the same cell has opened before ends here, and its faults: so this run begins later.
        self._drive()
        if autostart:
            self.start()

    def start(self) -> None:
        """Begin the run, or go on after a pause; after its end, begin another one."""
        self._command({"do": "start"})

    def pause(self) -> None:
        """Send nothing more until `start`."""
        self._command({"do": "pause"})

    def set(self, **controls: Any) -> None:
        """Set controls while the run goes on, such as `rate=250` or `faults={"crash_after": 0.1}`.

        Raises:
            ConfigurationError: there is no such control, or it cannot be set to that; then none is set.
        """
        for name, value in controls.items():
            self._model.controls.changed(name, value)
        self._command({"do": "set", "set": controls})

    def stop(self) -> None:
        """End the run, its faults and all threads of the room; what was seen stays."""
        self._command({"do": "stop"})

    def wait(self, timeout: float | None = None) -> None:
        """Block until all is sent and nothing moves any more, at most `timeout` seconds, or an interrupt.

        A run that has not begun is begun. Without a timeout, as long as sending takes and two minutes, but no
        longer than half a minute for records in front of a function that nothing feeds.
        """
        if self._model.state == "ready":
            self.start()
        elif not self.is_running and not self._is_over:
            # What ended the room may be over: the cloud was gone, and is back.
            with contextlib.suppress(Exception):
                self._look()
        controls, fed = self._model.controls, self._course.clock.now()
        longest = controls.messages / controls.rate + SETTLING_SECONDS if timeout is None else timeout
        ends = fed + longest
        clock, output = self._course.clock, Live(status_line("◐ Running", "the run begins", "info"))
        try:
            while not self._is_over and self.is_running and clock.now() < min(ends, fed + UNFED_SECONDS):
                clock.sleep(WAIT_SECONDS)
                fed = fed if self._is_cut else clock.now()
                output.update(self._progress(ends - clock.now()))
        except KeyboardInterrupt:
            told = INTERRUPTED.get(self._model.state, "the run goes on; `room.stop()` ends it")
            output.close(status_line("‖ Interrupted", told, "warn"))
            # What the cell does after the run must not be done in the middle of it.
            raise
        output.close(self._outcome())

    def history(self) -> Any:
        """Return all ticks as a DataFrame, a row for each pipeline: rates, latencies, meter, what waits."""
        return self._model.history.frame()

    def export(self, path: str | Path) -> Path:
        """Write `history()` into a CSV file; return where it is."""
        file = Path(path)
        file.write_text(self._csv(), encoding="utf-8", newline="")
        return file

    def follow(self, trade_id: str) -> Shown:
        """Show one trade in every stage of the first pipeline."""
        return show(self._trail(trade_id))

    @property
    def latest(self) -> Tick:
        """The last tick, as the view has it."""
        return self._latest

    @property
    def is_running(self) -> bool:
        """Whether the room's threads still look."""
        return bool(self._loops) and self._loops[0].is_running

    @property
    def _is_over(self) -> bool:
        """Whether the run is over, the last tick says so, and nothing more will be found out about it."""
        is_told = self._latest["run"]["state"] == self._model.state
        return self._model.is_over and is_told and not self._model.awaits_diagnosis

    @property
    def _is_cut(self) -> bool:
        """Whether all is sent, and a stage takes nothing until somebody connects or enables its mapping."""
        hops = [hop for pipeline in self._latest["pipelines"] for hop in pipeline.get("hops") or ()]
        is_sent = self._latest["run"]["state"] == "settling"
        return is_sent and any(hop["state"] in {NOT_CONNECTED, "Disabled"} for hop in hops)

    def __repr__(self) -> str:
        return f"<control room of {self._course.stack}: {self._latest['run']['text']}>"

    def _ipython_display_(self) -> None:
        """Show nothing more: it stands in its own cell."""

    def _command(self, command: Mapping[str, Any]) -> None:
        match command.get("do"):
            case "follow":
                self._questions.append(str(command.get("trade")))
                self._drive()
            case "stop":
                try:
                    self._model.command(command)
                finally:
                    # Also where the cloud is gone, and its faults cannot be ended.
                    self._end()
                    self._look()
            case "start" | "set" | "pause":
                self._model.command(command)
                self._drive()

    def _drive(self) -> None:
        """Let the threads go round, if they do not."""
        with self._guard:
            self._idle_since = None
            if self.is_running:
                return
            name = f"control room {self._course.stack}"
            every = TICK_SECONDS[self._is_offline]
            self._loops = (
                Loop(name, self._tick, every=every, seconds=LONGEST_SECONDS, on_end=self._ended),
                Loop(f"{name}, sender", self._model.send, every=SLICE_SECONDS, seconds=LONGEST_SECONDS),
                Loop(f"{name}, questions", self._answer, every=ASK_SECONDS, seconds=LONGEST_SECONDS),
            )
            for loop in self._loops:
                loop.start()

    def _end(self) -> None:
        for loop in self._loops:
            loop.stop()

    def _ended(self, problem: BaseException | None) -> None:
        self._end()
        # The cell was run again, the kernel ends, or the cloud is gone: nobody is left to steer the run.
        if not self._model.is_over and (problem is not None or self._idle_since is None):
            # Where the cloud is gone, so are its faults.
            with contextlib.suppress(Exception):
                self._model.stop()

    def _tick(self) -> None:
        if self._is_over:
            # What other cells do next is not part of this run.
            self._end()
            return
        self._look()
        state = self._model.state
        is_idle = self._model.is_over or state == "ready"
        now = self._course.clock.now()
        self._idle_since = (self._idle_since or now) if is_idle else None
        if is_idle and now - (self._idle_since or now) >= IDLE_SECONDS[self._model.is_over]:
            self._end()

    def _look(self) -> None:
        try:
            latest = self._model.tick()
            if self._model.is_over:
                # Nobody has to remember the faults of a run that is done, nor does a slider claim them.
                self._model.end_faults()
                latest = {**latest, "controls": self._model.controls.document()}
            self._latest = latest
            self._problems = 0
        # The cloud may be gone for a moment; what is shown says so.
        except Exception as error:
            self._problems += 1
            told = told_in_room(f"Nothing can be read: {error}. {advice_on(error)}".rstrip())
            run = {**self._latest["run"], "state": "failed", "text": told}
            self._latest = {**self._latest, "run": run}
            if self._problems >= PROBLEMS:
                self._view.show(self._latest)
                raise
        self._view.show(self._latest)

    def _answer(self) -> None:
        while self._questions:
            trade = self._questions.popleft()
            self._view.answer(trade, self._trail(trade))
        self._model.investigate()

    def _trail(self, trade_id: str) -> Shown:
        try:
            return TableTools(self._course, TableMemory()).trail(trade_id)
        # Nobody sees what a thread raises; the answer says it.
        except Exception as error:  # noqa: BLE001
            return status_line("✗ Not found", told_in_room(error), "bad")

    def _csv(self) -> str:
        return str(self._model.history.frame().to_csv(index=False))

    def _progress(self, left: float) -> Shown:
        run, meters = self._latest["run"], [each["meter"] for each in self._latest["pipelines"]]
        told = " · ".join([run["text"], *(meter["text"] for meter in meters), f"{max(0, left):.0f} s left"])
        return status_line("◐ Running", told, "info")

    def _outcome(self) -> Shown:
        state = self._latest["run"]["state"]
        if state == "failed":
            return status_line("✗ Failed", self._latest["run"]["text"], "bad")
        told = " · ".join(f"{each['name']}: {each['meter']['text']}" for each in self._latest["pipelines"])
        if state == "stopped":
            sent = self._latest["run"]["text"].removeprefix("Stopped ")
            return status_line("■ Stopped", f"{sent} {told} `room.start()` begins another run.", "warn")
        if state != "done":
            return status_line("▲ Not at rest", f"{told} Look again with `room.wait()`.", "warn")
        is_off = any(each["meter"]["state"] == "off" for each in self._latest["pipelines"])
        return status_line("✓ Done" if not is_off else "▲ Done", told, "warn" if is_off else "ok")
