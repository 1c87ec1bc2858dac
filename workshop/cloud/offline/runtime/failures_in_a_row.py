"""Errors of loops: logged once, and repeated after a growing pause. Thread-safe.

A loop that fails at something tries it again for ever; whoever reads the log wants to hear of it once, and of
another error when there is one.
"""

import logging
import threading
from dataclasses import dataclass
from typing import Any

__all__ = ["FailuresInARow"]

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Failure:
    text: str
    count: int
    retry_at: float


class FailuresInARow:
    """What has failed since it last worked, each thing under a key of its own."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._lock = threading.Lock()
        self._failures: dict[Any, _Failure] = {}

    def failed(self, key: Any, what: str, error: Exception, *, now: float) -> float:
        """Note an error, log it unless it is the last one again; return when to try again (Unix seconds)."""
        text = f"{type(error).__name__}: {error}"
        with self._lock:
            last = self._failures.get(key)
            count = 1 if last is None else last.count + 1
            pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(count - 1, 16))
            self._failures[key] = _Failure(text, count, now + pause)
        if last is None or last.text != text:
            self._logger.error("%s failed; it is tried again", what, exc_info=error)
        return now + pause

    def succeeded(self, key: Any) -> None:
        """Forget what has failed before."""
        if key in self._failures:
            with self._lock:
                self._failures.pop(key, None)

    def pause_ends(self, key: Any) -> float | None:
        """Return when to try again, None if it has not failed."""
        failure = self._failures.get(key)
        return None if failure is None else failure.retry_at

    def is_paused(self, key: Any, now: float) -> bool:
        """Whether it is too early to try again."""
        ends = self.pause_ends(key)
        # The machine's time may be set back; nothing may wait for the old time to come.
        return ends is not None and 0 < ends - now <= LONGEST_PAUSE_SECONDS
