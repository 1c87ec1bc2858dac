"""What a board keeps: one SQLite file, written before anything is answered, so that a crash loses nothing.

Of a learner: alias, a digest of the token, steps with attempts and hints, the call for help, scores, times.
No report is stored as such: a learner's reports are taken in the order of their numbers, each once, and only
the highest number taken is kept. For one thread.
"""

import hashlib
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

from workshop.classroom.board.applying import apply, arrivals
from workshop.classroom.board.tables import CALL_ENDS_SECONDS, BestScore, Learner, StepRow, make_tables
from workshop.classroom.invitation import CODE_ALPHABET, alias_key, checked_alias
from workshop.classroom.protocol import JoinRequest, LearnerReport
from workshop.errors import ConfigurationError, WorkshopError

__all__ = ["KEPT_DAYS", "MOST_LEARNERS", "AliasTakenError", "ClassFullError", "ClassStore", "new_code"]

KEPT_DAYS = 30
MOST_LEARNERS = 400
SECONDS_A_DAY = 86_400
BUSY_MILLISECONDS = 5_000
LARGEST_SEED = 2**31 - 1
LEARNER = f"SELECT {', '.join(each.name for each in fields(Learner))} FROM learners"  # noqa: S608


class AliasTakenError(WorkshopError):
    """Somebody of the class has this alias, or one that looks like it; `free` is one that nobody has."""

    def __init__(self, alias: str, free: str) -> None:
        self.free = free
        super().__init__(f"`{alias}` is taken; `{free}` is free")


class ClassFullError(WorkshopError):
    """The class has as many learners as a board takes."""


class ClassStore:
    """The file of one board; every change is in it when the call returns."""

    def __init__(self, file: Path, now: float, *, most_steps: int = 64, is_old_kept: bool = False) -> None:
        """Open a file, or make it; one that nobody has changed for `KEPT_DAYS` is emptied first.

        `was_emptied` says whether that was done. With `is_old_kept`, it is read as it is.

        Raises:
            ConfigurationError: it is no file of a board.
        """
        self._most_steps = most_steps
        self.version = 0
        self._base = sqlite3.connect(file, isolation_level=None, timeout=BUSY_MILLISECONDS / 1_000)
        try:
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=NORMAL")
            self._base.execute("PRAGMA foreign_keys=ON")
            # What is deleted is overwritten: forgotten means that it is not in the file any more.
            self._base.execute("PRAGMA secure_delete=ON")
            make_tables(self._base)
        except sqlite3.DatabaseError as error:
            self._base.close()
            raise ConfigurationError(
                f"`{file}` is not a board's file: {error}; name another one with `--data`"
            ) from error
        self.was_emptied = not is_old_kept and now - self.last_change() > KEPT_DAYS * SECONDS_A_DAY
        if self.was_emptied:
            self.forget()

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    def forget(self) -> None:
        """Delete everybody and everything."""
        with self._change():
            for table in ("scores", "steps", "learners", "settings"):
                self._base.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        self._base.execute("VACUUM")
        self._base.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def last_change(self) -> float:
        """Return when anything was heard last; the end of time if nobody has joined."""
        found = self._base.execute("SELECT max(heard) FROM learners").fetchone()[0]
        return float("inf") if found is None else float(found)

    def setting(self, name: str) -> str | None:
        """Return a setting of the class, or None."""
        found = self._base.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def set(self, name: str, value: str | None) -> None:
        """Keep a setting of the class; None removes it."""
        with self._change():
            self._base.execute("DELETE FROM settings WHERE name = ?", (name,))
            if value is not None:
                self._base.execute("INSERT INTO settings VALUES (?, ?)", (name, value))

    def kept(self, name: str, made: str) -> str:
        """Return a setting; what was `made` for it if there is none yet."""
        if (found := self.setting(name)) is None:
            self.set(name, found := made)
        return found

    def join(self, request: JoinRequest, now: float, token: str) -> Learner:
        """Take somebody into the class who bears a token, which is not kept; return the learner.

        Raises:
            AliasTakenError: somebody has the alias.
            ClassFullError: there are too many already.
        """
        with self._change():
            if len(self.learners()) >= MOST_LEARNERS:
                raise ClassFullError(f"the class is full: a board takes {MOST_LEARNERS} learners")
            self._claim(request.alias)
            new = self._base.execute(
                "INSERT INTO learners (alias, key, token, seed, joined, heard, worked) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    request.alias,
                    alias_key(request.alias),
                    digest(token),
                    1 + secrets.randbelow(LARGEST_SEED),
                    now,
                    now,
                    now,
                ),
            )
        return self._learner("id", new.lastrowid)

    def learner_of(self, token: str) -> Learner | None:
        """Return whose token this is, or None."""
        found = self._base.execute(f"{LEARNER} WHERE token = ?", (digest(token),)).fetchone()
        return Learner(*found) if found else None

    def learner(self, learner: int) -> Learner | None:
        """Return a learner, or None."""
        found = self._base.execute(f"{LEARNER} WHERE id = ?", (learner,)).fetchone()
        return Learner(*found) if found else None

    def rename(self, learner: int, alias: str) -> None:
        """Give a learner another alias.

        Raises:
            AliasTakenError: somebody else has it.
        """
        with self._change():
            self._claim(alias, besides=learner)
            self._base.execute(
                "UPDATE learners SET alias = ?, key = ? WHERE id = ?", (alias, alias_key(alias), learner)
            )

    def remove(self, learner: int) -> None:
        """Delete a learner with everything that is kept of them."""
        with self._change():
            self._base.execute("DELETE FROM learners WHERE id = ?", (learner,))

    def remove_idle(self, up_to: int) -> None:
        """Delete everybody who has not reported anything, up to the learner of this number."""
        with self._change():
            self._base.execute("DELETE FROM learners WHERE accepted = 0 AND id <= ?", (up_to,))

    def mark_helped(self, learner: int, now: float) -> None:
        """End a learner's call for help."""
        with self._change():
            self._base.execute(
                "UPDATE learners SET helped_at = ?, help_at = NULL, help_step = NULL WHERE id = ?",
                (now, learner),
            )

    def hear(self, learner: int, now: float) -> None:
        """Note that a learner's machine was heard; a night's silence before it ends a call for help."""
        self._base.execute(
            "UPDATE learners SET help_step = NULL, help_at = NULL WHERE id = ? AND heard < ?",
            (learner, now - CALL_ENDS_SECONDS),
        )
        self._base.execute("UPDATE learners SET heard = ? WHERE id = ?", (now, learner))

    def take(self, learner: Learner, reports: Sequence[LearnerReport], now: float) -> int:
        """Take those of a learner's reports that are next; return the highest number taken so far.

        Reports that were taken before change nothing, and those behind a gap are left for another time.
        """
        with self._change():
            self.hear(learner.id, now)
            accepted = self._learner("id", learner.id).accepted
            for report, at in zip(reports, arrivals(reports, now, learner.joined), strict=True):
                if report.number == accepted + 1:
                    apply(self._base, learner.id, report, at, most_steps=self._most_steps)
                    accepted = report.number
            self._base.execute("UPDATE learners SET accepted = ? WHERE id = ?", (accepted, learner.id))
        return accepted

    def learners(self) -> list[Learner]:
        """Return everybody, by alias."""
        return [Learner(*row) for row in self._base.execute(f"{LEARNER} ORDER BY key, id")]

    def steps(self) -> list[StepRow]:
        """Return every step that somebody has begun."""
        rows = self._base.execute(
            "SELECT learner, step, began, touched, passed, attempts, wrong, hints FROM steps"
        )
        return [StepRow(*row) for row in rows]

    def scores(self) -> list[BestScore]:
        """Return the best scores, the highest first."""
        rows = self._base.execute("SELECT learner, game, score FROM scores ORDER BY score DESC, at, learner")
        return [BestScore(*row) for row in rows]

    def _claim(self, alias: str, besides: int = 0) -> None:
        taken = {alias_key(each.alias) for each in self.learners() if each.id != besides}
        if alias_key(alias) in taken:
            raise AliasTakenError(alias, _free_alias(alias, taken))

    def _learner(self, column: str, value: int | str | None) -> Learner:
        return Learner(*self._base.execute(f"{LEARNER} WHERE {column} = ?", (value,)).fetchone())

    @contextmanager
    def _change(self) -> Iterator[None]:
        self._base.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._base.execute("ROLLBACK")
            raise
        self._base.execute("COMMIT")
        self.version += 1


def digest(token: str) -> str:
    """Return what is kept of a token: enough to know it again, and no use to whoever reads the file."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def new_code() -> str:
    """Return a join code that nobody can guess."""
    drawn = "".join(secrets.choice(CODE_ALPHABET) for _ in range(6))
    return f"{drawn[:3]}-{drawn[3:]}"


def _free_alias(alias: str, taken: set[str]) -> str:
    for number in range(2, 2 * MOST_LEARNERS):
        stem = alias[: 24 - len(str(number)) - 1].rstrip()
        if alias_key(free := f"{stem} {number}") not in taken:
            return checked_alias(free)
    raise ClassFullError(f"every alias like `{alias}` is taken; choose another one")
