"""`ws.tables`: what lies in the tables of a pipeline, its totals, and the way of one trade."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from workshop.course.course import Course
from workshop.course.sent import message_of
from workshop.course.stack import TABLE
from workshop.errors import ConfigurationError
from workshop.notebook.charts.totals_chart import draw_chart
from workshop.notebook.markup.display import Shown, show
from workshop.notebook.views.differences import TableMemory
from workshop.notebook.views.follow import Trail, draw_trail, may_hold
from workshop.notebook.views.table import View, draw_rows
from workshop.notebook.views.totals import TotalsView
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.operations.reconcile import Reconciliation
from workshop.pipeline.table_changes import ItemChange, read_item_changes
from workshop.pipeline.tables import scan_rows

__all__ = ["TableTools"]

Where = Mapping[str, Any] | Callable[[Mapping[str, Any]], bool]


class TableTools:
    """What lies in the tables of one pipeline."""

    def __init__(self, course: Course, memory: TableMemory) -> None:
        self._course = course
        self._memory = memory

    def show(self, name: str, *, limit: int = 10, where: Where | None = None) -> Shown:
        """Show the rows of a table, such as `StateTable`, and what changed since it was last shown.

        At most `limit` rows are drawn. `where` selects rows: a dict of attributes and their values, or a
        function that takes a row and returns whether to show it.
        """
        physical = self._course.physical(name, TABLE)
        client = self._course.client("dynamodb")
        key = str(client.describe_table(TableName=physical)["Table"]["KeySchema"][0]["AttributeName"])
        rows = [row for row in scan_rows(client, physical) if _fits(row, where)]
        condition = _condition(where)
        changes, seen = self._memory.look(f"{physical} {condition}", rows, key)
        view = View(name, key, limit=limit, condition=condition, seen_before=seen)
        return show(draw_rows(changes, view))

    def totals(self, kind: str = "tree", *, compare: bool = False) -> Shown:
        """Show the totals in dollars as they are now, as a `tree`, a `sunburst` or a `treemap`.

        With `compare`, each total stands beside what was sent; messages on their way count as missing.
        """
        snapshot = self._course.totals()
        before = self._memory.totals
        self._memory.totals = dict(snapshot.totals)
        truth = self._course.truth() if compare else None
        tree = TotalsView(snapshot, before, truth).draw()
        return show(tree if kind == "tree" else draw_chart(kind, snapshot, tree))

    def snapshot(self) -> AggregateSnapshot:
        """Return the totals as they are now; `totals` maps each path and `Grand Total` to dollars."""
        return self._course.totals()

    def items(self, name: str) -> list[dict[str, Any]]:
        """Return all items of a table, such as `StateTable`, as dicts with numbers as Decimal."""
        return self._course.items(name)

    def reconcile(self) -> Reconciliation:
        """Return how the totals differ from the sum over all trades in StateTable; changes nothing."""
        return self._course.reconcile()

    def follow(self, trade_id: str) -> Shown:
        """Show one trade in every stage: where it lies, when it came there, and what it changed."""
        return show(self.trail(trade_id))

    def trail(self, trade_id: str) -> Shown:
        """Return what `follow` shows."""
        return draw_trail(self._trail(trade_id))

    def _trail(self, trade_id: str) -> Trail:
        course = self._course
        records = [each for each in course.sent.records() if _is_of(trade_id, each.data, course.target.order)]
        changes: tuple[ItemChange, ...] = ()
        item: dict[str, Any] | None = None
        if is_stateful := "StateTableName" in course.outputs:
            arn = course.stream_arn("StateTable")
            changes = read_item_changes(course.cloud, arn, key="TradeID", value=trade_id)
            items = course.items("StateTable")
            item = next((each for each in items if each.get("TradeID") == trade_id), None)
        order = course.target.order
        trail = Trail(trade_id, records, changes, item, (), course.totals(), order, is_stateful=is_stateful)
        rows = [row for row in course.items("ReduceTable") if may_hold(row, trail)]
        rows.sort(key=lambda row: Decimal(row.get("MappedAt", 0)))
        return replace(trail, rows=rows)


def _is_of(trade_id: str, data: str, order: Sequence[str]) -> bool:
    """Whether a record is a message of the trade; of what is no message, whether it names the trade."""
    message = message_of(data, order)
    return f'"{trade_id}"' in data if message is None else message.trade_id == trade_id


def _fits(row: Mapping[str, Any], where: Where | None) -> bool:
    if where is None:
        return True
    if callable(where):
        return bool(where(row))
    if not isinstance(where, Mapping):
        raise ConfigurationError(
            f'`where` is a dict such as {{"TradeID": "…"}}, or a function of a row, not `{where!r}`'
        )
    return all(str(row.get(name)) == str(value) for name, value in where.items())


def _condition(where: Where | None) -> str:
    if where is None:
        return ""
    if callable(where):
        return getattr(where, "__name__", "a condition").replace("<lambda>", "a condition holds")
    return " and ".join(f"{name} is {value}" for name, value in where.items())
