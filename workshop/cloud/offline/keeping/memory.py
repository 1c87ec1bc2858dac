"""How much of all streams is in memory: the newest records, up to a limit for all of them together.

What is older stays readable in a file: that of the kept state, which has every record before its put is
answered, or a temporary one where nothing is kept. Nothing is lost and no answer differs; consumers that are
up to date read from memory. Whoever calls these methods holds the lock of the offline cloud.
"""

import heapq
import logging
import sqlite3
from collections.abc import Iterable
from itertools import count
from typing import Any, Protocol
from weakref import WeakValueDictionary

from workshop.cloud.offline.keeping.marks import Change
from workshop.cloud.offline.keeping.stored_rows import StoredRows, TemporaryRows

__all__ = ["MEMORY", "Leaving", "StreamMemory"]

log = logging.getLogger(__name__)

# Room is made for a while, not for the next record alone.
FULL_AGAIN = 0.75


class RowsFile(Protocol):
    """The file that has what is not in memory."""

    def rows(self, part: int) -> StoredRows:
        """Return the rows of a container, up to the last `settle`."""

    def settle(self) -> None:
        """Have in rows what was written; raises sqlite3's errors."""


class Leaving(Protocol):
    """The records of one stream's shard, which may leave memory from the oldest on."""

    number: int
    held_bytes: int

    @property
    def spilled(self) -> int:
        """How many records are in the file alone."""

    def changes(self) -> Iterable[Change]:
        """Return what the file does not have yet."""

    def oldest(self) -> float | None:
        """Return when the oldest record came that may leave memory, None if none may."""

    def let_go(self) -> None:
        """Have some of the oldest records in the file alone."""

    def forget_read(self) -> None:
        """Let go of what was read from the file."""


class StreamMemory:
    """What of the streams of this process is in memory."""

    def __init__(self) -> None:
        self.held_bytes = 0
        self.limit_bytes: int | None = None
        self._file: RowsFile | None = None
        self._numbers = count(1)
        self._members: WeakValueDictionary[int, Any] = WeakValueDictionary()

    def begin(self, file: RowsFile, limit_bytes: int | None = None) -> None:
        """Take what leaves memory to a file, or find it there; without a limit nothing leaves."""
        self._file, self.limit_bytes, self.held_bytes = file, limit_bytes, 0
        self._members.clear()

    def end(self) -> None:
        """Let nothing leave any more."""
        self._file = self.limit_bytes = None
        self._members.clear()

    def next_number(self) -> int | None:
        """Return a number for new records if a temporary file takes what leaves, else None."""
        return next(self._numbers) if isinstance(self._file, TemporaryRows) else None

    def add(self, member: Leaving) -> None:
        """Count the records of a shard among those that may leave."""
        if self._file is not None:
            self._members[member.number] = member

    def rows(self, number: int) -> StoredRows:
        """Return what the file has of a shard's records."""
        if self._file is None:
            raise RuntimeError("no file has what is not in memory")
        return self._file.rows(number)

    def settled_rows(self, number: int) -> StoredRows:
        """Return all that the file has of a shard's records, the newest included; raises sqlite3's errors."""
        if self._file is not None:
            self._file.settle()
        return self.rows(number)

    def relieve(self) -> None:
        """Let the oldest records leave if there is more in memory than the limit; those of any stream."""
        if self.limit_bytes is None or self.held_bytes <= self.limit_bytes:
            return
        members = list(self._members.values())
        # Counted anew: what went with its stream has left as well.
        self.held_bytes = sum(member.held_bytes for member in members)
        if self.held_bytes > self.limit_bytes and self._write(members):
            self._let_go(members, self.held_bytes - int(self.limit_bytes * FULL_AGAIN))
            if self.held_bytes > self.limit_bytes:
                for member in members:
                    member.forget_read()

    def _write(self, members: list[Leaving]) -> bool:
        """Return whether the file's rows have what may leave: only now."""
        try:
            if isinstance(self._file, TemporaryRows):
                self._file.write({member.number: dict(member.changes()) for member in members})
            elif self._file is not None:
                self._file.settle()
        except (OSError, sqlite3.Error):
            # Nothing of this was written, so nothing of it may leave; what left before is still in the file.
            if not isinstance(self._file, TemporaryRows):
                return False  # the keeper refuses changes until it can be written
            self.limit_bytes = None
            log.exception("records stay in memory from now on: the temporary file cannot be written")
            return False
        return True

    def _let_go(self, members: list[Leaving], surplus: int) -> None:
        waiting = [(oldest, one.number, one) for one in members if (oldest := one.oldest()) is not None]
        heapq.heapify(waiting)
        while waiting and surplus > 0:
            _, number, member = heapq.heappop(waiting)
            before = member.held_bytes
            member.let_go()
            surplus -= before - member.held_bytes
            if (oldest := member.oldest()) is not None:
                heapq.heappush(waiting, (oldest, number, member))

    def status(self) -> dict[str, Any]:
        """Return how much is in memory, how much may be, and how many records are in the file alone."""
        members = list(self._members.values())
        return {
            "held_bytes": sum(member.held_bytes for member in members),
            "limit_bytes": self.limit_bytes,
            "records_in_file_alone": sum(member.spilled for member in members),
            "file": "temporary" if isinstance(self._file, TemporaryRows) else "kept",
        }


MEMORY = StreamMemory()
