"""Reads the totals of one run, or all, from AggregateTable, as they were at one moment.

A scan is no snapshot. Reduce raises a revision with every commit, so the revision is read before and after,
and the scan repeated when it has moved; where a variant keeps no revision, until two scans agree.
"""

from decimal import Decimal
from typing import Any

from common.items import plain_item, text
from common.storage import client, read_item
from common.writes import PROGRESS_ROW
from generator.judging import Row
from generator.timing import Clock

__all__ = ["UnreadableError", "read_run"]

ATTEMPTS = 20
# Rows that are called so tell of the pipeline itself; a name that begins so is escaped in a path.
NO_TOTAL = "#"
PAUSE_SECONDS = 0.1


class UnreadableError(RuntimeError):
    """The table changed during each attempt to read it."""


def read_run(table: str, run_id: str | None, *, clock: Clock) -> dict[str, Row]:
    """Return the rows of a run by path: the run's own total, and all below it; without a run id all totals.

    Raises:
        UnreadableError: the table changed during every attempt.
        BusyError: DynamoDB is busy or does not answer.
    """
    before, earlier = _revision(table), None
    for _ in range(ATTEMPTS):
        rows = _scan(table, run_id)
        after = _revision(table)
        if before == after and (after is not None or rows == earlier):
            return rows
        before, earlier = after, rows
        clock.sleep(PAUSE_SECONDS)
    raise UnreadableError(f"`{table}` changed during each of {ATTEMPTS} reads; its totals never stood still")


def _revision(table: str) -> Any:
    item = read_item(table, {"Identifier": text(PROGRESS_ROW)}) or {}
    return item.get("Revision")


def _scan(table: str, run_id: str | None) -> dict[str, Row]:
    wanted = "NOT begins_with(#path, :mark)"
    values = {":mark": {"S": NO_TOTAL}}
    if run_id is not None:
        wanted = "#path = :run OR begins_with(#path, :below)"
        values = {":run": {"S": run_id}, ":below": {"S": f"{run_id}:"}}
    pages = (
        client()
        .get_paginator("scan")
        .paginate(
            TableName=table,
            ConsistentRead=True,
            FilterExpression=wanted,
            ExpressionAttributeNames={"#path": "Identifier"},
            ExpressionAttributeValues=values,
        )
    )
    rows = [plain_item(item) for page in pages for item in page["Items"]]
    return {row["Identifier"]: _row(row) for row in rows}


def _row(row: dict[str, Any]) -> Row:
    trades = row.get("Trades")
    return Row(row.get("Value", Decimal(0)), None if trades is None else int(trades))
