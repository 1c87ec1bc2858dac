"""The tables of a board's file, and their rows as values; times are in unix seconds on the board's clock."""

import sqlite3
from dataclasses import dataclass

__all__ = ["AWAY_SECONDS", "CALL_ENDS_SECONDS", "SCHEMA", "BestScore", "Learner", "StepRow", "make_tables"]

# Who has done nothing for so long is away.
AWAY_SECONDS = 15 * 60
# Nobody comes any more to whose machine was not heard for so long.
CALL_ENDS_SECONDS = 3 * 3_600

SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS learners (
    id INTEGER PRIMARY KEY AUTOINCREMENT, alias TEXT NOT NULL, key TEXT NOT NULL UNIQUE,
    token TEXT NOT NULL UNIQUE, seed INTEGER NOT NULL, joined REAL NOT NULL, heard REAL NOT NULL,
    accepted INTEGER NOT NULL DEFAULT 0, help_step TEXT, help_at REAL, helped_at REAL
);
CREATE TABLE IF NOT EXISTS steps (
    learner INTEGER NOT NULL REFERENCES learners (id) ON DELETE CASCADE, step TEXT NOT NULL,
    began REAL NOT NULL, touched REAL NOT NULL, passed REAL,
    attempts INTEGER NOT NULL DEFAULT 0, wrong INTEGER NOT NULL DEFAULT 0, hints INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (learner, step)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS scores (
    learner INTEGER NOT NULL REFERENCES learners (id) ON DELETE CASCADE, game TEXT NOT NULL,
    score INTEGER NOT NULL, at REAL NOT NULL, PRIMARY KEY (learner, game)
) WITHOUT ROWID;
"""

# Columns of `learners` that files of earlier boards do not have.
ADDED = {
    "worked": "REAL NOT NULL DEFAULT 0",
    "back": "REAL NOT NULL DEFAULT 0",
    "solved_step": "TEXT",
    "solved_at": "REAL",
}


def make_tables(base: sqlite3.Connection) -> None:
    """Make what a file does not have yet.

    Raises:
        sqlite3.DatabaseError: it is no file of a board.
    """
    base.executescript(SCHEMA)
    known = {row[1] for row in base.execute("PRAGMA table_info(learners)")}
    for name in ADDED.keys() - known:
        base.execute(f"ALTER TABLE learners ADD COLUMN {name} {ADDED[name]}")


@dataclass(frozen=True)
class Learner:
    """Somebody of the class; times are in unix seconds on the board's clock.

    `heard` is when their machine was heard last, `worked` when they did anything themselves, and `back` when
    they came back after being away.
    """

    id: int
    alias: str
    seed: int
    joined: float
    heard: float
    accepted: int
    help_step: str | None
    help_at: float | None
    helped_at: float | None
    worked: float
    back: float
    solved_step: str | None
    solved_at: float | None


@dataclass(frozen=True)
class StepRow:
    """How far one learner is with one step; times are in unix seconds on the board's clock."""

    learner: int
    step: str
    began: float
    touched: float
    passed: float | None
    attempts: int
    wrong: int
    hints: int


@dataclass(frozen=True)
class BestScore:
    """The most points that a learner has had in a game."""

    learner: int
    game: str
    score: int
