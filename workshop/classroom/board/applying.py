"""How a report changes what is kept of a learner, and at what time it happened on the board's clock.

A learner's clock may be wrong by years, so it only says how far apart the reports of one request lie: the
newest of them happened when it arrived, and none before its learner joined.
"""

import sqlite3
from collections.abc import Sequence

from workshop.classroom.board.tables import AWAY_SECONDS
from workshop.classroom.protocol import LearnerReport, unix_seconds

__all__ = ["apply", "arrivals"]

MOST_GAMES = 8
NO_CALL = "help_step = NULL, help_at = NULL"
LAST_NOTEBOOK = "SELECT max(step) FROM steps WHERE learner = ? AND step GLOB '[0-9][0-9]'"
NEW_STEP = "INSERT OR IGNORE INTO steps (learner, step, began, touched) VALUES (?, ?, ?, ?)"


def arrivals(reports: Sequence[LearnerReport], now: float, joined: float) -> list[float]:
    """Return when each report of a request happened, on the board's clock; never later than now."""
    told = [unix_seconds(report.at) for report in reports]
    newest = max(told, default=0.0)
    return [max(min(joined, now), now - (newest - each)) for each in told]


def apply(
    base: sqlite3.Connection, learner: int, report: LearnerReport, at: float, *, most_steps: int
) -> None:
    """Change what is kept of a learner as a report says; a step or a game too many is left out."""
    fields = report.fields
    # Who comes back after being away begins anew: a break is not work.
    base.execute(
        "UPDATE learners SET back = CASE WHEN ? - worked >= ? THEN ? ELSE back END, "
        "worked = max(worked, ?) WHERE id = ?",
        (at, AWAY_SECONDS, at, at, learner),
    )
    match report.kind:
        case "worked":
            pass
        case "help":
            base.execute(
                "UPDATE learners SET help_step = ?, help_at = ?, "
                "helped_at = NULL, solved_at = NULL WHERE id = ?",
                (fields["step"], at, learner),
            )
        case "help_withdrawn":
            base.execute(f"UPDATE learners SET {NO_CALL} WHERE id = ?", (learner,))  # noqa: S608
        case "played":
            _apply_to_score(base, learner, report, at)
        case _:
            _apply_to_step(base, learner, report, at, most_steps)


def _apply_to_score(base: sqlite3.Connection, learner: int, report: LearnerReport, at: float) -> None:
    game, score = report.fields["game"], report.fields["score"]
    games = {row[0] for row in base.execute("SELECT game FROM scores WHERE learner = ?", (learner,))}
    if game in games or len(games) < MOST_GAMES:
        base.execute(
            "INSERT INTO scores VALUES (?, ?, ?, ?) ON CONFLICT (learner, game) DO UPDATE "
            "SET score = excluded.score, at = excluded.at WHERE excluded.score > score",
            (learner, game, score, at),
        )


def _apply_to_step(
    base: sqlite3.Connection, learner: int, report: LearnerReport, at: float, most_steps: int
) -> None:
    fields, where = report.fields, (learner, report.fields["step"])
    known = base.execute(
        "SELECT count(*), sum(step = ?) FROM steps WHERE learner = ?", where[::-1]
    ).fetchone()
    if known[0] >= most_steps and not known[1]:
        return
    _end_call(base, learner, report, at)
    base.execute(NEW_STEP, (*where, at, at))
    base.execute("UPDATE steps SET touched = max(touched, ?) WHERE learner = ? AND step = ?", (at, *where))
    if report.kind == "hinted":
        base.execute(
            "UPDATE steps SET hints = max(hints, ?) WHERE learner = ? AND step = ?", (fields["hints"], *where)
        )
    if report.kind == "checked":
        is_passed, is_wrong = fields["outcome"] == "passed", fields["outcome"] == "incorrect"
        base.execute(
            "UPDATE steps SET attempts = max(attempts, ?), wrong = wrong + ?, "
            "passed = coalesce(passed, ?) WHERE learner = ? AND step = ?",
            (fields["attempts"], int(is_wrong), at if is_passed else None, *where),
        )


def _end_call(base: sqlite3.Connection, learner: int, report: LearnerReport, at: float) -> None:
    """End a call for help when its step is passed, or its learner goes on to a later notebook."""
    step = report.fields["step"]
    if report.fields.get("outcome") == "passed":
        base.execute(
            f"UPDATE learners SET solved_step = help_step, solved_at = ?, {NO_CALL} "  # noqa: S608
            "WHERE id = ? AND help_step = ?",
            (at, learner, step),
        )
    if report.kind == "began":
        base.execute(
            f"UPDATE learners SET {NO_CALL} WHERE id = ? AND ? > ({LAST_NOTEBOOK})",  # noqa: S608
            (learner, step, learner),
        )
