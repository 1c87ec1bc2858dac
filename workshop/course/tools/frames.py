"""`ws.frame`: what lies in the tables of a pipeline, as a DataFrame of pandas.

Amounts stay the Decimals that DynamoDB holds, in columns of the type `object`, so that sums are exact.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from workshop.course.stack import TABLE
from workshop.pipeline.aggregates import sort_key
from workshop.pipeline.front_end import shown_name
from workshop.pipeline.tables import format_amount
from workshop.pipeline.truth import GRAND_TOTAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from workshop.course.course import Course

__all__ = ["TOTALS", "frame_of"]

TOTALS = "totals"
# What rows of these tables always have; a table without rows has these columns, too.
COLUMNS = {
    "StateTable": ("Value", "Version", "Timestamp"),
    "ReduceTable": ("MessageCount", "MappedAt", "Deltas", "Trades"),
    "AggregateTable": ("Value", "Trades"),
}


def frame_of(course: Course, name: str) -> pd.DataFrame:
    """Return a table of a pipeline, or its totals; see `PlainPipeline.frame`."""
    # It takes half a second to load, and most notebooks do without it.
    import pandas as pd  # noqa: PLC0415

    levels = course.target.order
    if name == TOTALS:
        key, names = "Path", (*levels, "Value", "Trades")
        rows = _totals(course, levels)
    else:
        description = course.client("dynamodb").describe_table(TableName=course.physical(name, TABLE))
        key = str(description["Table"]["KeySchema"][0]["AttributeName"])
        rows = [_flat(item) for item in course.items(name)]
        rows.sort(key=lambda row: str(row[key]))
        names = (*COLUMNS.get(name, ()), *(levels if name == "StateTable" else ()))
    for row in rows:
        if isinstance(row.get("Value"), Decimal):
            row["Value"] = Decimal(format_amount(row["Value"]))  # DynamoDB drops the zero of 7.50
    columns = dict.fromkeys((key, *names, *(column for row in rows for column in row)))
    return pd.DataFrame(rows, columns=list(columns), dtype=object).set_index(key)


def _totals(course: Course, levels: Sequence[str]) -> list[dict[str, Any]]:
    snapshot = course.totals()
    rows = []
    for path in sorted(snapshot.live_totals, key=sort_key):
        names = [] if path == GRAND_TOTAL else [shown_name(name) for name in path.split(":")]
        row: dict[str, Any] = {"Path": path, **dict(zip(levels, names, strict=False))}
        rows.append(row | {"Value": snapshot.totals[path], "Trades": snapshot.trades.get(path)})
    return rows


def _flat(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item with the names of its hierarchy as columns; a level called like a field stays inside."""
    hierarchy = item.get("Hierarchy")
    if not isinstance(hierarchy, dict) or item.keys() & hierarchy.keys():
        return dict(item)
    fields = {name: value for name, value in item.items() if name != "Hierarchy"}
    return {**fields, **hierarchy}
