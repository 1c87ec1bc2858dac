"""Where the rest of the offline cloud says that something is to be kept.

Nearly all of it says nothing: containers mark themselves when they change, and the dispatcher marks each call
that changes resources. What changes resources by itself, such as a schedule that deletes itself, says so
here. Without a keeper nothing is marked and nothing is kept.
"""

from collections.abc import MutableMapping
from typing import Any, Protocol

from workshop.clock import stopwatch

__all__ = ["ALL", "MARKS", "Change", "Marks", "Part"]

ALL = "*"
SOON_SECONDS = 1.0
# A row by its key: its content, or None if there is none any more.
Change = tuple[int | str, bytes | None]


class Part(Protocol):
    """A container whose content is kept row by row."""

    number: int

    def changes(self) -> list[Change]:
        """Return what has changed since the last call."""


class Marks:
    """What has changed since the last commit. Used under the lock of the offline cloud."""

    def __init__(self) -> None:
        self.is_active = False
        # The services, as moto names its packages, whose documents are to be written.
        self.services: set[str] = set()
        self.parts: dict[int, Part] = {}
        self._soon: dict[int, Part] = {}
        self._soon_since = 0.0
        self._named: dict[str, MutableMapping[Any, Any]] = {}

    def note_resources(self, *services: str) -> None:
        """Say that something else than the content of a container has changed: a resource or its settings.

        Without names it may have been any service's.
        """
        if self.is_active:
            self.services.update(services or (ALL,))

    def note(self, part: Part) -> None:
        """Say that the content of a container has changed."""
        if self.is_active:
            self.parts[part.number] = part

    def note_soon(self, part: Part) -> None:
        """Say that the content has changed, and may be kept a little later: it changes with each call."""
        if self.is_active and part.number not in self._soon:
            self._soon_since = self._soon_since if self._soon else stopwatch()
            self._soon[part.number] = part

    def catch_up(self, *, at_once: bool = False) -> None:
        """Count what may be kept later among what has changed, if it is time."""
        if self._soon and (at_once or stopwatch() - self._soon_since >= SOON_SECONDS):
            self.parts.update(self._soon)
            self._soon.clear()

    def forget(self, number: int) -> None:
        """Let a container that is gone be no longer marked."""
        self.parts.pop(number, None)
        self._soon.pop(number, None)

    def begin(self, named: dict[str, MutableMapping[Any, Any]]) -> None:
        """Keep from now on; `named` are the rows of what belongs to no service."""
        self._named = named
        self.is_active = True

    def end(self) -> None:
        """Keep nothing any more."""
        self.is_active = False
        self.services.clear()
        self.parts.clear()
        self._soon.clear()
        self._named = {}

    def rows(self, name: str) -> MutableMapping[Any, Any]:
        """Return the rows of a name with what they held before a restart; a mere dict if nothing is kept.

        Whoever changes them holds the lock.
        """
        return self._named[name] if self.is_active else {}


MARKS = Marks()
