"""The arithmetic of the pipelines: deltas of leaves, and their exact sums for every path above.

Map sums what a batch changes at each leaf of the roll-up tree, and Reduce what a batch of rows does. Pure: no
AWS, no time, no environment.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation

from common.hierarchy import paths_down_to
from common.latency import count_ages
from common.records import RecordRange

__all__ = ["Change", "Delta", "Summary", "add_up", "roll_up", "summarise"]

# DynamoDB adds with 38 digits. A sum that needs more raises here, instead of losing a cent.
EXACT = Context(prec=38, traps=[Inexact, InvalidOperation])
MICROSECOND = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Delta:
    """What is added to a total: an amount, and a number of live trades."""

    value: Decimal
    trades: int

    def __add__(self, other: "Delta") -> "Delta":
        return Delta(EXACT.add(self.value, other.value), self.trades + other.trades)

    def __neg__(self) -> "Delta":
        return Delta(EXACT.minus(self.value), -self.trades)


NOTHING = Delta(Decimal("0.00"), 0)


@dataclass(frozen=True, slots=True)
class Change:
    """What one record does: a delta for each leaf that it touches, at the time of its message.

    `timestamp` is None for a deletion, which comes from no message.
    """

    deltas: tuple[tuple[str, Delta], ...]
    timestamp: Decimal | None


@dataclass(frozen=True, slots=True)
class Summary:
    """What a sequence of records does together; `ages` counts messages by how old they were.

    `source` says which records they are, if that is known.
    """

    leaves: Mapping[str, Delta]
    message_count: int
    first_timestamp: Decimal | None
    mean_timestamp: Decimal | None
    ages: Mapping[int, int]
    source: RecordRange | None = None


def add_up(deltas: Iterable[tuple[str, Delta]]) -> dict[str, Delta]:
    """Return the sum of the deltas of each path; a sum of nothing keeps its path."""
    sums: dict[str, Delta] = {}
    for path, delta in deltas:
        sums[path] = sums[path] + delta if path in sums else delta
    return sums


def roll_up(leaves: Mapping[str, Delta]) -> dict[str, Delta]:
    """Return the sums for every path from the top level down to the leaves, without the root.

    >>> fx, bonds = Delta(Decimal("100.00"), 1), Delta(Decimal("20.00"), 1)
    >>> roll_up({"PV:FX": fx, "PV:Bonds": bonds})["PV"].value
    Decimal('120.00')
    """
    return add_up((path, delta) for leaf, delta in leaves.items() for path in paths_down_to(leaf))


def summarise(changes: Sequence[Change], *, now: Decimal, source: RecordRange | None = None) -> Summary:
    """Return what the changes do together, with the ages that their messages have `now`."""
    timestamps = [change.timestamp for change in changes if change.timestamp is not None]
    mean = (sum(timestamps, Decimal(0)) / len(timestamps)).quantize(MICROSECOND) if timestamps else None
    return Summary(
        leaves=add_up(delta for change in changes for delta in change.deltas),
        message_count=len(changes),
        first_timestamp=min(timestamps, default=None),
        mean_timestamp=mean,
        ages=count_ages(float(now - timestamp) * 1000 for timestamp in timestamps),
        source=source,
    )
