"""Comparing AggregateTable with the exact sum over StateTable.

The result names every path at which they differ, and every total that is not the sum of its children. A
message on its way is in one table and not yet in the other, so a difference only counts once nothing moves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from workshop.clock import Clock, SystemClock
from workshop.deploy.finding import find_stack
from workshop.errors import ConfigurationError, NotSettledError
from workshop.pipeline.aggregates import AggregateSnapshot, sort_key, take_snapshot
from workshop.pipeline.compare_with_truth import Comparison, Difference, compare
from workshop.pipeline.operations.epoch import read_epoch
from workshop.pipeline.operations.hold import end_interrupted_rebuild
from workshop.pipeline.operations.state_sum import StateSum, sum_of_state
from workshop.pipeline.settle import quiet_of, watch
from workshop.pipeline.tables import format_amount, scan_rows
from workshop.pipeline.target import Target, find_target
from workshop.pipeline.truth import EXACT, GRAND_TOTAL

if TYPE_CHECKING:
    from workshop.cloud.connection import Cloud

__all__ = ["Books", "Reconciliation", "Torn", "open_books", "reconcile", "torn_totals"]

QUIET_SECONDS = 8.0
TIMEOUT_SECONDS = 120.0
POLL_SECONDS = 1.0
# Of CloudWatch; behind it comes the stack, so that a policy can tell whose a metric is, which has no ARN.
NAMESPACE = "TradeRisk"

Row = dict[str, Any]


@dataclass(frozen=True)
class Torn:
    """A total that is not the sum of its children."""

    path: str
    value: Decimal
    trades: int
    children_value: Decimal
    children_trades: int


@dataclass(frozen=True)
class Reconciliation:
    """What the comparison found; `is_moving` if the tables still changed when the time was up."""

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
        self.cloud = cloud
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

    def state(self, through: Callable[[Iterable[Row]], Iterable[Row]] = iter) -> StateSum:
        """Return the sum over StateTable, each item as it is when its page is read, passed `through`."""
        items = through(scan_rows(self.dynamodb, self.outputs["StateTableName"]))
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


def reconcile(
    books: Books, *, quiet_seconds: float = QUIET_SECONDS, on_step: Callable[[str], None] | None = None
) -> Reconciliation:
    """Compare, again and again while there are differences and anything moves, for two minutes at most.

    The offline cloud says what is under way, a batch in its back-off included. On AWS, tables that stay as
    they are for `quiet_seconds` count as at rest. How many totals are wrong becomes a metric, on which the
    stack has an alarm. If a rebuild was interrupted, the event source mapping that
    it has left disabled is enabled first.

    Raises:
        NotSettledError: the totals change too fast to be read.
    """
    stack, clock = books.target.stack, books.clock
    if end_interrupted_rebuild(books.cloud, stack, books.outputs, clock=clock) and on_step:
        on_step("a rebuild was interrupted: its hold on StateLambda's event source mapping is over")

    def look() -> tuple[AggregateSnapshot, StateSum]:
        # The totals first: what arrives between the two reads is in the state alone, like all on its way.
        return books.totals(), books.state()

    def unchanged_seconds(seen: tuple[AggregateSnapshot, StateSum], is_quiet: bool | None) -> float:
        if _compare(books, *seen).exact:
            return 0.0
        # A batch in its back-off changes nothing for a minute, and everything after that.
        return quiet_seconds if is_quiet is None else math.inf

    found = watch(
        look,
        quiet_of(books.cloud, books.outputs, clock=clock),
        clock=clock,
        unchanged_seconds=unchanged_seconds,
        timeout_seconds=TIMEOUT_SECONDS,
        poll_seconds=POLL_SECONDS,
    )
    if found.seen is None:
        raise NotSettledError(f"the totals of `{stack}` change too fast to be read; try again later")
    result = replace(_compare(books, *found.seen), is_moving=not found.is_at_rest)
    _publish(books, result)
    return result


def torn_totals(totals: Mapping[str, Decimal], trades: Mapping[str, int]) -> tuple[Torn, ...]:
    """Return each total that is not the sum of its children."""
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


def _compare(books: Books, totals: AggregateSnapshot, state: StateSum) -> Reconciliation:
    return Reconciliation(
        stack=books.target.stack,
        comparison=compare(totals, state.truth),
        torn=torn_totals(totals.totals, totals.trades),
        invalid=state.invalid,
        trades=state.truth.trades[GRAND_TOTAL],
    )


def _publish(books: Books, found: Reconciliation) -> None:
    """Let CloudWatch know how many totals are wrong, if the caller may and can tell it.

    What differs while messages are under way is not wrong yet.
    """
    differences = () if found.is_moving else found.comparison.differences
    wrong = {each.path for each in differences} | {each.path for each in found.torn}
    datum = {
        "MetricName": "WrongTotals",
        "Dimensions": [{"Name": "TableName", "Value": books.outputs["AggregateTableName"]}],
        "Timestamp": datetime.fromtimestamp(books.clock.now(), UTC),
        "Unit": "Count",
        "Value": len(wrong),
    }
    namespace = f"{NAMESPACE}/{books.target.stack}"
    # What was found is worth more than the alarm that follows from it.
    with suppress(ClientError, BotoCoreError):
        books.cloud.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[datum])


def _document(difference: Difference) -> dict[str, Any]:
    return {
        "path": difference.path,
        "state": format_amount(difference.expected),
        "aggregate": format_amount(difference.found),
        "difference": format_amount(difference.amount),
        "state_trades": difference.expected_trades,
        "aggregate_trades": difference.found_trades,
    }
