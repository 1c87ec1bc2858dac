"""How often the engine looks for work: many times a second while the cloud is used, else once a second.

Thirty pipelines that nobody uses have hundreds of shards to look at. Nobody sees how often that happens until
somebody calls the cloud, and a call is heard at once.
"""

import threading

from workshop.clock import stopwatch

__all__ = ["POLL_SECONDS", "Attention"]

POLL_SECONDS = 0.1
# After so many seconds without a call, what is called next is as good as the first.
ALONE_SECONDS = 5.0
REST_SECONDS = 1.0


class Attention:
    """Waits between two looks. One thread waits; all others may call the rest."""

    def __init__(self) -> None:
        self._wake = threading.Event()
        self._heard_at = stopwatch()
        self._is_resting = False

    @property
    def is_left_alone(self) -> bool:
        """Whether nobody has called the cloud, and nothing was done, for some seconds."""
        return stopwatch() - self._heard_at >= ALONE_SECONDS

    def wake(self) -> None:
        """End the wait, since there is news."""
        self._heard_at = stopwatch()
        self._wake.set()

    def hear(self) -> None:
        """Take note that somebody has called the cloud; costs nothing while calls come all the time."""
        self._heard_at = stopwatch()
        # Read after the note was made: whoever goes to rest says so first, and looks for notes then.
        if self._is_resting:
            self._wake.set()

    def wait(self, due_in_seconds: float | None) -> None:
        """Return when it is time for a look; something is due in `due_in_seconds`, without any news."""
        self._is_resting = self.is_left_alone
        pause = POLL_SECONDS
        if self._is_resting and self.is_left_alone:
            due = REST_SECONDS if due_in_seconds is None else due_in_seconds
            pause = min(REST_SECONDS, max(POLL_SECONDS, due))
        self._wake.wait(pause)
        self._is_resting = False
        # Cleared after the wait, before the look: news that come during a look cause another one at once.
        self._wake.clear()
