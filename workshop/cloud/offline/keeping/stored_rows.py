"""The rows of containers in a file of SQLite's, one by one: that of the kept state, or a temporary one."""

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from workshop.cloud.offline.keeping.journal import RowsOfParts

__all__ = ["AT_ONCE", "ROWS", "StoredRows", "TemporaryRows", "transaction", "write_rows"]

# How many rows one statement writes at most: many, since others run between statements, and a power of two.
AT_ONCE = 256

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
    """A file for a cloud that keeps nothing, made when it is needed; it goes with the process."""

    @cached_property
    def _connection(self) -> sqlite3.Connection:
        # Not SQLite's own kind of temporary file: that is not written at each commit, so that what was
        # committed could be lost when the disk is full.
        place, name = tempfile.mkstemp(prefix="workshop-records-", dir=_temporary_folder())
        os.close(place)
        connection = sqlite3.connect(name, isolation_level=None, check_same_thread=False)
        # What is in it is of use to this process alone, and must stay whole when the disk is full.
        for option in ("journal_mode = MEMORY", "synchronous = OFF", "locking_mode = EXCLUSIVE"):
            connection.execute(f"PRAGMA {option}")
        connection.execute(ROWS)
        self._path = Path(name)
        # Where files that are open can be deleted nothing is left behind, however the process ends.
        with contextlib.suppress(PermissionError):
            self._path.unlink()
        return connection

    def rows(self, part: int) -> StoredRows:
        """Return the rows of a container."""
        return StoredRows(lambda: self._connection, part)

    def write(self, changes: RowsOfParts) -> None:
        """Write rows, or take them away, all or none, and forget other containers.

        Raises:
            OSError: there is no place for the file.
            sqlite3.Error: it could not be written.
        """
        connection = self._connection
        with transaction(connection):
            write_rows(connection, changes)
            known = {part for (part,) in connection.execute("SELECT DISTINCT part FROM rows")}
            for part in known.difference(changes):
                connection.execute("DELETE FROM rows WHERE part = ?", (part,))

    def settle(self) -> None:
        """Have in rows what was written, as it always is."""

    def close(self) -> None:
        """Delete it."""
        if "_connection" in vars(self):
            self._connection.close()
            self._path.unlink(missing_ok=True)


def _temporary_folder() -> str | None:
    """Return a folder on a disk: what is not to be in memory must not go where `/tmp` is memory."""
    is_chosen = "TMPDIR" in os.environ or not os.access("/var/tmp", os.W_OK | os.X_OK)  # noqa: S108
    return None if is_chosen else "/var/tmp"  # noqa: S108


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Have all that is written inside the block, or none of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def write_rows(connection: sqlite3.Connection, changes: RowsOfParts) -> None:
    """Write rows, or take away those without content; the caller has begun a transaction."""
    rows = [(part, key, content) for part, ones in changes.items() for key, content in ones.items()]
    gone = [(part, key) for part, key, content in rows if content is None]
    if gone:
        connection.executemany("DELETE FROM rows WHERE part = ? AND key = ?", gone)
    written = [row for row in rows if row[-1] is not None]
    begin = 0
    while left := len(written) - begin:
        # Few statements differ, so that SQLite knows them all.
        count = min(AT_ONCE, 1 << left.bit_length() - 1)
        connection.execute(_replace(count), list(chain.from_iterable(written[begin : begin + count])))
        begin += count


@cache
def _replace(count: int) -> str:
    return "REPLACE INTO rows VALUES (?, ?, ?)" + ", (?, ?, ?)" * (count - 1)
