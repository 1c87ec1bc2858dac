"""Bytes that an object of moto's has: the code of a function, the body of an object in a bucket.

They hardly ever change, and are much larger than all the rest, so they are written once and not with each
document.
"""

from collections.abc import Iterable
from typing import Any

from moto.s3.models import FakeKey

from workshop.cloud.offline.keeping.marks import MARKS, Change
from workshop.cloud.offline.keeping.packing import pack, unpack

__all__ = ["Content"]


class Content:
    """What is kept of the bytes of one object."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._owner: Any = None
        self._source: Any = None
        self._kept = b""

    def __deepcopy__(self, memo: dict[int, Any]) -> None:
        """Copies of an object have content of their own."""

    def is_of(self, owner: Any) -> bool:
        """Return whether this is an object's own, and not that of the one that it is a copy of."""
        return self._owner is owner

    def adopt(self, owner: Any) -> None:
        """Keep the bytes of this object from now on, if they have become others since the last time."""
        if _source(owner) is not self._source:
            self._owner, self._source = owner, _source(owner)
            MARKS.note(self)

    def changes(self) -> list[Change]:
        """Return what has changed since the last call."""
        return [(0, pack(_bytes(self._owner)))]

    def restore(self, rows: Iterable[tuple[int, bytes]]) -> None:
        """Take in what was kept, for `take`."""
        for _, row in rows:
            self._kept = unpack(row)

    def take(self) -> bytes:
        """Return the bytes as they were kept, once."""
        kept, self._kept = self._kept, b""
        return kept

    def follow(self, owner: Any) -> None:
        """Take it that the object has the bytes that were kept."""
        self._owner, self._source = owner, _source(owner)


def _source(owner: Any) -> Any:
    """Return what is another object if the bytes are others."""
    return owner._value_buffer if isinstance(owner, FakeKey) else owner.code_bytes  # noqa: SLF001 - they are in it


def _bytes(owner: Any) -> bytes:
    if not isinstance(owner, FakeKey):
        return bytes(owner.code_bytes)
    # What was deleted has none any more.
    return owner.__getstate__()["value"] or b""
