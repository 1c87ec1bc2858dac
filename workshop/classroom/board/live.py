"""What has changed on a page since somebody looked last, so that it stays fresh without being loaded again.

A page is made of parts, each with an id. Whoever asks says which version they have, and gets the parts that
are newer; after a restart of the board, for a first look, or after a long time, that is all of them. An
answer is made and compressed once, however many ask for it: a flood costs no more than sending.
"""

import gzip
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["LiveParts", "PackedText", "pack_text"]

# Who has an older version gets everything, so that few different answers can be asked for.
MOST_BEHIND = 32
# As Tornado compresses: nearly as small as can be, in half the time.
LEVEL = 6


@dataclass(frozen=True)
class PackedText:
    """Something to send, as it is and compressed."""

    plain: bytes
    compressed: bytes


def pack_text(text: str) -> PackedText:
    """Return a text ready to be sent."""
    plain = text.encode()
    return PackedText(plain, gzip.compress(plain, LEVEL, mtime=0))


class LiveParts:
    """The parts of one page, and when each changed last. For one thread."""

    def __init__(self) -> None:
        self._epoch = secrets.token_hex(4)
        self._version = 0
        self._parts: dict[str, tuple[str, int]] = {}
        self._packed: dict[int, PackedText] = {}

    @property
    def version(self) -> str:
        """What a page has that was drawn now."""
        return f"{self._epoch}-{self._version}"

    def refresh(self, parts: Mapping[str, str]) -> None:
        """Take what the page looks like now; the order of the parts is the page's."""
        changed = {name for name, html in parts.items() if self._parts.get(name, ("", 0))[0] != html}
        if changed or list(parts) != list(self._parts):
            self._version += 1
            self._packed.clear()
        self._parts = {
            name: (html, self._version if name in changed else self._parts[name][1])
            for name, html in parts.items()
        }

    def since(self, version: str) -> PackedText:
        """Return as JSON the parts that are newer than a version, and the ids of all rows in their order."""
        known = self._known(version)
        if known not in self._packed:
            self._packed[known] = pack_text(json.dumps(self._newer(known)))
        return self._packed[known]

    def _known(self, version: str) -> int:
        """Return which version somebody has, -1 for none of ours or one that is long past."""
        epoch, _, number = version.partition("-")
        if epoch != self._epoch or not (number.isascii() and number.isdecimal()) or len(number) > 11:
            return -1
        known = min(int(number), self._version)
        return known if self._version - known <= MOST_BEHIND else -1

    def _newer(self, known: int) -> dict[str, Any]:
        return {
            "version": self.version,
            "parts": {name: html for name, (html, changed) in self._parts.items() if changed > known},
            "rows": [name for name in self._parts if name.startswith("row-")],
        }
