"""Exercises in `lambdas/stateful/map.py`: what a change adds up to, and a batch that comes twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from workshop.course.exercise import Exercise, Function
from workshop.course.trials.batch_guard import NOTHING, added, try_batch_guard
from workshop.course.trials.redelivery import EACH, TrialStage, try_re_deliveries
from workshop.course.trials.scratch_stack import ScratchStack
from workshop.course.trials.trial import (
    EMEA,
    check_by,
    failures_in,
    money,
    trade,
)
from workshop.pipeline.messages import Message
from workshop.pipeline.truth import DEFAULT_ORDER, roll_up_paths

__all__ = ["EXERCISES"]

FILE = "stateful/map.py"
DIFFERENCE = Function(FILE, "difference", "textbook")
STORE = Function(FILE, "store", "textbook")
LEDGER = Function(FILE, None, "ledger")
APAC = {**EMEA, "Region": "APAC"}
Change = tuple[Message | None, Message | None]


def try_difference(scratch: ScratchStack) -> Iterator[str]:
    """Deliver one change of each kind; observe what its row adds to every path and leaf."""
    old = trade("watched", "100.00")
    yield from _sums(scratch, "A new trade came in with 100.00", [(None, old)])
    yield from _sums(scratch, "A trade went from 100.00 to 80.00", [(old, trade("watched", "80.00", 2))])
    moved = trade("watched", "100.00", 2, hierarchy=APAC)
    yield from _sums(scratch, "A trade of 100.00 moved from EMEA to APAC", [(old, moved)])
    yield from _sums(scratch, "A trade of 100.00 was deleted from StateTable", [(old, None)])
    cancelled = trade("watched", "0.00", 2, cancelled=True)
    yield from _sums(scratch, "A trade of 100.00 was cancelled", [(old, cancelled)])
    both = [(old, trade("watched", "80.00", 2)), (None, trade("other", "5.00"))]
    yield from _sums(scratch, "In one batch a trade went from 100.00 to 80.00 and one of 5.00 was new", both)


def _sums(scratch: ScratchStack, what: str, changes: Sequence[Change]) -> Iterator[str]:
    scratch.empty()
    tried = scratch.invoke("map", scratch.change_event(changes))
    yield from failures_in(tried, what)
    rows = scratch.items("ReduceTable")
    deltas, trades = added(rows, "Deltas"), added(rows, "Trades")
    # The leaf says most, so it comes first.
    for path, value in sorted(_expected(changes, "value").items(), key=lambda each: -len(each[0])):
        if deltas.get(path, NOTHING) != value:
            yield (
                f"{what}. The row adds {money(deltas.get(path, NOTHING))} to `{path}`; the trades there "
                f"have changed by {money(value)} in all."
            )
    for leaf, count in _expected(changes, "count").items():
        if trades.get(leaf, NOTHING) != count:
            yield (
                f"{what}. The amounts are right. But the row changes the number of trades in `{leaf}` by "
                f"{trades.get(leaf, NOTHING)}, and that number has changed by {count}."
            )


def _expected(changes: Sequence[Change], what: str) -> dict[str, Decimal]:
    """Return by how much each path must change, or by how many trades each leaf."""
    sums: dict[str, Decimal] = {}
    for before, after in changes:
        for message, sign in ((before, -1), (after, 1)):
            if message is None:
                continue
            paths = roll_up_paths(message.hierarchy, DEFAULT_ORDER)
            number = message.value if what == "value" else Decimal(not message.cancelled)
            for path in paths if what == "value" else paths[-1:]:
                sums[path] = sums.get(path, NOTHING) + sign * number
    return sums


def try_guard(scratch: ScratchStack) -> Iterator[str]:
    """Deliver batches of new trades, one of them twice; see `try_batch_guard`."""

    def event(trades: Sequence[Message], start: int) -> Any:
        return scratch.change_event([(None, each) for each in trades], start=start)

    # A trade that goes up, down and up again makes the same change twice; only the sequence numbers differ.
    yield from try_batch_guard(scratch, event, again="The same three changes happened a second time")


def try_ledger(scratch: ScratchStack) -> Iterator[str]:
    """Deliver the records of two shards in ever new batches; observe what the rows add up to."""

    def event(first: int, last: int, shard: int) -> dict[str, Any]:
        changes = [(None, trade(f"trade-{shard}-{number}", str(EACH))) for number in range(first, last)]
        return dict(scratch.change_event(changes, shard=shard, start=first))

    def total() -> Decimal:
        return added(scratch.items("ReduceTable"), "Deltas").get("PV", NOTHING)

    yield from try_re_deliveries(TrialStage(scratch, "map", "ReduceTable", event, total))


EXERCISES = (
    Exercise(
        id="map-subtract-old",
        title="Subtract what was there before",
        notebook="04",
        minutes=8,
        answer_location=DIFFERENCE,
        check=check_by(
            try_difference,
            DIFFERENCE,
            success="New, changed, moved, cancelled and deleted trades: each row adds what has changed.",
        ),
    ),
    Exercise(
        id="map-batch-guard",
        title="One row for each batch",
        notebook="09",
        minutes=8,
        answer_location=STORE,
        check=check_by(
            try_guard,
            STORE,
            success="A batch that came twice left one row, and other batches left rows of their own.",
        ),
    ),
    Exercise(
        id="map-ledger",
        title="Map with the ledger",
        notebook="10",
        minutes=12,
        answer_location=LEDGER,
        check=check_by(
            try_ledger,
            LEDGER,
            success="Split, merged, late, interrupted, from two shards: every record is in the rows once.",
        ),
    ),
)
