"""A guard for batches on trial: one that comes twice leaves one row, others leave rows of their own.

The same trial fits MapLambda of both pipelines; `event` says how trades come to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from workshop.course.trials.scratch_stack import ScratchStack
from workshop.course.trials.trial import failures_in, lost_in_silence, money, trade
from workshop.pipeline.messages import Message

__all__ = ["NOTHING", "added", "try_batch_guard"]

NOTHING = Decimal(0)
# Trades as an event of the function, with sequence numbers from a start on.
MakeEvent = Callable[[Sequence[Message], int], Any]


def added(rows: Sequence[Mapping[str, Any]], name: str) -> dict[str, Decimal]:
    """Return the sums of what rows of ReduceTable hold under `Deltas` or `Trades`, by path."""
    sums: dict[str, Decimal] = {}
    for row in rows:
        for path, value in row[name].items():
            sums[path] = sums.get(path, NOTHING) + value
    return sums


def try_batch_guard(scratch: ScratchStack, event: MakeEvent, *, again: str) -> Iterator[str]:
    """Deliver a batch twice, and other batches that resemble it; observe how many rows there are.

    `again` says in a sentence what it means for this function that equal trades come as another batch.
    """
    trades = [trade(f"trade-{number}", "10.00") for number in range(3)]
    batch = event(trades, 0)
    yield from failures_in(scratch.invoke("map", batch), "A batch of three new trades came in")
    once = scratch.items("ReduceTable")
    if added(once, "Deltas").get("PV") != Decimal("30.00"):
        yield f"A batch with new trades of 30.00 came in, and ReduceTable has {_described(once)}."
    tried = scratch.invoke("map", batch)
    yield from failures_in(tried, "The batch came a second time, which nothing can prevent")
    twice = scratch.items("ReduceTable")
    if len(twice) != len(once):
        keys = " and ".join(f"`{row['MessageHash'][:8]}…{row['MessageHash'][-8:]}`" for row in twice)
        yield (
            "The same batch was delivered twice. After the first delivery ReduceTable had "
            f"{_described(once)}, after the second one {_described(twice)}, under the keys {keys}."
        )
    if changed := _difference(once, twice):
        yield (
            "The same batch was delivered twice. There is one row, but the second delivery wrote it again: "
            f"{changed}. The table's stream tells ReduceLambda of every such change."
        )
    if told := tried.report.get("rows"):
        yield (
            "The same batch was delivered twice, and ReduceTable is right. But at the second delivery the "
            f"log of MapLambda says `rows: {told}`: `store` has told its caller that it wrote a row."
        )
    yield from _other_batches(scratch, event, trades, again)
    late = event([trade("late", "7.00")], 900)
    yield from lost_in_silence(scratch, "map", late, table="ReduceTable")


def _other_batches(
    scratch: ScratchStack, event: MakeEvent, trades: Sequence[Message], again: str
) -> Iterator[str]:
    before = len(scratch.items("ReduceTable"))
    other = event([trade("another", "5.00")], 300)
    yield from failures_in(scratch.invoke("map", other), "Another batch came in")
    rows = scratch.items("ReduceTable")
    if len(rows) != before + 1:
        yield (
            "Two different batches came in, with trades of 30.00 and of 5.00, and ReduceTable has "
            f"{_described(rows)}. The second batch is missing from the totals."
        )
    yield from failures_in(scratch.invoke("map", event(trades, 600)), again)
    if len(scratch.items("ReduceTable")) != before + 2:
        yield (
            f"{again}: other records, with other sequence numbers. No row was written for them, as if they "
            "were the batch from before."
        )


def _described(rows: Sequence[Mapping[str, Any]]) -> str:
    amount = money(added(rows, "Deltas").get("PV", NOTHING))
    return f"{len(rows)} {'row' if len(rows) == 1 else 'rows'} with {amount} in all"


def _difference(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> str:
    known = {row["MessageHash"]: row for row in before}
    for row in after:
        for name, value in row.items():
            if (was := known[row["MessageHash"]].get(name)) != value:
                return f"its `{name}` was {was} and is {value}"
    return ""
