"""The file in which the state of an offline cloud is kept: rows of containers, and documents of resources.

A commit of rows alone, as nearly all are, goes to a journal beside the file (`journal`), from which many are
taken over at once. The file is SQLite's, with a write-ahead log: what was committed before a `kill -9` is
there afterwards. The log is only brought to the disk when it is moved into the file (`synchronous=NORMAL`),
so that after a power cut the newest commits may be missing, and what is there is consistent.
"""

import contextlib
import json
import sqlite3
from collections.abc import Collection, Mapping
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

from filelock import FileLock, Timeout

from workshop import __version__
from workshop.clock import Clock, stopwatch
from workshop.cloud.offline.keeping.errors import (
    InUseError,
    OtherVersionError,
    UnavailableError,
    UnreadableStateError,
    told,
)
from workshop.cloud.offline.keeping.journal import Journal, RowsOfParts
from workshop.cloud.offline.keeping.packing import sealed, unsealed
from workshop.cloud.offline.keeping.stored_rows import ROWS, StoredRows, transaction, write_rows

__all__ = ["FORMAT", "Store", "companions", "set_aside"]

# Any change of what is written, or of how.
FORMAT = 7
READABLE = {FORMAT, 6, 5}  # 6 named rows of items by their keys, 5 had no journal either
APPLICATION = int.from_bytes(b"TRWS", "big")
SCHEMA = (
    "CREATE TABLE documents (name TEXT PRIMARY KEY, content BLOB NOT NULL)",
    ROWS,
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {FORMAT}",
)
# In pages: how long the log grows before it is moved into the file.
LOG_PAGES = 4000
PAGE_BYTES = 4096
JOURNAL = "-newest"
COMPANIONS = ("", "-wal", "-shm", "-journal", JOURNAL)
# How often it is looked whether the file is still there.
LOOK_SECONDS = 1.0
NOTHING: Mapping[Any, Any] = MappingProxyType({})


class Store:
    """The file, open; nobody else has it open until `close`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # Not a soft lock where the file system has none: that would survive a crash of its holder.
        self._lock = FileLock(f"{path}.lock", mode=0o600, fallback_to_soft=False)
        try:
            self._lock.acquire(blocking=False)
        except Timeout as error:
            raise InUseError(str(path)) from error
        except OSError as error:
            raise UnavailableError(f"{path}: {error}") from error
        self._connection: sqlite3.Connection | None = None
        self._opened: tuple[int, int] | None = None
        self._looked = 0.0
        self._journal = Journal(path.with_name(path.name + JOURNAL))
        # Where a journal is that could not be read to its end.
        self.set_aside: Path | None = None

    def open(self) -> bool:
        """Open the file, or make it; return whether it was there.

        Raises:
            UnreadableStateError: something else is there, or what another version has written.
            UnavailableError: nobody knows, since it cannot be opened.
        """
        try:
            is_there = self.path.exists() and self.path.stat().st_size > 0
            if not is_there:
                self.path.touch(mode=0o600)
            # SQLite would open what may only be read, and refuse each change.
            self.path.open("r+b").close()
            self._connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            # Whoever was killed while making it has left a file without tables.
            is_there = is_there and self._one("SELECT count(*) FROM sqlite_master") != (0,)
            if is_there:
                # Before anything is set, which a foreign file would keep.
                self._check()
            self._prepare(is_new=not is_there)
            self._opened = self._place()
            self._read_journal()
        except (OSError, sqlite3.Error) as error:
            self.disconnect()
            raise told(error) from error
        return is_there

    def _prepare(self, *, is_new: bool) -> None:
        connection = self._cursor()
        # Nobody else may open the file anyway; before the log, this spares each commit its locks.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
        # One large commit must not leave a large log for ever.
        connection.execute(f"PRAGMA journal_size_limit = {LOG_PAGES * PAGE_BYTES}")
        if is_new:
            # All of it or nothing.
            with transaction(connection):
                for statement in SCHEMA:
                    connection.execute(statement)
                origin = sealed(json.dumps(_origin()).encode())
                connection.execute("INSERT INTO documents VALUES ('origin', ?)", (origin,))

    def _check(self) -> None:
        (application,) = self._one("PRAGMA application_id")
        if application != APPLICATION:
            raise UnreadableStateError("it is not the state of an offline cloud")
        (kept_format,) = self._one("PRAGMA user_version")
        origin = json.loads(self.document("origin") or b"{}")
        if kept_format not in READABLE or origin.get("moto") != version("moto"):
            raise OtherVersionError(
                f"version {origin.get('workshop')} of the workshop wrote it (format {kept_format}, "
                f"moto {origin.get('moto')}), and this is version {__version__} (format {FORMAT}, "
                f"moto {version('moto')})"
            )

    def _read_journal(self) -> None:
        """Take over what the journal has, and begin a new one."""
        known = self.document("journal")
        if self._journal.read(known):
            self.set_aside = _free_name(self._journal.path, int(self._journal.path.stat().st_mtime))
            self._journal.path.rename(self.set_aside)
        if self._one("PRAGMA user_version") != (FORMAT,):
            self._cursor().execute(f"PRAGMA user_version = {FORMAT}")
        if known is None or self._journal.rows:
            self._take_over()
        else:
            self._journal.begin()

    def document(self, name: str) -> bytes | None:
        """Return a document, None if there is none; raises DamagedError or sqlite3's errors."""
        found = self._one("SELECT content FROM documents WHERE name = ?", name)
        return None if found is None else unsealed(found[0])

    def documents(self, prefix: str) -> dict[str, bytes]:
        """Return the documents whose names begin so; raises DamagedError or sqlite3's errors."""
        found = self._cursor().execute("SELECT name, content FROM documents").fetchall()
        return {name: unsealed(content) for name, content in found if name.startswith(prefix)}

    @property
    def last_part(self) -> int:
        """The highest number of a container that has rows."""
        return int(self._one("SELECT coalesce(max(part), 0) FROM rows")[0])

    def rows(self, part: int) -> StoredRows:
        """Return the rows of a container."""
        return StoredRows(self._cursor, part)

    def write(
        self, changes: RowsOfParts, dropped: Collection[int], documents: Mapping[str, bytes | None]
    ) -> None:
        """Write rows and documents, or take them away, together or not at all.

        Raises:
            sqlite3.Error, OSError: they could not be written.
        """
        self._check_place()
        if dropped or documents or not self._journal.append(changes):
            self._take_over(changes, dropped, documents)

    def settle(self) -> None:
        """Have in rows what was written; raises sqlite3's errors."""
        if self._journal.rows:
            self._take_over()

    def _take_over(
        self,
        changes: RowsOfParts = NOTHING,
        dropped: Collection[int] = (),
        documents: Mapping[str, bytes | None] = NOTHING,
    ) -> None:
        """Write all that the journal has, and what is newer, and empty the journal."""
        connection, is_empty = self._cursor(), self._journal.is_empty
        if not is_empty:
            documents = {**documents, "journal": self._journal.following}
        with transaction(connection):
            write_rows(connection, self._journal.rows)
            for part in dropped:
                connection.execute("DELETE FROM rows WHERE part = ?", (part,))
            write_rows(connection, changes)
            for name, content in documents.items():
                connection.execute("DELETE FROM documents WHERE name = ?", (name,))
                if content is not None:
                    connection.execute("INSERT INTO documents VALUES (?, ?)", (name, sealed(content)))
        if not is_empty:
            self._journal.begin(self._journal.following)

    def compact(self) -> None:
        """Give back the space of what is gone."""
        self._cursor().execute("VACUUM")
        self._cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def copied_aside(self, clock: Clock) -> Path:
        """Return a copy of the file as it is now; raises sqlite3's errors, and leaves no half of one."""
        aside = _free_name(self.path, int(clock.now()))
        self.settle()
        try:
            with contextlib.closing(sqlite3.connect(aside)) as copy:
                self._cursor().backup(copy)
        except sqlite3.Error:
            aside.unlink(missing_ok=True)
            raise
        return aside

    def _check_place(self) -> None:
        if (now := stopwatch()) - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        if self._place() != self._opened:
            self._looked = 0.0
            # SQLite would go on writing to what no start can find.
            raise sqlite3.OperationalError("it was moved or deleted while it was open, so put it back")

    def _place(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    @property
    def size(self) -> int:
        """How many bytes the file takes, its log included."""
        return sum(path.stat().st_size for path in companions(self.path) if path.exists())

    def disconnect(self) -> None:
        """Close the file and go on holding it."""
        self._journal.close()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def close(self, *, forget: bool = False) -> None:
        """Close the file, smaller if more than half of it is free; if asked to, delete it."""
        with contextlib.suppress(sqlite3.Error, OSError):
            self.settle()
            (free,), (pages,) = self._one("PRAGMA freelist_count"), self._one("PRAGMA page_count")
            if 2 * free > pages and not forget:
                self.compact()
        is_ours = self._place() == self._opened
        gone = companions(self.path) if forget else [] if self._journal.rows else [self._journal.path]
        self.disconnect()
        # Another cloud may have begun one in its place, where ours was deleted.
        for path in gone if is_ours else []:
            path.unlink(missing_ok=True)
        self._lock.release()

    def _cursor(self) -> sqlite3.Connection:
        if self._connection is None:
            raise sqlite3.ProgrammingError("the file is closed")
        return self._connection

    def _one(self, statement: str, *values: Any) -> Any:
        return self._cursor().execute(statement, values).fetchone()


def companions(path: Path) -> list[Path]:
    """Return the file and those that SQLite puts beside it."""
    return [path.with_name(path.name + ending) for ending in COMPANIONS]


def set_aside(path: Path, clock: Clock) -> Path:
    """Rename the file, so that another one can take its place; return its new path.

    Raises:
        UnavailableError: it may not be renamed.
    """
    aside = _free_name(path, int(clock.now()))
    try:
        for old, new in zip(companions(path), companions(aside), strict=True):
            if old.exists():
                old.replace(new)
    except OSError as error:
        raise UnavailableError(str(error)) from error
    return aside


def _free_name(path: Path, number: int) -> Path:
    while (aside := path.with_name(f"{path.name}.aside-{number}")).exists():
        number += 1
    return aside


def _origin() -> dict[str, str]:
    return {"workshop": __version__, "moto": version("moto")}
