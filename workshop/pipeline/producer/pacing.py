"""A steady pace for several threads: a token bucket on a clock."""

import threading

from workshop.clock import Clock

__all__ = ["TokenBucket"]


class TokenBucket:
    """Lets `rate` tokens a second through, a tenth of a second's worth at once.

    Thread-safe: each caller reserves its tokens and then sleeps on its own, so that nobody is overtaken.
    """

    def __init__(self, rate: float, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._burst_seconds = 0.1
        self._lock = threading.Lock()
        self._free_at = clock.now()

    def take(self, tokens: int) -> None:
        """Block until `tokens` may be used."""
        with self._lock:
            now = self._clock.now()
            # Time in which nobody took anything counts, but only as far as one burst.
            start = max(self._free_at, now - self._burst_seconds)
            self._free_at = start + tokens / self._rate
            wait = self._free_at - now
        if wait > 0:
            self._clock.sleep(wait)
