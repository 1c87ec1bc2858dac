"""Records of which the newest are in memory and all older ones in a file.

What is new is kept as one row for each commit, so that five hundred records cost little more than one, and
rows are read again one by one; a record is found by its place alone, so that what left memory leaves nothing
behind there.
"""

from collections.abc import Iterable
from typing import Any

from workshop.cloud.offline.keeping.marks import MARKS, Change
from workshop.cloud.offline.keeping.memory import MEMORY
from workshop.cloud.offline.keeping.packing import pack, unpack, unsealed

__all__ = ["NOWHERE", "Spilling"]

# The number of what has no rows.
NOWHERE = 0
# What a row holds at most, and what leaves memory at once.
ROW_RECORDS = 500
ROW_BYTES = 1_000_000


class Spilling:
    """Records by their place, counted from the first one that ever was."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.held_bytes = 0
        self._first = 0
        # In memory: from this place on.
        self._held_from = 0
        self._held: list[Any] = []
        # In rows: up to this place. What came behind it has this many bytes, or fewer.
        self._kept_to = 0
        self._new_bytes = 0
        self._is_expiring = False
        # The row that was read last, which counts as held.
        self._read_from = 0
        self._read: list[Any] = []
        self._read_bytes = 0
        if number != NOWHERE:
            MEMORY.add(self)

    @staticmethod
    def plain(record: Any) -> Any:
        """Return a record as it is kept."""
        raise NotImplementedError

    @staticmethod
    def record(plain: Any) -> Any:
        """Return moto's object."""
        raise NotImplementedError

    @staticmethod
    def sizes(records: Iterable[Any]) -> list[int]:
        """Return about how many bytes of memory each record takes."""
        raise NotImplementedError

    @staticmethod
    def arrived(record: Any) -> float:
        """Return when it came."""
        raise NotImplementedError

    @property
    def spilled(self) -> int:
        """How many records are in the file alone."""
        return self._held_from - self._first

    @property
    def _end(self) -> int:
        return self._held_from + len(self._held)

    def __len__(self) -> int:
        return self._end - self._first

    def _at(self, place: int) -> Any:
        if place >= self._held_from:
            return self._held[place - self._held_from]
        if not 0 <= place - self._read_from < len(self._read):
            self.forget_read()
            self._read_from, content = MEMORY.rows(self.number).holding(place)
            self._read = [self.record(plain) for plain in unpack(content)]
            self._read_bytes = sum(self.sizes(self._read))
            self._count(self._read_bytes)
        return self._read[place - self._read_from]

    def forget_read(self) -> None:
        """Let go of what was read from the file."""
        self._count(-self._read_bytes)
        self._read, self._read_bytes = [], 0

    def _count(self, size: int) -> None:
        self.held_bytes += size
        MEMORY.held_bytes += size

    def _extend(self, records: list[Any]) -> None:
        self._held += records
        size = sum(self.sizes(records))
        self._count(size)
        self._new_bytes += size
        MARKS.note(self)

    def drop_first(self, count: int) -> None:
        """Forget the oldest records."""
        self._first = min(self._first + count, self._end)
        self.forget_read()
        self._let_go_before(self._first)
        self._kept_to = max(self._kept_to, self._first)
        self._is_expiring = True
        MARKS.note(self)

    def clear(self) -> None:
        """Forget all records."""
        self.drop_first(len(self))

    def oldest(self) -> float | None:
        """Return when the oldest record came that may leave memory, None if none may."""
        return self.arrived(self._held[0]) if self._held_from < self._kept_to else None

    def let_go(self) -> None:
        """Have some of the oldest records in the file alone."""
        self._let_go_before(min(self._kept_to, self._held_from + ROW_RECORDS))

    def _let_go_before(self, place: int) -> None:
        count = max(0, place - self._held_from)
        self._count(-sum(self.sizes(self._held[:count])))
        del self._held[:count]
        self._held_from += count

    def changes(self) -> list[Change]:
        """Return what has changed since the last call."""
        changes = self._expired_rows()
        kept_to = self._kept_to
        new = self._held[kept_to - self._held_from :]
        # Nearly always; then no size is looked at twice.
        is_one_row = len(new) <= ROW_RECORDS and self._new_bytes <= ROW_BYTES
        while new:
            count = len(new) if is_one_row else _fitting(self.sizes(new[:ROW_RECORDS]))
            changes.append((kept_to, pack(list(map(self.plain, new[:count])))))
            del new[:count]
            kept_to += count
        # Only now: what could not be packed is still to be written.
        self._kept_to, self._new_bytes, self._is_expiring = kept_to, 0, False
        return changes

    def _expired_rows(self) -> list[Change]:
        if not self._is_expiring:
            return []
        keys = MEMORY.settled_rows(self.number).before(self._first, is_last=self._first >= self._kept_to)
        return [(key, None) for key in keys]

    def restore(self, rows: Iterable[tuple[int, bytes]]) -> None:
        """Take in the newest of what was kept; the rest stays where it is."""
        last = None
        for key, content in rows:
            if last is None:
                self._first = key
            # What is damaged shows now, as it does everywhere else.
            unsealed(content)
            last = key, content
        if last is not None:
            self._held_from, content = last
            self._held = [self.record(plain) for plain in unpack(content)]
            self._kept_to = self._end
            self._count(sum(self.sizes(self._held)))


def _fitting(sizes: Iterable[int]) -> int:
    """Return how many records with these sizes go into a row, one at least."""
    total = count = 0
    for size in sizes:
        if count and total + size > ROW_BYTES:
            break
        total, count = total + size, count + 1
    return count
