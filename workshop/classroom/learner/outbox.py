"""What the board is to hear, in a SQLite file of the course's home, until the board has it.

A file that is damaged is put aside, and a new one begun.

Kernels and terminals write into one file: a report gets the next number in the transaction that adds it. The
board counts a number once, so reports may be sent again. What it has accepted is kept: a board that was set
back to an earlier day gets it once more.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workshop.classroom.learner.class_state import ClassState, HelpCall
from workshop.classroom.protocol import MOST_REPORTS, LearnerReport, instant, read_reports
from workshop.course.files import locked

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Happening", "Outbox", "take_put_aside"]

FILE = "class.sqlite3"
BUSY_SECONDS = 5.0
TABLES = """
CREATE TABLE IF NOT EXISTS reports (
    learner TEXT, number INTEGER, at TEXT NOT NULL, kind TEXT NOT NULL, fields TEXT NOT NULL,
    PRIMARY KEY (learner, number));
CREATE TABLE IF NOT EXISTS boards (
    learner TEXT PRIMARY KEY, accepted INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT '{}',
    heard_at REAL NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS help (
    learner TEXT PRIMARY KEY, step TEXT NOT NULL, number INTEGER NOT NULL, helped_before TEXT);
"""

# Damaged files that were put aside, until the learner is told.
_put_aside: list[Path] = []


@dataclass(frozen=True)
class Happening:
    """Something that a learner did at a time (unix seconds), of one of the protocol's kinds."""

    kind: str
    fields: Mapping[str, str | int]
    at: float


class Outbox:
    """The reports of one learner of one class, `Membership.key`; safe for several threads and processes."""

    def __init__(self, home: Path, key: str) -> None:
        self._file = home / FILE
        self._learner = key

    def add(self, happenings: Iterable[Happening]) -> None:
        """Append reports; they are on disk when the call returns.

        Raises:
            ValueError: the protocol does not know such a report.
            sqlite3.Error: the file cannot be written.
        """
        with self._changing() as database:
            number = self._last(database)
            for happening in happenings:
                number += 1
                at = instant(happening.at)
                report = LearnerReport(number, at, happening.kind, happening.fields)
                read_reports({"reports": [report.document()]})
                row = (self._learner, number, at, happening.kind, json.dumps(dict(happening.fields)))
                database.execute("INSERT INTO reports VALUES (?, ?, ?, ?, ?)", row)
                self._note_help(database, report)

    def unsent(self) -> tuple[LearnerReport, ...]:
        """Return what the board has not accepted yet, in order, as many as one request takes."""
        mine = "WHERE learner = ? AND number > ? ORDER BY number LIMIT ?"
        query = f"SELECT number, at, kind, fields FROM reports {mine}"  # noqa: S608 - no values in it
        with self._changing() as database:
            rows = database.execute(query, (self._learner, self._accepted(database), MOST_REPORTS)).fetchall()
        return tuple(LearnerReport(number, at, kind, json.loads(fields)) for number, at, kind, fields in rows)

    @property
    def waiting(self) -> int:
        """How many reports the board has not accepted yet."""
        with self._changing() as database:
            mine = (self._learner, self._accepted(database))
            query = "SELECT COUNT(*) FROM reports WHERE learner = ? AND number > ?"
            return int(database.execute(query, mine).fetchone()[0])

    def hear(self, state: Mapping[str, Any], now: float, *, accepted: int | None = None) -> None:
        """Keep what the board said; `accepted` is the highest number up to which it has all reports.

        A board that has more than was ever counted here knows this learner from a file that is gone: what it
        cannot have heard yet is numbered after that.
        """
        with self._changing() as database:
            known, _, heard_at = self._row(database)
            if accepted is not None and accepted > (self._last(database) if heard_at else known):
                self._count_from(database, accepted, known)
            database.execute(
                "UPDATE boards SET accepted = ?, state = ?, heard_at = ? WHERE learner = ?",
                (known if accepted is None else accepted, json.dumps(dict(state)), now, self._learner),
            )

    def note(self, what: str) -> None:
        """Keep that the board knows no such learner (`UNKNOWN`), or takes nothing (`CLOSED`)."""
        with self._changing() as database:
            state = json.loads(self._row(database)[1]) | {what: True}
            changed = (json.dumps(state), self._learner)
            database.execute("UPDATE boards SET state = ? WHERE learner = ?", changed)

    @property
    def state(self) -> ClassState:
        """What the board said last."""
        with self._changing() as database:
            return self._state(database)

    @property
    def heard_at(self) -> float:
        """When the board answered last, in unix seconds; 0 if it never did."""
        with self._changing() as database:
            return float(self._row(database)[2])

    @property
    def help_call(self) -> HelpCall | None:
        """The learner's call for help, or None."""
        with self._changing() as database:
            query = "SELECT step, number, helped_before FROM help WHERE learner = ?"
            found = database.execute(query, (self._learner,)).fetchone()
            if found is None:
                return None
            step, number, before = found
            has_arrived, state = self._accepted(database) >= number, self._state(database)
            is_helped = has_arrived and state.helped_at not in {None, before}
            is_over = has_arrived and not is_helped and not state.is_calling
            return HelpCall(step, has_arrived, is_helped, is_over, state.is_unknown, state.is_closed)

    def forget(self) -> None:
        """Remove everything of this learner."""
        with self._changing() as database:
            for table in ("reports", "boards", "help"):
                database.execute(f"DELETE FROM {table} WHERE learner = ?", (self._learner,))  # noqa: S608

    def _note_help(self, database: sqlite3.Connection, report: LearnerReport) -> None:
        if report.fields.get("outcome") == "passed":
            mine = (self._learner, report.fields["step"])
            database.execute("DELETE FROM help WHERE learner = ? AND step = ?", mine)
        if report.kind in {"help", "help_withdrawn"}:
            database.execute("DELETE FROM help WHERE learner = ?", (self._learner,))
        if report.kind == "help":
            row = (self._learner, report.fields["step"], report.number, self._state(database).helped_at)
            database.execute("INSERT INTO help VALUES (?, ?, ?, ?)", row)

    def _count_from(self, database: sqlite3.Connection, accepted: int, known: int) -> None:
        """Number what was not accepted yet after what the board has."""
        mine = (self._learner, known)
        # By way of negative numbers, so that none is taken twice.
        database.execute("UPDATE reports SET number = -number WHERE learner = ? AND number > ?", mine)
        shift = (accepted - known, self._learner)
        database.execute("UPDATE reports SET number = ? - number WHERE learner = ? AND number < 0", shift)
        database.execute(
            "UPDATE help SET number = number + ? WHERE learner = ? AND number > ?", (*shift, known)
        )

    def _last(self, database: sqlite3.Connection) -> int:
        query = "SELECT MAX(number) FROM reports WHERE learner = ?"
        counted = database.execute(query, (self._learner,)).fetchone()[0] or 0
        return max(int(counted), self._accepted(database))

    def _accepted(self, database: sqlite3.Connection) -> int:
        return int(self._row(database)[0])

    def _state(self, database: sqlite3.Connection) -> ClassState:
        return ClassState.of(json.loads(self._row(database)[1]))

    def _row(self, database: sqlite3.Connection) -> tuple[int, str, float]:
        query = "SELECT accepted, state, heard_at FROM boards WHERE learner = ?"
        found: tuple[int, str, float] = database.execute(query, (self._learner,)).fetchone()
        return found

    @contextlib.contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """Yield the file in a transaction that nobody else changes it in.

        SQLite's own locks do not cover making the file and putting it aside: closing a file drops every lock
        that the process has on it, and a renamed file leaves its journal to the one that takes its place.
        """
        with locked(self._file.with_name(f"{FILE}.lock")):
            try:
                database = self._open()
            except sqlite3.DatabaseError as error:
                self._put_aside_if_damaged(error)
                database = self._open()
            with contextlib.closing(database):
                try:
                    yield database
                except BaseException as error:
                    if database.in_transaction:
                        database.execute("ROLLBACK")
                    database.close()
                    if type(error) is sqlite3.DatabaseError:
                        self._put_aside_if_damaged(error)
                    raise
                database.execute("COMMIT")

    def _open(self) -> sqlite3.Connection:
        """Return the file in a transaction, with everything that it needs."""
        if not self._file.exists():
            self._file.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self._file, os.O_CREAT | os.O_RDWR, 0o600))
        database = sqlite3.connect(self._file, BUSY_SECONDS, isolation_level=None)
        try:
            database.execute("BEGIN IMMEDIATE")
            for statement in filter(str.strip, TABLES.split(";")):
                database.execute(statement)
            database.execute("INSERT OR IGNORE INTO boards (learner) VALUES (?)", (self._learner,))
        except BaseException:
            database.close()
            raise
        return database

    def _put_aside_if_damaged(self, error: sqlite3.DatabaseError) -> None:
        """Rename a file that is no database any more; what is busy, full or not writable stays as it is."""
        if type(error) is not sqlite3.DatabaseError:
            raise error
        # Whoever holds a lock that was not given back may have begun a new file already.
        if self._is_sound():
            return
        aside = self._file.with_name(f"{FILE}.damaged-{uuid.uuid4().hex[:8]}")
        try:
            self._file.replace(aside)
        except OSError:  # Windows keeps it while another process has it open
            raise error from None
        _put_aside.append(aside)

    def _is_sound(self) -> bool:
        if not self._file.exists():
            return True
        try:
            with contextlib.closing(sqlite3.connect(self._file, BUSY_SECONDS)) as database:
                return bool(database.execute("PRAGMA quick_check").fetchone() == ("ok",))
        except sqlite3.DatabaseError as error:
            return type(error) is not sqlite3.DatabaseError


def take_put_aside() -> list[Path]:
    """Return the damaged files that this process has put aside since the last call."""
    taken = _put_aside[:]
    _put_aside.clear()
    return taken
