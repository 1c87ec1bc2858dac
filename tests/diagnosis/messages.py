"""Short ways to write messages and totals by hand."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

from workshop.diagnosis import Diagnosis, Evidence, MapRecord, diagnose
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.messages import Message
from workshop.pipeline.tables import ReduceRow, StateRow
from workshop.pipeline.truth import EXACT, roll_up_paths, stateful_truth, stateless_truth

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
    moved = dict(snapshot.totals)
    for path, amount in amounts.items():
        moved[path] = EXACT.add(moved.get(path, Decimal(0)), Decimal(amount))
    return replace(snapshot, totals=moved)


def state(messages: Iterable[Message]) -> tuple[StateRow, ...]:
    """Return StateTable with one row for each of these messages."""
    return tuple(
        StateRow(each.trade_id, each.value, each.version, None, each.hierarchy, each.cancelled)
        for each in messages
    )


def changes_of(sent: Sequence[Message], start: int = 101) -> list[MapRecord]:
    """Return the changes that these messages make in StateTable, each of them a newer version."""
    held: dict[str, StateRow] = {}
    records = []
    for number, (each, row) in enumerate(zip(sent, state(sent), strict=True), start):
        records.append(MapRecord("shard-1", number, row, held.get(each.trade_id)))
        held[each.trade_id] = row
    return records


def row_of(name: str, records: Sequence[MapRecord], *, subtracts: bool = True) -> ReduceRow:
    """Return the row that Map writes for these records."""
    deltas: dict[str, Decimal] = defaultdict(Decimal)
    trades: dict[str, int] = defaultdict(int)
    for image, sign in [pair for each in records for pair in ((each.new, 1), (each.old, -1))]:
        if image is None or image.cancelled or (sign < 0 and not subtracts):
            continue
        *_, leaf = paths = roll_up_paths(image.hierarchy)
        for path in paths:
            deltas[path] += sign * image.value
        trades[leaf] += sign
    first, last = records[0].sequence_number, records[-1].sequence_number
    return ReduceRow(name, dict(deltas), dict(trades), len(records), Decimal(first), "shard-1", first, last)


def diagnosed(
    sent: Sequence[Message],
    observed: AggregateSnapshot | None = None,
    *,
    held: Iterable[Message] | None = None,
    **evidence: Any,
) -> Diagnosis:
    """Diagnose a stateful pipeline at rest; what StateTable holds makes up the totals if none are given."""
    if held is not None:
        evidence.setdefault("state", state(held))
        observed = observed or totals(held)
    return diagnose(sent, observed, pipeline="stateful", evidence=Evidence(**{"pending": 0, **evidence}))
