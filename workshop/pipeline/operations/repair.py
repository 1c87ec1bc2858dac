"""The arithmetic of a repair: what the totals are wrong by, and how that is cut into transactions.

In go the rows of AggregateTable with both of their sums, out come errors and steps. Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workshop.pipeline.truth import EXACT, GRAND_TOTAL

__all__ = ["NO_ERROR", "Error", "Mark", "errors_of", "repair_steps"]

# 100 actions of a transaction less the epoch, the bookkeeping row and the root.
MAX_PATHS = 97


@dataclass(frozen=True)
class Mark:
    """How far a rebuild is in AggregateTable: touches and strays summed in, repairs done, the revision."""

    touches: int = 0
    strays: int = 0
    repairs: int = 0
    revision: int = 0


@dataclass(frozen=True)
class Error:
    """By how much a total is too large."""

    value: Decimal
    trades: int

    def __bool__(self) -> bool:
        return bool(self.value or self.trades)

    def __add__(self, other: Error) -> Error:
        return Error(EXACT.add(self.value, other.value), self.trades + other.trades)

    def __sub__(self, other: Error) -> Error:
        return Error(EXACT.subtract(self.value, other.value), self.trades - other.trades)


NO_ERROR = Error(Decimal(0), 0)


def errors_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, Error]:
    """Return the error of each total that has one: what it says, less what the rebuild says."""
    errors = {}
    for row in rows:
        if row["Identifier"].startswith("#"):
            continue
        says = Error(row.get("Value", Decimal(0)), int(row.get("Trades", 0)))
        error = says - Error(row.get("Rebuilt", Decimal(0)), int(row.get("RebuiltTrades", 0)))
        if error:
            errors[row["Identifier"]] = error
    return errors


def repair_steps(errors: Mapping[str, Error], *, order: Sequence[str]) -> list[dict[str, Error]]:
    """Cut the errors into steps that each fit into a transaction and tear no total.

    First come leaves with all that lies above them: those steps leave each total the sum of its children, if
    it was so before. What is left then are totals that were torn.
    """
    steps: list[dict[str, Error]] = []
    left = dict(errors)
    for leaf in sorted(errors, key=lambda path: path.split(":")):
        if leaf == GRAND_TOTAL or leaf.count(":") < len(order) - 1:
            continue
        paths = [*_ancestors(leaf), leaf, GRAND_TOTAL]
        if not steps or len({*steps[-1], *paths}) > MAX_PATHS:
            steps.append({})
        for path in paths:
            steps[-1][path] = steps[-1].get(path, NO_ERROR) + errors[leaf]
            left[path] = left.get(path, NO_ERROR) - errors[leaf]
    torn = [(path, error) for path, error in left.items() if error]
    steps += [dict(torn[start : start + MAX_PATHS]) for start in range(0, len(torn), MAX_PATHS)]
    return steps


def _ancestors(leaf: str) -> list[str]:
    parts = leaf.split(":")
    return [":".join(parts[:depth]) for depth in range(1, len(parts))]
