"""Time, in one place: the only module that reads the time or sleeps.

The offline cloud runs on an `AdjustableClock`, so that ten minutes can pass in a moment; tests and the
schedule explorer run on a `ManualClock`, which moves only when it is told to.
"""

import threading
import time
from typing import Protocol

__all__ = ["AdjustableClock", "Clock", "ManualClock", "SystemClock", "stopwatch"]


class Clock(Protocol):
    """What everything that needs the time is given."""

    def now(self) -> float:
        """Return the time in unix seconds."""

    def sleep(self, seconds: float) -> None:
        """Return when `seconds` have passed on this clock."""


class SystemClock:
    """The machine's own time, which goes on in this process if somebody sets the machine's clock back."""

    def now(self) -> float:
        """Return the time in unix seconds."""
        return _machine.now()

    def sleep(self, seconds: float) -> None:
        """Block the calling thread for `seconds`."""
        time.sleep(max(0.0, seconds))


class AdjustableClock:
    """The machine's time plus an offset that only grows; sleepers wake when it is advanced past their time.

    It never goes back, not even if somebody sets the machine's clock back: the offset takes that up, so that
    nobody waits an hour longer. Thread-safe.
    """

    def __init__(self) -> None:
        self._offset_seconds = 0.0
        self._latest = 0.0
        self._advanced = threading.Condition()

    def now(self) -> float:
        """Return the adjusted time in unix seconds."""
        with self._advanced:
            machine = time.time()
            self._offset_seconds += max(0.0, self._latest - machine)
            self._latest = machine
            return machine + self._offset_seconds

    def go_on_from(self, machine_time: float) -> None:
        """Take up that the machine's clock has been set back since it said this, in unix seconds."""
        with self._advanced:
            self._latest = max(self._latest, machine_time)

    @property
    def offset_seconds(self) -> float:
        """How far this clock runs ahead of the machine's time."""
        return self._offset_seconds

    def advance(self, seconds: float) -> None:
        """Move the clock forward at once; raises ValueError for a negative step."""
        if seconds < 0:
            raise ValueError(f"a clock only moves forward, not by {seconds} seconds")
        with self._advanced:
            self._offset_seconds += seconds
            self._advanced.notify_all()

    def sleep(self, seconds: float) -> None:
        """Block until `seconds` have passed, or were skipped by `advance`."""
        deadline = self.now() + seconds
        with self._advanced:
            while (left := deadline - self.now()) > 0:
                self._advanced.wait(left)


_machine = AdjustableClock()


class ManualClock:
    """A clock that moves only when told; sleeping on it moves it. For tests and the schedule explorer."""

    def __init__(self, now: float = 1_750_000_000.0) -> None:
        self._now = now

    def now(self) -> float:
        """Return the time in unix seconds."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the clock forward; raises ValueError for a negative step."""
        if seconds < 0:
            raise ValueError(f"a clock only moves forward, not by {seconds} seconds")
        self._now += seconds

    def sleep(self, seconds: float) -> None:
        """Move the clock by `seconds` and return at once."""
        self._now += max(0.0, seconds)


def stopwatch() -> float:
    """Return a monotonic reading in seconds; the difference of two is an elapsed time."""
    return time.perf_counter()
