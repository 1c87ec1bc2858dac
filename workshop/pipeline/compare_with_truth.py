"""A snapshot compared with the truth, exactly and path by path.

Lost and duplicated messages are counted by the trades in each leaf, since amounts may cancel each other
out.
"""

from dataclasses import dataclass
from decimal import Decimal

from workshop.pipeline.aggregates import AggregateSnapshot, sort_key
from workshop.pipeline.truth import EXACT, GRAND_TOTAL, Truth

__all__ = ["Comparison", "Difference", "compare"]


@dataclass(frozen=True)
class Difference:
    """One path whose total or number of trades is not what it must be."""

    path: str
    expected: Decimal
    found: Decimal
    expected_trades: int
    found_trades: int | None

    @property
    def amount(self) -> Decimal:
        """By how much the total is too large."""
        # A context of our own: the usual one would round beyond 28 digits.
        return EXACT.subtract(self.found, self.expected)


@dataclass(frozen=True)
class Comparison:
    """How a snapshot differs from the truth; `lost` and `duplicated` count messages.

    `is_of_nothing`: no live trade was sent, so that empty totals are right. `held_up` says what has not
    arrived, in words; where totals are right all the same, they may not stay so.
    """

    differences: tuple[Difference, ...]
    lost: int
    duplicated: int
    is_of_nothing: bool = False
    held_up: str = ""

    @property
    def exact(self) -> bool:
        """Whether every total is right to the cent, and every trade counted once."""
        return not self.differences


def compare(snapshot: AggregateSnapshot, truth: Truth) -> Comparison:
    """Return all differences, parents before children; a path that one side lacks counts as zero there."""
    counted = bool(snapshot.trades)
    differences = []
    for path in sorted({*snapshot.totals, *truth.totals}, key=sort_key):
        difference = Difference(
            path,
            expected=truth.totals.get(path, Decimal(0)),
            found=snapshot.totals.get(path, Decimal(0)),
            expected_trades=truth.trades.get(path, 0),
            found_trades=snapshot.trades.get(path, 0) if counted else None,
        )
        trades_differ = counted and difference.found_trades != difference.expected_trades
        if difference.found != difference.expected or trades_differ:
            differences.append(difference)
    surplus = [
        snapshot.trades.get(leaf, 0) - truth.trades.get(leaf, 0)
        for leaf in (_leaves(snapshot) | truth.leaves if counted else ())
    ]
    return Comparison(
        tuple(differences),
        lost=-sum(count for count in surplus if count < 0),
        duplicated=sum(count for count in surplus if count > 0),
        is_of_nothing=not truth.leaves,
    )


def _leaves(snapshot: AggregateSnapshot) -> set[str]:
    """The paths that no other path continues."""
    parents = {path.rpartition(":")[0] for path in snapshot.trades}
    return {path for path in snapshot.trades if path not in parents and path != GRAND_TOTAL}
