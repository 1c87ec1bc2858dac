"""The control room's model: sends a run, watches one or two pipelines, and says at each tick how all stands.

Whoever drives it calls `send` many times a second, `tick` once a second, and `investigate` now and then, each
in a thread of its own; `command` may come from any thread and returns at once. Nothing is drawn here, and no
thread is started.
"""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from workshop.cloud.fault_plan import NO_FAULTS, FaultKind, FaultPlan
from workshop.course.course import Course
from workshop.errors import WorkshopError
from workshop.notebook.control_room.controls import Controls
from workshop.notebook.control_room.history import History, Tick
from workshop.notebook.control_room.sender import FAILED, PAUSED, READY, SENDING, SENT, Sender
from workshop.notebook.control_room.watched import Watched
from workshop.notebook.controls.panels import fault_words
from workshop.pipeline.operations.live_faults import clear_faults, set_faults

__all__ = ["RoomModel"]

STOPPED, SETTLING, DONE = "stopped", "settling", "done"
MOST_MARKS = 200


class RoomModel:
    """One or two pipelines with the same messages; the first one's stages are what `batch_size` is set at."""

    def __init__(
        self,
        pipelines: Mapping[str, Course],
        controls: Controls,
        *,
        fault_plan: FaultPlan = NO_FAULTS,
    ) -> None:
        self._courses = list(pipelines.values())
        self._clock = self._courses[0].clock
        self._began = self._clock.now()
        self._watched = [Watched(name, course) for name, course in pipelines.items()]
        self._controls = replace(controls, batch_size=controls.batch_size or self._batch_size())
        self._sender = Sender([_put_into(course) for course in self._courses], self._controls, self._clock)
        self._guard = threading.Lock()
        self._slow: deque[tuple[str, Controls]] = deque()
        self._marks: deque[dict[str, Any]] = deque(maxlen=MOST_MARKS)
        self._fault_plan = fault_plan
        self._has_faults = False
        self._is_stopped = False
        # What was there before the first look is no part of what is counted, either.
        self._is_new_run = True
        self._was_settled = False
        self.history = History()

    @property
    def state(self) -> str:
        """Where the run stands: ready, sending, paused, settling, done, stopped or failed."""
        if self._is_stopped:
            return STOPPED
        if self._sender.state == SENT:
            return DONE if self._was_settled else SETTLING
        return self._sender.state

    @property
    def controls(self) -> Controls:
        """Where every control stands."""
        return self._controls

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.state in {DONE, STOPPED, FAILED}

    @property
    def awaits_diagnosis(self) -> bool:
        """Whether totals are off at rest, and why is still to be found out."""
        return any(each.awaits_diagnosis for each in self._watched)

    def command(self, command: Mapping[str, Any]) -> None:
        """Do what a person asks for: `{"do": "start"}`, `pause` or `stop`, or `set` with names and values.

        Returns at once. What takes calls to the cloud, batch size and faults, is done at the next tick. What
        is impossible is told as a mark, and changes nothing; what would do nothing, such as a start while a
        run goes on, leaves no mark.
        """
        match command.get("do"):
            case "start":
                self._start()
            case "pause":
                self._pause()
            case "stop":
                self.stop()
            case "set":
                for name, value in dict(command.get("set") or {}).items():
                    self._set(name, value)

    def send(self) -> None:
        """Send what is due; to be called many times a second."""
        if not self._is_stopped and not self._is_new_run:
            self._sender.step()

    def tick(self) -> Tick:
        """Look at everything once, and return how it stands; the tick is kept in the history."""
        self._apply_slow()
        if self._is_new_run:
            for each in self._watched:
                each.begin(self._seconds())
            # That took a while, on AWS seconds; the run begins after it, for its rates and for its sender.
            for each in self._watched:
                each.count_from(self._seconds())
            self._sender.begin_now()
            self._is_new_run = False
        # State and count of the sender before the look: what it sends later is not in the look.
        now, is_sent, sent = self._seconds(), self._sender.state == SENT, self._sender.sent
        for each in self._watched:
            each.look(now, sent)
        # A run that is over stays so: what other cells send later is another story.
        self._was_settled |= is_sent and all(each.is_settled for each in self._watched)
        tick = self._document(now)
        self.history.add(tick)
        return tick

    def investigate(self) -> None:
        """Ask for the trade behind totals that are off at rest; may take seconds."""
        for each in self._watched:
            each.investigate()

    def stop(self) -> None:
        """End the run, unless it is over: nothing more is sent. Faults that the room has begun are ended."""
        if not self.is_over:
            self._sender.end()
            self._is_stopped = True
            self._mark("stopped")
        # Also a second time: the cloud may have been gone at the first.
        self.end_faults()

    def _start(self) -> None:
        state = self.state
        if state in {SENDING, SETTLING}:
            return
        if state != PAUSED:
            self._is_new_run = True
            self._was_settled = False
        self._is_stopped = False
        self._sender.begin()
        self._mark("goes on" if state == PAUSED else "started")
        if not self._fault_plan.is_empty and not self._has_faults:
            self._slow.append(("faults", self._controls))

    def _pause(self) -> None:
        if self.state == SENDING:
            self._sender.pause()
            self._mark("paused")

    def _set(self, name: str, value: Any) -> None:
        with self._guard:
            try:
                self._controls = self._controls.changed(name, value)
            except WorkshopError as error:
                self._mark(f"not changed: {error}")
                return
            controls = self._controls
            if name == "faults":
                self._fault_plan = _with_sliders(self._fault_plan, dict(value))
        self._sender.use(controls)
        if name in {"batch_size", "faults"}:
            self._slow.append((name, controls))
        else:
            self._mark(controls.told(name))

    def _apply_slow(self) -> None:
        while self._slow:
            name, controls = self._slow.popleft()
            try:
                if name == "batch_size":
                    self._use_batch_size(controls.batch_size or 1)
                    self._mark(controls.told(name))
                else:
                    self._use_faults(self._fault_plan)
            except (WorkshopError, ClientError) as error:
                self._mark(f"not changed: {error}")

    def _use_batch_size(self, size: int) -> None:
        for course in self._courses:
            function = _first_function(course)
            if (mapping := course.mapping(function)) is not None:
                course.client("lambda").update_event_source_mapping(UUID=mapping["UUID"], BatchSize=size)

    def _use_faults(self, wanted: FaultPlan) -> None:
        for course in self._courses:
            # Kinesis has no idempotent put: in the stateless pipeline a repeated message counts twice.
            safe = wanted.but_not("response_lost@producer") if course.pipeline == "stateless" else wanted
            set_faults(course.cloud, course.outputs, safe)
        self._has_faults = not wanted.is_empty
        self._mark(_told_plan(wanted))

    def end_faults(self) -> None:
        """End the faults that the room has begun; others stay."""
        if not self._has_faults:
            return
        for course in self._courses:
            clear_faults(course.cloud, course.outputs)
        self._has_faults = False
        self._fault_plan = NO_FAULTS
        self._controls = replace(self._controls, faults=dict.fromkeys(self._controls.faults, 0.0))

    def _batch_size(self) -> int | None:
        mapping = self._courses[0].mapping(_first_function(self._courses[0]))
        return None if mapping is None else mapping.get("BatchSize")

    def _mark(self, text: str) -> None:
        self._marks.append({"seconds": self._seconds(), "text": text})

    def _seconds(self) -> float:
        return round(self._clock.now() - self._began, 2)

    def _document(self, now: float) -> Tick:
        is_over = self.is_over
        return {
            "seconds": now,
            "run": {
                "state": self.state,
                "text": self._told(),
                "sent": self._sender.sent,
                "total": self._controls.messages,
            },
            "pipelines": [each.document(is_over=is_over) for each in self._watched],
            "marks": list(self._marks),
            "levels": list(self._watched[0].order),
            "controls": self._controls.document(),
        }

    def _told(self) -> str:
        sent, total, rate = self._sender.sent, self._controls.messages, self._controls.rate
        told = {
            READY: f"Ready to send {total:,} messages, {rate:g} a second.",
            SENDING: f"Sending {sent:,} of {total:,} messages, {rate:g} a second.",
            PAUSED: f"Paused after {sent:,} of {total:,} messages.",
            SETTLING: f"All {sent:,} messages are sent; waiting until nothing moves any more.",
            DONE: f"Done: {sent:,} messages.",
            STOPPED: f"Stopped after {sent:,} of {total:,} messages.",
            FAILED: f"Sending failed: {self._sender.problem}",
        }[self.state]
        if self._sender.refused and self.state != FAILED:
            told += f" The stream refused {self._sender.refused:,}: {self._sender.problem}"
        return told


def _first_function(course: Course) -> str:
    return "StateLambda" if course.pipeline == "stateful" else "MapLambda"


def _with_sliders(plan: FaultPlan, chances: Mapping[str, float]) -> FaultPlan:
    """Return the plan with these kinds as their sliders say; what others do in single functions stays."""
    kept = plan.only({kind for kind in FaultKind if kind not in chances})
    moved = FaultPlan.from_words(fault_words(chances)) if any(chances.values()) else NO_FAULTS
    return replace(kept, rates={**kept.rates, **moved.rates})


def _told_plan(plan: FaultPlan) -> str:
    if plan.is_empty:
        return "no faults"
    told = [f"{name} {rate:.3g}" for name, rate in plan.rates.items() if rate]
    return f"faults: {', '.join([*told, *plan.strikes])}"


def _put_into(course: Course) -> Any:
    return lambda entries: course.send(entries, threads=1)
