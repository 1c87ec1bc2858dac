"""Waiting until something stays as it is: the one loop behind every wait of the operations."""

from collections.abc import Callable
from typing import TypeVar

from workshop.clock import Clock

__all__ = ["watch_until_quiet"]

Seen = TypeVar("Seen")


def watch_until_quiet(
    look: Callable[[], Seen],
    *,
    quiet_seconds: Callable[[Seen], float],
    timeout_seconds: float,
    poll_seconds: float,
    clock: Clock,
) -> tuple[Seen, bool]:
    """Look again and again until two things seen have not differed for long enough.

    `quiet_seconds` says how long that is, given what was seen last. Returns what was seen last, and False
    instead of True if it still changed after `timeout_seconds`.
    """
    started = clock.now()
    seen, changed_at = look(), clock.now()
    while True:
        needed, now = quiet_seconds(seen), clock.now()
        if now - changed_at >= needed:
            return seen, True
        if now - started >= timeout_seconds:
            return seen, False
        clock.sleep(poll_seconds)
        latest = look()
        if latest != seen:
            seen, changed_at = latest, clock.now()
