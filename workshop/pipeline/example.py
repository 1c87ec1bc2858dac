"""Five messages on their way through the stateful pipeline, small enough to follow by hand.

M1, M3 and M4 are sent first; when they have arrived, M2 and M5 follow together, so that the map stage sums
them into one row: both belong to the risk type Delta, and 100 + 20 = 120.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from workshop.clock import Clock, SystemClock
from workshop.cloud.connection import Cloud
from workshop.errors import NotSettledError
from workshop.pipeline.aggregates import AggregateSnapshot, take_snapshot
from workshop.pipeline.messages import Message, PlannedMessage
from workshop.pipeline.producer.producer import produce
from workshop.pipeline.settle import Patience, quiet_of, wait_until_settled
from workshop.pipeline.tables import ReduceRow, StateRow, read_reduce_table, read_state_table
from workshop.pipeline.truth import stateful_truth

__all__ = ["EXAMPLE_MESSAGES", "Example", "run_example"]


def _message(trade_id: str, value: str, region: str, desk: str) -> Message:
    hierarchy = {"RiskType": "Delta", "Region": region, "TradeDesk": desk}
    return Message(trade_id, Decimal(value), 1, hierarchy)


EXAMPLE_MESSAGES = {
    "M1": _message("5b1e77a2", "75.00", "AMER", "FXOptions"),
    "M2": _message("8ec2fdcd", "100.00", "EMEA", "FXSpot"),
    "M3": _message("c0a49f16", "40.50", "APAC", "FXSpot"),
    "M4": _message("2d83b6e9", "250.25", "EMEA", "FXOptions"),
    "M5": _message("395974a4", "20.00", "AMER", "FXSpot"),
}
FIRST_TOGETHER = ("M1", "M3", "M4")
THEN_TOGETHER = ("M2", "M5")
PATIENCE = Patience(quiet_seconds=0.5, unchanged_seconds=60.0, timeout_seconds=120.0, poll_seconds=0.5)


@dataclass(frozen=True)
class Example:
    """What the five messages left in the three tables."""

    state: tuple[StateRow, ...]
    reduce: tuple[ReduceRow, ...]
    aggregates: AggregateSnapshot

    @property
    def row_of_m2_and_m5(self) -> ReduceRow | None:
        """The row of ReduceTable that holds exactly these two messages, if they were mapped together."""
        wanted = stateful_truth(EXAMPLE_MESSAGES[name] for name in THEN_TOGETHER).totals
        leaves = {path: wanted[path] for path in wanted if path.count(":") == 2}
        for row in self.reduce:
            if {path: value for path, value in row.deltas.items() if path.count(":") == 2} == leaves:
                return row
        return None


def run_example(
    cloud: Cloud,
    outputs: dict[str, str],
    *,
    clock: Clock | None = None,
    on_step: Callable[[str], None] = lambda _: None,
) -> Example:
    """Send the five messages in two groups through an empty pipeline; return the rows that they leave.

    Raises:
        NotSettledError: the totals do not become what they must be.
    """
    clock = clock or SystemClock()
    dynamodb = cloud.client("dynamodb")
    sent: list[str] = []

    def read() -> AggregateSnapshot:
        return take_snapshot(dynamodb, outputs["AggregateTableName"], clock=clock)

    quiet = quiet_of(cloud, outputs, clock=clock)
    for group in (FIRST_TOGETHER, THEN_TOGETHER):
        on_step(f"sending {' and '.join(group)}")
        produce(cloud.client("kinesis"), outputs["StreamName"], _entries(group), clock=clock)
        sent += group
        truth = stateful_truth(EXAMPLE_MESSAGES[name] for name in sent)
        settled = wait_until_settled(read, truth, quiet=quiet, clock=clock, patience=PATIENCE)
        if settled.snapshot.live_totals != truth.totals:
            raise NotSettledError(
                f"the totals of {', '.join(sent)} did not arrive; look into the functions' logs"
            )
    return Example(
        read_state_table(dynamodb, outputs["StateTableName"]),
        read_reduce_table(dynamodb, outputs["ReduceTableName"]),
        settled.snapshot,
    )


def _entries(names: Sequence[str]) -> tuple[PlannedMessage, ...]:
    order = list(EXAMPLE_MESSAGES)
    return tuple(PlannedMessage(order.index(name), EXAMPLE_MESSAGES[name]) for name in names)
