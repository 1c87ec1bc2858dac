"""Waiting for what happens in other threads and processes, with an end."""

from collections.abc import Callable

from workshop.clock import SystemClock, stopwatch
from workshop.cloud.offline.processes import is_alive

__all__ = ["wait_until", "wait_until_gone"]


def wait_until(holds: Callable[[], object], seconds: float = 20.0) -> bool:
    """Look many times a second; return False if it does not hold in time."""
    clock, started = SystemClock(), stopwatch()
    while not holds():
        if stopwatch() - started > seconds:
            return False
        clock.sleep(0.02)
    return True


def wait_until_gone(pid: int, seconds: float = 20.0) -> bool:
    """Return whether a process has ended in time."""
    return wait_until(lambda: not is_alive(pid), seconds)
