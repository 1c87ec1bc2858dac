"""Exercises in `lambdas/stateful/reduce.py`: a token that tells batches apart, and then the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from workshop.course.exercise import Exercise, Function
from workshop.course.trials.events import reduce_row
from workshop.course.trials.redelivery import EACH, TrialStage, try_after_token_window, try_re_deliveries
from workshop.course.trials.scratch_stack import ScratchStack
from workshop.course.trials.trial import EMEA, check_by, failures_in, lost_in_silence, money, trade

__all__ = ["EXERCISES"]

FILE = "stateful/reduce.py"
TOKEN_OF = Function(FILE, "token_of", "textbook")
LEDGER = Function(FILE, None, "ledger")
ROOT = "Grand Total"
NOTHING = Decimal(0)
# More totals than one transaction can take.
MANY_LEAVES = 150
TOO_LONG = "clientRequestToken"


def try_token(scratch: ScratchStack) -> Iterator[str]:
    """Deliver batches twice; observe whether the Grand Total counts their rows once."""
    event = scratch.row_event(_rows("first", "second"))
    yield from _added(scratch, event, counted=2, what="A batch with two rows came in")
    yield from _added(scratch, event, counted=2, what="The same batch came a second time")
    other = scratch.row_event(_rows("third"), start=300)
    yield from _added(scratch, other, counted=3, what="Another batch came in, with one row")
    # The same rows cannot come twice but in a re-delivery; rows that say the same can.
    twin = scratch.row_event(_rows("fourth"), start=600)
    yield from _added(scratch, twin, counted=4, what="Another batch came in, whose row adds the same amounts")
    yield from _wide(scratch)
    late = scratch.row_event(_rows("late"), start=1500)
    yield from lost_in_silence(scratch, "reduce", late, table="AggregateTable")


def _wide(scratch: ScratchStack) -> Iterator[str]:
    """Deliver more totals than fit into one transaction, twice."""
    before = _total(scratch)
    places = [{**EMEA, "Region": f"Region {number}"} for number in range(MANY_LEAVES)]
    messages = [trade(f"wide-{place}", "1.00", hierarchy=each) for place, each in enumerate(places)]
    event = scratch.row_event([reduce_row(messages, key="wide")], start=1200)
    for time in ("came in", "came a second time"):
        what = f"A batch with {MANY_LEAVES} leaves, for which one transaction has no room, {time}"
        yield from _failures(scratch, event, what)
        if (found := _total(scratch) - before) != MANY_LEAVES:
            yield (
                f"{what}, worth {money(MANY_LEAVES)}; the Grand Total has gone up by {money(found)}. "
                "`token_of` is asked once for each of its transactions."
            )


def _added(scratch: ScratchStack, event: Any, *, counted: int, what: str) -> Iterator[str]:
    before = _total(scratch)
    yield from _failures(scratch, event, what)
    if (found := _total(scratch)) != counted * EACH:
        yield (
            f"{what}. The Grand Total was {money(before)} and is {money(found)}; the rows that have come "
            f"are worth {money(counted * EACH)}."
        )


def _failures(scratch: ScratchStack, event: Any, what: str) -> Iterator[str]:
    tried = scratch.invoke("reduce", event)
    reason = str(tried.error)
    if tried.error and "IdempotentParameterMismatch" in reason:
        yield (
            f"{what}, and DynamoDB refused a transaction: `IdempotentParameterMismatchException`. Its token "
            "had been used before, for other actions."
        )
    if tried.error and TOO_LONG.lower() in reason.lower():
        yield f"{what}, and DynamoDB does not take the token: {reason}."
    yield from failures_in(tried, what)


def _rows(*keys: str) -> list[dict[str, Any]]:
    return [reduce_row([trade(key, str(EACH))], key=key) for key in keys]


def _total(scratch: ScratchStack) -> Decimal:
    rows = {row["Identifier"]: row.get("Value", NOTHING) for row in scratch.items("AggregateTable")}
    return Decimal(rows.get(ROOT, NOTHING))


def try_ledger(scratch: ScratchStack) -> Iterator[str]:
    """Deliver the rows of two shards in ever new batches; observe the Grand Total after each."""

    def event(first: int, last: int, shard: int) -> dict[str, Any]:
        rows = _rows(*(f"row-{shard}-{number}" for number in range(first, last)))
        return dict(scratch.row_event(rows, shard=shard, start=first))

    stage = TrialStage(scratch, "reduce", "AggregateTable", event, lambda: _total(scratch))
    yield from try_re_deliveries(stage)
    yield from try_after_token_window(stage)
    yield from _wide(scratch)


EXERCISES = (
    Exercise(
        id="reduce-request-token",
        title="A token that tells batches apart",
        notebook="09",
        minutes=8,
        answer_location=TOKEN_OF,
        check=check_by(
            try_token,
            TOKEN_OF,
            success="A batch that came twice was added once, in several transactions as well.",
        ),
    ),
    Exercise(
        id="reduce-ledger",
        title="Reduce with the ledger",
        notebook="10",
        minutes=8,
        answer_location=LEDGER,
        check=check_by(
            try_ledger,
            LEDGER,
            success="Split, merged, late, interrupted, from two shards: every row is in the totals once.",
        ),
    ),
)
