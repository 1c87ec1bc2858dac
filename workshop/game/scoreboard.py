"""The game as it stands: score and rounds read back from ParameterTable, as frozen values.

GeneratorLambda writes them, one item for each round. Nothing is judged here, and nothing is played.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from workshop.pipeline.messages import Message, PlanOptions, make_plan
from workshop.pipeline.tables import scan_rows

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["OVER", "RUN_LEVEL", "PathDifference", "Round", "Scoreboard", "read_scoreboard"]

ROUND = "round#"
RUN_LEVEL = "RunID"
LEVEL_TWO_POINTS = 300
# The statuses that never change again.
OVER = ("judged", "void", "failed")


@dataclass(frozen=True)
class PathDifference:
    """One path of a round that was not what it must be when the round was judged.

    `kind` is `missing`, `extra`, `amount`, `trades`, or `torn`: then `expected` is the sum of its children.
    """

    path: str
    kind: str
    expected: Decimal
    found: Decimal
    expected_trades: int
    found_trades: int | None


@dataclass(frozen=True)
class Round:
    """One round; times in unix seconds, None for what has not happened yet."""

    run_id: str
    status: str
    level: int
    messages: int
    seed: int
    started_at: float
    accepted: int = 0
    resent: int = 0
    sent_at: float | None = None
    judged_at: float | None = None
    settled_seconds: float | None = None
    exact: bool | None = None
    points: int = 0
    difference_count: int = 0
    differences: tuple[PathDifference, ...] = ()
    reason: str = ""
    options: str = ""
    levels: tuple[str, ...] = ()

    @property
    def is_apart(self) -> bool:
        """Whether its totals lie below its run id; else they are all that the pipeline has."""
        return self.levels[:1] == (RUN_LEVEL,)

    @property
    def is_over(self) -> bool:
        """Whether the round will not change any more."""
        return self.status in OVER

    @property
    def is_settling(self) -> bool:
        """Whether all of it was sent, and its totals are waited for."""
        return self.status == "settling"

    def sent(self) -> tuple[Message, ...]:
        """Make the round's messages again, in the order in which they were sent."""
        return tuple(make_plan(PlanOptions(**json.loads(self.options))).messages)


@dataclass(frozen=True)
class Scoreboard:
    """The game so far, the first round first; `faults` says whether a fault plan is set."""

    points: int = 0
    judged: int = 0
    exact: int = 0
    faults: bool = False
    rounds: tuple[Round, ...] = ()

    @property
    def level(self) -> int:
        """The level at which the next round is played, unless it is asked for another one."""
        return 2 if self.points >= LEVEL_TWO_POINTS else 1

    def round(self, run_id: str) -> Round | None:
        """Return a round, or None if it has not begun."""
        return next((each for each in self.rounds if each.run_id == run_id), None)


def read_scoreboard(client: DynamoDBClient, table_name: str) -> Scoreboard:
    """Return the game as ParameterTable holds it now."""
    items = {str(row["Parameter"]): row for row in scan_rows(client, table_name)}
    rounds = [_round(item) for name, item in items.items() if name.startswith(ROUND)]
    score = items.get("score", {})
    return Scoreboard(
        points=int(score.get("Value", 0)),
        judged=int(score.get("Rounds", 0)),
        exact=int(score.get("ExactRounds", 0)),
        faults=_has_faults(items.get("faults", {})),
        rounds=tuple(sorted(rounds, key=lambda each: (each.started_at, each.run_id))),
    )


def _round(item: Mapping[str, Any]) -> Round:
    return Round(
        run_id=item["RunID"],
        status=item["Status"],
        level=int(item["Level"]),
        messages=int(item["Messages"]),
        seed=int(item["Seed"]),
        started_at=float(item["StartedAt"]),
        accepted=int(item.get("Accepted", 0)),
        resent=int(item.get("Resent", 0)),
        sent_at=_seconds(item.get("SentAt")),
        judged_at=_seconds(item.get("JudgedAt")),
        settled_seconds=_seconds(item.get("SettledSeconds")),
        exact=item.get("Exact"),
        points=int(item.get("Points", 0)),
        difference_count=int(item.get("DifferenceCount", 0)),
        differences=tuple(_difference(each) for each in json.loads(item.get("Differences", "[]"))),
        reason=item.get("Reason", ""),
        options=item["Options"],
        levels=tuple(item["Levels"].split(",")),
    )


def _difference(document: Mapping[str, Any]) -> PathDifference:
    amounts = {name: Decimal(document[name]) for name in ("expected", "found")}
    return PathDifference(**{**document, **amounts})


def _has_faults(item: Mapping[str, Any]) -> bool:
    try:
        plan = json.loads(item.get("Value", "{}"))
    except ValueError:
        return False
    return isinstance(plan, dict) and bool(plan.get("strikes") or any(plan.get("rates", {}).values()))


def _seconds(value: Any) -> float | None:
    return None if value is None else float(value)
