"""The books held against each other: AggregateTable, and the exact sum over StateTable.

In goes a deployed stateful pipeline, out comes every path at which they differ, and every total that is not
the sum of those below it. Messages on their way are in one table and not yet in the other, so a difference
only counts once nothing moves any more. Nothing is changed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from workshop.clock import Clock, SystemClock
from workshop.deploy.finding import find_stack
from workshop.errors import ConfigurationError
from workshop.pipeline.aggregates import AggregateSnapshot, sort_key, take_snapshot
from workshop.pipeline.comparison import Comparison, Difference, compare
from workshop.pipeline.operations.epoch import read_epoch
from workshop.pipeline.operations.state_sum import StateSum, sum_of_state
from workshop.pipeline.tables import format_amount, scan_rows
from workshop.pipeline.target import Target, find_target
from workshop.pipeline.truth import EXACT, GRAND_TOTAL

if TYPE_CHECKING:
    from workshop.cloud.connection import Cloud

__all__ = ["Books", "Reconciliation", "Torn", "open_books", "reconcile", "torn_totals"]

QUIET_SECONDS = 8.0
TIMEOUT_SECONDS = 120.0
POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Torn:
    """A total that is not the sum of those right below it."""

    path: str
    value: Decimal
    trades: int
    children_value: Decimal
    children_trades: int


@dataclass(frozen=True)
class Reconciliation:
    """What the comparison found; `is_moving` says that messages were still on their way to the end."""

    stack: str
    comparison: Comparison
    torn: tuple[Torn, ...]
    invalid: tuple[str, ...]
    trades: int
    is_moving: bool = False

    @property
    def exact(self) -> bool:
        """Whether both tables say the same, and no total is torn."""
        return self.comparison.exact and not self.torn

    def document(self) -> dict[str, Any]:
        """Return it in the form of `--json`."""
        return {
            "stack": self.stack,
            "exact": self.exact,
            "still_moving": self.is_moving,
            "trades": self.trades,
            "differences": [_document(each) for each in self.comparison.differences],
            "torn": [
                {
                    "path": each.path,
                    "value": format_amount(each.value),
                    "trades": each.trades,
                    "sum_of_children": format_amount(each.children_value),
                    "trades_of_children": each.children_trades,
                }
                for each in self.torn
            ],
            "invalid_items": list(self.invalid),
        }


class Books:
    """Both tables of one stateful pipeline."""

    def __init__(self, cloud: Cloud, target: Target, *, variant: str, clock: Clock) -> None:
        self.dynamodb = cloud.client("dynamodb")
        self.target = target
        self.variant = variant
        self.clock = clock

    @property
    def outputs(self) -> Mapping[str, str]:
        """The names of the pipeline's tables."""
        return self.target.outputs

    def epoch(self) -> int:
        """Return the number of the epoch; other variants than the ledger know none."""
        if self.variant != "ledger":
            return 0
        return read_epoch(self.dynamodb, self.outputs["ParameterTableName"]).number

    def state(self) -> StateSum:
        """Return the sum over StateTable, each item as it is when its page is read."""
        items = scan_rows(self.dynamodb, self.outputs["StateTableName"])
        return sum_of_state(items, self.target.order, epoch=self.epoch())

    def totals(self) -> AggregateSnapshot:
        """Return AggregateTable at one moment."""
        return take_snapshot(self.dynamodb, self.outputs["AggregateTableName"], clock=self.clock)


def open_books(cloud: Cloud, stack: str, *, clock: Clock | None = None) -> Books:
    """Return the tables of a pipeline that keeps a state.

    Raises:
        ConfigurationError: the pipeline is stateless.
        StackNotFoundError: no such stack is there.
    """
    target, found = find_target(cloud, stack), find_stack(cloud, stack)
    if "StateTableName" not in target.outputs:
        raise ConfigurationError(
            f"`{stack}` is a stateless pipeline, so there is no state to compare its totals with; "
            "compare them with what the producer sent, as `workshop produce` prints it"
        )
    return Books(cloud, target, variant=found.variant, clock=clock or SystemClock())


def reconcile(books: Books, *, quiet_seconds: float = QUIET_SECONDS) -> Reconciliation:
    """Compare, and look again while there are differences and anything moves."""
    clock = books.clock
    started = changed_at = clock.now()
    state, totals = books.state(), books.totals()
    while True:
        found = _compare(books, state, totals)
        now = clock.now()
        if found.exact or now - changed_at >= quiet_seconds:
            return found
        if now - started >= TIMEOUT_SECONDS:
            return Reconciliation(**{**vars(found), "is_moving": True})
        clock.sleep(POLL_SECONDS)
        # The totals first: what arrives between the two reads is in the state alone, like all on its way.
        seen = books.totals(), books.state()
        if seen != (totals, state):
            changed_at = clock.now()
        totals, state = seen


def torn_totals(totals: Mapping[str, Decimal], trades: Mapping[str, int]) -> tuple[Torn, ...]:
    """Return each total that is not the sum of those right below it."""
    values: dict[str, Decimal] = {}
    counts: dict[str, int] = {}
    for path, value in totals.items():
        if path != GRAND_TOTAL:
            parent = path.rpartition(":")[0] or GRAND_TOTAL
            values[parent] = EXACT.add(values.get(parent, Decimal(0)), value)
            counts[parent] = counts.get(parent, 0) + trades.get(path, 0)
    return tuple(
        Torn(path, totals.get(path, Decimal(0)), trades.get(path, 0), values[path], counts[path])
        for path in sorted(values, key=sort_key)
        if (totals.get(path), trades.get(path, 0)) != (values[path], counts[path])
    )


def _compare(books: Books, state: StateSum, totals: AggregateSnapshot) -> Reconciliation:
    return Reconciliation(
        stack=books.target.stack,
        comparison=compare(totals, state.truth),
        torn=torn_totals(totals.totals, totals.trades),
        invalid=state.invalid,
        trades=state.truth.trades[GRAND_TOTAL],
    )


def _document(difference: Difference) -> dict[str, Any]:
    return {
        "path": difference.path,
        "state": format_amount(difference.expected),
        "aggregate": format_amount(difference.found),
        "difference": format_amount(difference.amount),
        "state_trades": difference.expected_trades,
        "aggregate_trades": difference.found_trades,
    }
