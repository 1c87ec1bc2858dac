"""AggregateTable, read as one consistent snapshot.

A scan alone is not a snapshot: a transaction may commit between two of its pages, and PV would be newer
than PV:FXSpot. Reduce raises the revision in the bookkeeping row with every commit, so a reader takes the
revision, scans, takes it again, and repeats if it has changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from workshop.clock import Clock, SystemClock
from workshop.errors import NotSettledError
from workshop.pipeline.latency import LatencyHistogram
from workshop.pipeline.tables import format_amount, scan_rows
from workshop.pipeline.truth import GRAND_TOTAL

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["PROGRESS_ROW", "AggregateSnapshot", "amounts", "sort_key", "take_snapshot"]

PROGRESS_ROW = "#progress"
# How many buckets of today an attribute's bucket is as wide as: older functions counted in wider ones.
WIDER = "L"
BUCKET_WIDTHS = {"A": 1, WIDER: 2}
ATTEMPTS = 50
PAUSE_SECONDS = 0.05


@dataclass(frozen=True)
class AggregateSnapshot:
    """The totals at one moment.

    `trades` is empty where the pipeline's variant does not count them; `revision` is None where it keeps
    none. `message_count` counts the stream records summed in: messages in the stateless pipeline, changes
    of StateTable in the stateful one.
    """

    totals: Mapping[str, Decimal] = field(default_factory=dict)
    trades: Mapping[str, int] = field(default_factory=dict)
    message_count: int = 0
    row_count: int = 0
    revision: int | None = None
    updated_at: Decimal | None = None
    latency: LatencyHistogram = field(default_factory=LatencyHistogram)

    @property
    def live_totals(self) -> dict[str, Decimal]:
        """The totals without the paths that hold no trade any more; the Grand Total always stays."""
        return {
            path: total
            for path, total in self.totals.items()
            if total or self.trades.get(path) or path == GRAND_TOTAL
        }


def sort_key(path: str) -> tuple[bool, list[str]]:
    """Order paths so that each parent stands before its children, and the Grand Total last."""
    return path == GRAND_TOTAL, path.split(":")


def amounts(totals: Mapping[str, Decimal]) -> dict[str, str]:
    """Return totals as decimal strings in the order of the tree: the form of `--json`."""
    return {path: format_amount(totals[path]) for path in sorted(totals, key=sort_key)}


def take_snapshot(
    client: DynamoDBClient, table_name: str, *, clock: Clock | None = None, attempts: int = ATTEMPTS
) -> AggregateSnapshot:
    """Return a snapshot that no commit falls into.

    Raises:
        NotSettledError: the table changed during each of the attempts.
    """
    clock = clock or SystemClock()
    before = _progress(client, table_name)
    earlier: list[dict[str, Any]] | None = None
    for attempt in range(attempts):
        rows = sorted(scan_rows(client, table_name), key=lambda row: str(row["Identifier"]))
        after = _progress(client, table_name)
        # A variant without revisions is read until two scans agree.
        if before == after and ("Revision" in after or not rows or rows == earlier):
            return _snapshot(rows, after)
        before, earlier = after, rows
        clock.sleep(min(1.0, PAUSE_SECONDS * attempt))
    raise NotSettledError(
        f"`{table_name}` changed during each of {attempts} reads; wait until the producer has finished"
    )


def _progress(client: DynamoDBClient, table_name: str) -> dict[str, Any]:
    answer = client.get_item(
        TableName=table_name, Key={"Identifier": {"S": PROGRESS_ROW}}, ConsistentRead=True
    )
    return {name: Decimal(value["N"]) for name, value in answer.get("Item", {}).items() if "N" in value}


def _snapshot(rows: Iterable[Mapping[str, Any]], progress: Mapping[str, Decimal]) -> AggregateSnapshot:
    totals = [row for row in rows if not row["Identifier"].startswith("#")]
    revision = progress.get("Revision")
    return AggregateSnapshot(
        totals={row["Identifier"]: row["Value"] for row in totals if "Value" in row},
        trades={row["Identifier"]: int(row["Trades"]) for row in totals if "Trades" in row},
        message_count=int(progress.get("MessageCount", 0)),
        row_count=int(progress.get("RowCount", 0)),
        revision=None if revision is None else int(revision),
        updated_at=progress.get("UpdatedAt"),
        latency=_latency(progress),
    )


def _latency(progress: Mapping[str, Decimal]) -> LatencyHistogram:
    counts = Counter[int]()
    for name, count in progress.items():
        if name[1:].isdecimal() and (width := BUCKET_WIDTHS.get(name[0])):
            counts[int(name[1:]) * width] += int(count)
    seconds = progress.get("AgeSeconds")
    # Who counted in wider buckets summed nothing.
    is_whole = seconds is not None and not any(name[0] == WIDER and name[1:].isdecimal() for name in progress)
    return LatencyHistogram(dict(counts), float(seconds) if seconds is not None and is_whole else None)
