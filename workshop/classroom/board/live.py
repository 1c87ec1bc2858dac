"""What has changed on a page since somebody looked last, so that it stays fresh without being loaded again.

A page is made of parts, each with an id. Whoever asks says which version they have, and gets the parts that
are newer; after a restart of the board, or for a first look, that is all of them.
"""

import secrets
from collections.abc import Mapping
from typing import Any

__all__ = ["LiveParts"]


class LiveParts:
    """The parts of one page, and when each changed last. For one thread."""

    def __init__(self) -> None:
        self._epoch = secrets.token_hex(4)
        self._version = 0
        self._parts: dict[str, tuple[str, int]] = {}

    @property
    def version(self) -> str:
        """What a page has that was drawn now."""
        return f"{self._epoch}-{self._version}"

    def refresh(self, parts: Mapping[str, str]) -> None:
        """Take what the page looks like now; the order of the parts is the page's."""
        changed = {name for name, html in parts.items() if self._parts.get(name, ("", 0))[0] != html}
        if changed or list(parts) != list(self._parts):
            self._version += 1
        self._parts = {
            name: (html, self._version if name in changed else self._parts[name][1])
            for name, html in parts.items()
        }

    def since(self, version: str) -> dict[str, Any]:
        """Return the parts that are newer than a version, and the ids of all rows in their order."""
        epoch, _, number = version.partition("-")
        known = int(number) if epoch == self._epoch and number.isdecimal() and len(number) < 12 else -1
        return {
            "version": self.version,
            "parts": {name: html for name, (html, changed) in self._parts.items() if changed > known},
            "rows": [name for name in self._parts if name.startswith("row-")],
        }
