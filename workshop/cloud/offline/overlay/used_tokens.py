"""Tokens by which a service knows for some minutes that it has done something already.

Support for the corrections of DynamoDB's transactions and of SQS's queues; no correction of its own.
"""

from itertools import takewhile
from typing import Any

from workshop.cloud.offline.keeping.marks import MARKS
from workshop.cloud.offline.overlay.correct import CLOCK

__all__ = ["UsedTokens"]


class UsedTokens:
    """The tokens of one backend or queue, oldest first: what each stands for, and when it expires."""

    def __init__(self, window_seconds: float) -> None:
        MARKS.note_resources()
        self.window_seconds = window_seconds
        self.used: dict[Any, tuple[str, float]] = {}

    def meaning(self, token: Any) -> str | None:
        """Return what a token stands for, None if it has not been used within the window."""
        self._forget_expired()
        return self.used[token][0] if token in self.used else None

    def newest(self) -> str | None:
        """Return what the token stands for that was used last."""
        self._forget_expired()
        return next(reversed(self.used.values()))[0] if self.used else None

    def remember(self, token: Any, meaning: str) -> None:
        """Note that a token has been used."""
        self.used[token] = (meaning, CLOCK.now() + self.window_seconds)

    def _forget_expired(self) -> None:
        now = CLOCK.now()
        # Tokens are remembered in order of time: behind the first that counts all others do as well.
        for token in list(takewhile(lambda token: self.used[token][1] <= now, self.used)):
            del self.used[token]
