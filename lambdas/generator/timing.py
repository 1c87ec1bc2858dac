"""Time, as a round reads it and waits for it: through one object, so that a test can let it pass at once."""

import time
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """What a round needs of time."""

    def now(self) -> float:
        """Return the time in unix seconds."""

    def sleep(self, seconds: float) -> None:
        """Return when the seconds have passed."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> float:
        """Return the time in unix seconds."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Block for `seconds`."""
        time.sleep(max(0.0, seconds))
