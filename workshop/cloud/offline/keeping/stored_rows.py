"""The rows of containers in a file of SQLite's, one by one: that of the kept state, or a temporary one."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from workshop.cloud.offline.keeping.marks import Change

__all__ = ["ROWS", "StoredRows", "TemporaryRows", "write_row"]

ROWS = "CREATE TABLE rows (part INTEGER, key, content BLOB NOT NULL, PRIMARY KEY (part, key)) WITHOUT ROWID"


class StoredRows:
    """The rows of one container in the order of their keys; raises sqlite3's errors."""

    def __init__(self, connection: Callable[[], sqlite3.Connection], part: int) -> None:
        self._connection = connection
        self._part = part

    def __iter__(self) -> Iterator[tuple[Any, bytes]]:
        yield from self._select("SELECT key, content FROM rows WHERE part = ? ORDER BY key")

    def holding(self, number: int) -> tuple[int, bytes]:
        """Return the row that has an entry, by the number of its first one; raises LookupError."""
        statement = "SELECT key, content FROM rows WHERE part = ? AND key <= ? ORDER BY key DESC LIMIT 1"
        if (found := self._select(statement, number).fetchone()) is None:
            raise LookupError(f"no row holds the entry {number}")
        return found[0], found[1]

    def before(self, number: int, *, is_last: bool) -> list[int]:
        """Return the keys of the rows whose entries all come before one; `is_last` if no row has that one."""
        statement = "SELECT key FROM rows WHERE part = ? AND key < ? ORDER BY key"
        keys = [key for (key,) in self._select(statement, number)]
        begins = is_last or self._select("SELECT 1 FROM rows WHERE part = ? AND key = ?", number).fetchone()
        return keys if begins else keys[:-1]

    def _select(self, statement: str, *values: int) -> sqlite3.Cursor:
        return self._connection().execute(statement, (self._part, *values))


class TemporaryRows:
    """A file without a name for a cloud that keeps nothing; it goes with the process."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        # What is in it is of use to this process alone.
        for statement in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", ROWS):
            self._connection.execute(statement)

    def rows(self, part: int) -> StoredRows:
        """Return the rows of a container."""
        return StoredRows(lambda: self._connection, part)

    def write(self, part: int, changes: Iterable[Change]) -> None:
        """Write rows of a container, or take them away."""
        for key, content in changes:
            write_row(self._connection, part, key, content)

    def keep_only(self, parts: Iterable[int]) -> None:
        """Forget all other containers."""
        known = {part for (part,) in self._connection.execute("SELECT DISTINCT part FROM rows")}
        for part in known.difference(parts):
            self._connection.execute("DELETE FROM rows WHERE part = ?", (part,))

    def close(self) -> None:
        """Delete it."""
        self._connection.close()


def write_row(connection: sqlite3.Connection, part: int, key: int | str, content: bytes | None) -> None:
    """Write one row, or take it away if it has no content."""
    if content is None:
        connection.execute("DELETE FROM rows WHERE part = ? AND key = ?", (part, key))
    else:
        connection.execute("REPLACE INTO rows VALUES (?, ?, ?)", (part, key, content))
