"""Sends a run's messages slice by slice, so that everything about it can be changed while it lasts.

Each pipeline gets the same messages. What is still to be sent is planned anew when a control that the plan
depends on is changed; the same seed and the same changes give the same messages again. Nothing waits here:
whoever drives the sender calls `step` many times a second.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from workshop.clock import Clock
from workshop.errors import FROM_A_NOTEBOOK
from workshop.notebook.control_room.controls import Controls
from workshop.pipeline.messages import PlannedMessage, PlanOptions, make_plan
from workshop.pipeline.producer.producer import ProduceResult

__all__ = ["Sender", "SenderState", "plan_of", "told_in_room"]

# Puts messages into the stream of one pipeline.
Put = Callable[[Sequence[PlannedMessage]], ProduceResult]
SenderState = str
READY, SENDING, PAUSED, SENT, FAILED = "ready", "sending", "paused", "sent", "failed"
PLANNED = ("messages", "duplicates", "modify", "out_of_order", "seed")
LARGEST_SLICE = 500
# After a stall it goes on at its rate, and does not hurry after what it has missed for longer.
LONGEST_CREDIT_SECONDS = 1.0
ROOM_AGAIN = FROM_A_NOTEBOOK.replace("this cell", "the cell that opened this control room")
# Far apart, so that two stretches of neighbouring seeds are not the same messages.
NEXT_SEED = 1_000_003
# A plan of few messages has no room for many that repeat or change others.
SHARES = (1.0, 0.8, 0.5, 0.2, 0.0)


class Sender:
    """One run after another into the same pipelines. Thread-safe; only one thread may call `step`."""

    def __init__(self, puts: Sequence[Put], controls: Controls, clock: Clock) -> None:
        self._puts = puts
        self._controls = controls
        self._clock = clock
        self._lock = threading.Lock()
        self._plan: list[PlannedMessage] | None = None
        self._stretches = 0
        self._taken = 0
        self._credit = 0.0
        self._credited_at = 0.0
        self.state: SenderState = READY
        self.sent = 0
        self.refused = 0
        self.problem = ""

    def begin(self) -> None:
        """Begin a run, or go on with one that was paused; what runs goes on."""
        with self._lock:
            if self.state == SENDING:
                return
            if self.state != PAUSED:
                self._plan, self._taken = None, 0
                self.sent, self.refused, self.problem = 0, 0, ""
            self._credit, self._credited_at = 1.0, self._clock.now()
            self.state = SENDING

    def begin_now(self) -> None:
        """Owe nothing for the time until now: that nobody has sent yet is no reason to hurry."""
        with self._lock:
            self._credit, self._credited_at = 1.0, self._clock.now()

    def pause(self) -> None:
        """Send nothing more until `begin`."""
        with self._lock:
            if self.state == SENDING:
                self.state = PAUSED

    def end(self) -> None:
        """Give up what has not been sent."""
        with self._lock:
            if self.state in {SENDING, PAUSED}:
                self.state = SENT

    def use(self, controls: Controls) -> None:
        """Follow these controls from the next slice on."""
        with self._lock:
            before, self._controls = self._controls, controls
            if any(getattr(before, name) != getattr(controls, name) for name in PLANNED):
                self._plan = None

    def step(self) -> None:
        """Send what is due now, if anything is."""
        with self._lock:
            entries = self._take()
        if not entries:
            return
        try:
            results = [put(entries) for put in self._puts]
        # Nobody sees what a thread raises; the run says it.
        except Exception as error:  # noqa: BLE001
            with self._lock:
                self.state, self.problem = FAILED, told_in_room(error)
            return
        with self._lock:
            self.sent += len(results[0].accepted)
            refusals = [refusal for result in results for refusal in result.refused]
            self.refused += len(refusals)
            if refusals:
                self.problem = told_in_room(refusals[0].reason)
            if not results[0].accepted:
                self.state = FAILED
            elif self.state == SENDING and self._taken >= self._controls.messages:
                self.state = SENT

    def _take(self) -> list[PlannedMessage]:
        if self.state != SENDING:
            return []
        now, rate = self._clock.now(), self._controls.rate
        earned = max(0.0, now - self._credited_at) * rate
        self._credit = min(self._credit + earned, max(1.0, rate * LONGEST_CREDIT_SECONDS))
        self._credited_at = now
        left = self._controls.messages - self._taken
        if left <= 0:
            self.state = SENT
            return []
        if self._plan is None:
            self._plan = plan_of(self._controls, left, stretch=self._stretches)
            self._plan.reverse()
            self._stretches += 1
        count = min(int(self._credit), left, LARGEST_SLICE, len(self._plan))
        self._credit -= count
        self._taken += count
        return [self._plan.pop() for _ in range(count)]


def told_in_room(problem: object) -> str:
    """Return what is wrong as a room says it: it is told in one cell, and mended in the one that opened it.

    >>> told_in_room("the stream is gone")
    'the stream is gone'
    """
    return str(problem).replace(FROM_A_NOTEBOOK, ROOM_AGAIN)


def plan_of(controls: Controls, messages: int, *, stretch: int = 0) -> list[PlannedMessage]:
    """Return so many messages as the controls ask for; `stretch` counts how often a plan was made before."""
    options = PlanOptions(
        messages=messages, seed=controls.seed + stretch * NEXT_SEED, out_of_order=controls.out_of_order
    )
    for share in SHARES:
        try:
            wanted = replace(options, duplicates=controls.duplicates * share, modify=controls.modify * share)
        except ValueError:
            continue
        return list(make_plan(wanted).entries)
    return list(make_plan(options).entries)
