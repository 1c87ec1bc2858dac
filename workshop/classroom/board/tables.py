"""The tables of a board's file, and their rows as values; times are in unix seconds on the board's clock."""

from dataclasses import dataclass

__all__ = ["SCHEMA", "BestScore", "Learner", "StepRow"]

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


@dataclass(frozen=True)
class Learner:
    """Somebody of the class; times are in unix seconds on the board's clock."""

    id: int
    alias: str
    seed: int
    joined: float
    heard: float
    accepted: int
    help_step: str | None
    help_at: float | None
    helped_at: float | None


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
