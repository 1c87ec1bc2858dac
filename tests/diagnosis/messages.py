"""Short ways to write messages and totals by hand."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from random import Random

from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.messages import Message
from workshop.pipeline.tables import StateRow
from workshop.pipeline.truth import EXACT, stateful_truth, stateless_truth

LEAF = {"RiskType": "PV", "TradeDesk": "FXSpot", "Region": "EMEA"}


def message(
    trade: str, value: str, version: int = 1, *, region: str = "EMEA", cancelled: bool = False
) -> Message:
    return Message(trade, Decimal(value), version, {**LEAF, "Region": region}, cancelled=cancelled)


def different(count: int, *, start: int = 1) -> list[Message]:
    """Return messages of different trades, with amounts that nothing connects."""
    random = Random(start)
    return [
        message(f"trade-{number}", str(Decimal(random.randint(1, 10_000_000)) / 100), region="EA"[number % 2])
        for number in range(start, start + count)
    ]


def totals(messages: Iterable[Message], pipeline: str = "stateful") -> AggregateSnapshot:
    """Return what the totals are when exactly these messages count."""
    truth = (stateful_truth if pipeline == "stateful" else stateless_truth)(messages)
    return AggregateSnapshot(dict(truth.totals), dict(truth.trades))


def plus(snapshot: AggregateSnapshot, amounts: dict[str, str]) -> AggregateSnapshot:
    """Return a snapshot with some of its totals moved."""
    moved = {
        path: EXACT.add(snapshot.totals.get(path, Decimal(0)), Decimal(by)) for path, by in amounts.items()
    }
    return replace(snapshot, totals={**snapshot.totals, **moved})


def state(messages: Iterable[Message]) -> tuple[StateRow, ...]:
    """Return StateTable with one row for each of these messages."""
    return tuple(
        StateRow(each.trade_id, each.value, each.version, None, each.hierarchy, each.cancelled)
        for each in messages
    )
