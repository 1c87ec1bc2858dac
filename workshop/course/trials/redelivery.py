"""Re-deliveries on trial: the records of two shards in ever new batches, each of which must count once.

In goes how a stage's events are made and where its effect is seen; out comes what went wrong. Every record is
worth the same, so the total tells how many were counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workshop.course.trials.scratch_stack import ScratchStack
from workshop.course.trials.trial import (
    busy_at,
    busy_no_more,
    failures_in,
    lost_in_silence,
    money,
)

__all__ = ["EACH", "TrialStage", "try_after_token_window", "try_re_deliveries"]

EACH = Decimal("10.00")
# Ten of the one shard and four of the other.
RECORDS = 14
TOKEN_WINDOW_SECONDS = 601


@dataclass(frozen=True)
class TrialStage:
    """A stage on trial: `event(first, end, shard)` makes the records from `first` to before `end`."""

    scratch: ScratchStack
    name: str
    table: str
    event: Callable[[int, int, int], dict[str, Any]]
    total: Callable[[], Decimal]

    def deliver(self, first: int, last: int, *, shard: int = 0, counted: int, what: str) -> Iterator[str]:
        """Deliver records; yield what is wrong if not as many as `counted` are in the total afterwards."""
        tried = self.scratch.invoke(self.name, self.event(first, last + 1, shard))
        yield from failures_in(tried, what)
        yield from self.count(counted, what)
        if not isinstance(tried.answer, dict) or "state" not in tried.answer:
            yield (
                f"{what}, inside a tumbling window, and the function answered `{tried.answer}`. There, "
                "Lambda wants the state of the window back; `window_answer(event)` returns it."
            )

    def count(self, counted: int, what: str) -> Iterator[str]:
        """Yield what is wrong if not as many records as that are in the total."""
        found, wanted = self.total(), counted * EACH
        if found != wanted:
            yield (
                f"{what}. {counted} records of {money(EACH)} have come at least once, {money(wanted)} in "
                f"all; {self.table} says {money(found)}."
            )


def try_re_deliveries(stage: TrialStage) -> Iterator[str]:
    """Yield what is wrong with the totals while batches come again, cut differently each time."""
    yield from stage.deliver(1, 4, counted=4, what="Records 1 to 4 came in")
    yield from stage.deliver(1, 4, counted=4, what="Records 1 to 4 came again, as the same batch")
    yield from stage.deliver(1, 2, counted=4, what="The batch was split, and records 1 and 2 came again")
    yield from stage.deliver(3, 4, counted=4, what="The batch was split, and records 3 and 4 came again")
    yield from stage.deliver(
        3, 6, counted=6, what="Records 3 to 6 came in one batch, 5 and 6 for the first time"
    )
    yield from stage.deliver(1, 6, counted=6, what="Records 1 to 6 came once more, in one batch")
    yield from _end_window(stage, counted=6)
    other = "Records 1 to 4 of another shard came in, with the same sequence numbers as in the first one"
    yield from stage.deliver(1, 4, shard=1, counted=10, what=other)
    yield from stage.deliver(2, 5, counted=10, what="Records 2 to 5 of the first shard came again")
    yield from _interrupt(stage, counted=13)
    yield from lost_in_silence(stage.scratch, stage.name, stage.event(10, 11, 0), table=stage.table)
    yield from stage.deliver(
        7, 10, counted=RECORDS, what="Records 7 to 10 came, 10 once more after DynamoDB had been busy"
    )


def try_after_token_window(stage: TrialStage) -> Iterator[str]:
    """Let more time pass than DynamoDB remembers a token for, where time can be moved, and deliver again."""
    if stage.scratch.cloud.offline is not None:
        stage.scratch.cloud.offline.advance(TOKEN_WINDOW_SECONDS)
        what = "Ten minutes passed, and records 1 to 4 came again"
        yield from stage.deliver(1, 4, counted=RECORDS, what=what)


def _end_window(stage: TrialStage, *, counted: int) -> Iterator[str]:
    what = "The window ended, and the last event of it held no records"
    event = {**stage.event(1, 2, 0), "Records": [], "isFinalInvokeForWindow": True}
    yield from failures_in(stage.scratch.invoke(stage.name, event), what)
    yield from stage.count(counted, what)


def _interrupt(stage: TrialStage, *, counted: int) -> Iterator[str]:
    """Let the second write fail, if there is one: effect and position belong in one."""
    busy_at(stage.scratch, stage.name, 2)
    stage.scratch.invoke(stage.name, stage.event(7, 9, 0))
    # A function that writes once meets the second write here, and is called again, as Lambda would.
    stage.scratch.invoke(stage.name, stage.event(7, 10, 0))
    busy_no_more(stage.scratch)
    what = "Records 7 and 8 came in, a second write failed, and they came again together with record 9"
    yield from stage.deliver(7, 9, counted=counted, what=what)
