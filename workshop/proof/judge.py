"""The verdict on one schedule: what must hold after each commit, and in the end.

Each function returns the reasons why a stack is not exact after what was put; none means exact. There is no
tolerance anywhere.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from workshop.clock import Clock
from workshop.cloud.connection import Cloud
from workshop.pipeline.aggregates import take_snapshot
from workshop.pipeline.compare_with_truth import compare
from workshop.pipeline.tables import format_amount, read_quarantine, scan_rows
from workshop.pipeline.truth import GRAND_TOTAL, RiskMessage, stateful_truth, stateless_truth

__all__ = ["quarantine_faults", "torn_totals", "wrong_totals"]

Pair = tuple[Decimal, int]


def wrong_totals(
    cloud: Cloud,
    outputs: Mapping[str, str],
    messages: Iterable[RiskMessage],
    *,
    order: Sequence[str],
    clock: Clock,
) -> list[str]:
    """Return each path whose total or number of trades is not the truth."""
    stateful = "StateTableName" in outputs
    truth = (stateful_truth if stateful else stateless_truth)(messages, order)
    snapshot = take_snapshot(cloud.client("dynamodb"), outputs["AggregateTableName"], clock=clock)
    return [
        f"`{each.path}` is {format_amount(each.found)} with {each.found_trades} trades, "
        f"not {format_amount(each.expected)} with {each.expected_trades}"
        for each in compare(snapshot, truth).differences
    ]


def torn_totals(cloud: Cloud, outputs: Mapping[str, str]) -> list[str]:
    """Return each path that is not the sum of its children at this moment; called between commits."""
    rows = scan_rows(cloud.client("dynamodb"), outputs["AggregateTableName"])
    totals = {row["Identifier"]: _pair(row) for row in rows if not row["Identifier"].startswith("#")}
    sums: dict[str, Pair] = {}
    for path, (value, trades) in totals.items():
        if path != GRAND_TOTAL:
            parent = path.rpartition(":")[0] or GRAND_TOTAL
            sum_value, sum_trades = sums.get(parent, (Decimal(0), 0))
            sums[parent] = (sum_value + value, sum_trades + trades)
    return [
        f"after a commit `{path}` was {_shown(totals.get(path))} and its children {_shown(children)}"
        for path, children in sums.items()
        if totals.get(path) != children
    ]


def quarantine_faults(
    cloud: Cloud, outputs: Mapping[str, str], poison: Iterable[bytes], *, repeated: bool
) -> list[str]:
    """Return what is missing from the quarantine or should not be there.

    With `repeated`, a record may stand in the stream several times, and in the quarantine as often.
    """
    rows = read_quarantine(cloud.client("dynamodb"), outputs["QuarantineTableName"])
    found, expected = Counter(row.raw_data for row in rows), Counter(each.decode() for each in poison)
    if repeated:
        found = Counter(dict.fromkeys(found, 1))
    return [
        f"`{text}` is in the quarantine {found[text]} times, not {expected[text]}"
        for text in sorted(found.keys() | expected.keys())
        if found[text] != expected[text]
    ]


def _pair(row: Mapping[str, Any]) -> Pair:
    return row["Value"], int(row.get("Trades", 0))


def _shown(pair: Pair | None) -> str:
    return "absent" if pair is None else f"{format_amount(pair[0])} with {pair[1]} trades"
