"""The verdict on a round: the rows of its run compared with the truth, every key, to the cent.

No difference means exact. No AWS, no time, no tolerance.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from workshop.pipeline.truth import Truth

__all__ = ["Kind", "Row", "RunDifference", "judge"]

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Row:
    """A total as AggregateTable holds it; `trades` is None where the variant does not count them."""

    value: Decimal
    trades: int | None = None


class Kind(Enum):
    """In which way a path is wrong."""

    MISSING = "missing"  # there is no row
    EXTRA = "extra"  # no live trade of the run belongs there
    AMOUNT = "amount"
    TRADES = "trades"  # the amount is right, the number of trades is not
    TORN = "torn"  # it is not the sum of what lies below it


@dataclass(frozen=True)
class RunDifference:
    """One path that is not what it must be; for a torn one, `expected` is the sum of its children."""

    path: str
    kind: Kind
    expected: Decimal
    found: Decimal
    expected_trades: int = 0
    found_trades: int | None = None


def judge(rows: Mapping[str, Row], truth: Truth) -> tuple[RunDifference, ...]:
    """Return every difference, in the order of the tree.

    A row that holds nothing any more, because all its trades have moved elsewhere, counts as absent.
    """
    wrong = [difference for path in {*rows, *truth.totals} if (difference := _compare(path, rows, truth))]
    torn = [difference for path in rows if (difference := _tear(path, rows))]
    return tuple(sorted(wrong + torn, key=lambda each: (each.path.split(":"), each.kind.value)))


def _compare(path: str, rows: Mapping[str, Row], truth: Truth) -> RunDifference | None:
    row = rows.get(path)
    expected, expected_trades = truth.totals.get(path, NOTHING), truth.trades.get(path, 0)
    found, found_trades = (row.value, row.trades) if row else (NOTHING, None)
    if row is None:
        kind = Kind.MISSING
    elif path not in truth.totals:
        if not found and not found_trades:
            return None
        kind = Kind.EXTRA
    elif found != expected:
        kind = Kind.AMOUNT
    elif found_trades is not None and found_trades != expected_trades:
        kind = Kind.TRADES
    else:
        return None
    return RunDifference(path, kind, expected, found, expected_trades, found_trades)


def _tear(path: str, rows: Mapping[str, Row]) -> RunDifference | None:
    children = [row for other, row in rows.items() if other.rpartition(":")[0] == path]
    if not children:
        return None
    total, row = sum((child.value for child in children), NOTHING), rows[path]
    trades = sum(child.trades or 0 for child in children)
    if row.value == total and (row.trades is None or row.trades == trades):
        return None
    return RunDifference(path, Kind.TORN, total, row.value, trades, row.trades)
