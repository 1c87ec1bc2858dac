"""The time, read in one place."""

import time
from decimal import Decimal

__all__ = ["pause", "stopwatch", "unix_time"]


def unix_time() -> Decimal:
    """Return the time in unix seconds, to the millisecond."""
    return Decimal(time.time_ns() // 1_000_000) / 1000


def stopwatch() -> float:
    """Return a reading in seconds; the difference of two is how much time has passed."""
    return time.monotonic()


def pause(seconds: float) -> None:
    """Do nothing for so long."""
    time.sleep(seconds)
