"""What the session shows of a pipeline's contents: tables, totals, one trade, the resources, the picture."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from workshop.errors import StackNotFoundError
from workshop.notebook.charts.totals_chart import draw_chart
from workshop.notebook.controls.background import Loop
from workshop.notebook.markup.display import Live, Shown, show
from workshop.notebook.markup.html import code_in
from workshop.notebook.parts.base import Session
from workshop.notebook.views.cards import card
from workshop.notebook.views.follow import Trail, draw_trail, may_hold
from workshop.notebook.views.picture import draw_picture
from workshop.notebook.views.resources import draw_resources
from workshop.notebook.views.table import View, draw_rows
from workshop.notebook.views.totals import TotalsView
from workshop.pipeline.hops import PipelineLook, look_at
from workshop.pipeline.table_changes import ItemChange, read_item_changes
from workshop.pipeline.tables import scan_rows

__all__ = ["TablesPart"]

Where = Mapping[str, Any] | Callable[[Mapping[str, Any]], bool]
LOOK_EVERY_SECONDS = {True: 0.7, False: 5.0}  # offline, AWS


class TablesPart(Session):
    """Views of what lies in the pipeline."""

    def table(self, name: str, *, limit: int = 10, where: Where | None = None) -> Shown:
        """Show the rows of a table, such as `StateTable`, and what changed since it was last shown.

        `where` is a dict of attributes and their values, or a function that says whether to show a row.
        """
        physical = self.course.physical(name)
        client = self.course.client("dynamodb")
        key = str(client.describe_table(TableName=physical)["Table"]["KeySchema"][0]["AttributeName"])
        rows = [row for row in scan_rows(client, physical) if _fits(row, where)]
        condition = _condition(where)
        changes, seen = self.memory.look(f"{physical} {condition}", rows, key)
        view = View(name, key, limit=limit, condition=condition, seen_before=seen)
        return show(draw_rows(changes, view))

    def totals(self, kind: str = "tree", *, compare: bool = False) -> Shown:
        """Show the totals as a `tree`, a `sunburst` or a `treemap`.

        With `compare`, each total stands beside what was sent; messages on their way count as missing.
        """
        snapshot = self.course.totals()
        before = self.memory.totals
        self.memory.totals = dict(snapshot.totals)
        truth = self.course.truth() if compare else None
        tree = TotalsView(snapshot, before, truth).draw()
        return show(tree if kind == "tree" else draw_chart(kind, snapshot, tree))

    def follow(self, trade_id: str) -> Shown:
        """Show one trade in every stage: where it lies, when it came there, and what it changed."""
        return show(draw_trail(self._trail(trade_id)))

    def resources(self) -> Shown:
        """Show what CloudFormation made for the stack."""
        try:
            _ = self.course.outputs
        except StackNotFoundError as error:
            return show(_no_pipeline(error))
        client, rows = self.course.client("cloudformation"), []
        for page in client.get_paginator("list_stack_resources").paginate(StackName=self.course.stack):
            rows += page["StackResourceSummaries"]
        return show(draw_resources(self.course.stack, rows))

    def picture(self, *, live: bool = False, seconds: float = 60.0) -> Shown | Loop:
        """Show the pipeline with what lies and waits where; `live` lets the picture move for so long.

        A live picture moves beside the cells that follow; `ws.stop()` or running the cell again ends it.
        """
        try:
            first = self._look()
        except StackNotFoundError as error:
            return show(_no_pipeline(error))
        if not live:
            return show(draw_picture(first))
        output = Live(draw_picture(first, moving=True, note="live"))

        def look() -> None:
            output.update(draw_picture(self._look(), moving=True, note="live"))

        def end(error: BaseException | None) -> None:
            told = f"stopped: {error}" if error else "no longer live; run the cell again"
            try:
                output.close(draw_picture(self._look(), note=told))
            except Exception as problem:  # noqa: BLE001 - the stack may be gone; the last picture stays
                output.close(Shown(output.latest.html, f"{output.latest.text}\n{problem}"))

        every = LOOK_EVERY_SECONDS[self.course.cloud.offline is not None]
        return Loop(f"picture {self.course.stack}", look, every=every, seconds=seconds, on_end=end).start()

    def _look(self) -> PipelineLook:
        return look_at(self.course.cloud, self.course.outputs, self.course.pipeline)

    def _trail(self, trade_id: str) -> Trail:
        course = self.course
        records = [each for each in course.sent.records() if trade_id in each.data]
        changes: tuple[ItemChange, ...] = ()
        item: dict[str, Any] | None = None
        if is_stateful := "StateTableName" in course.outputs:
            streams, arn = course.client("dynamodbstreams"), course.stream_arn("StateTable")
            changes = read_item_changes(streams, arn, key="TradeID", value=trade_id)
            item = next(iter(_items_of(course, "StateTable", trade_id)), None)
        order = course.target.order
        trail = Trail(trade_id, records, changes, item, (), course.totals(), order, is_stateful=is_stateful)
        rows = [row for row in course.items("ReduceTable") if may_hold(row, trail)]
        rows.sort(key=lambda row: Decimal(row.get("MappedAt", 0)))
        return Trail(trade_id, records, changes, item, rows, trail.totals, order, is_stateful=is_stateful)


def _no_pipeline(error: StackNotFoundError) -> Shown:
    title, told = (
        "There is no pipeline yet",
        f"The stack `{error.stack}` is not there; `ws.deploy()` makes it.",
    )
    return Shown(card(title, code_in(told)), f"{title}. {told}")


def _items_of(course: Any, table: str, trade_id: str) -> list[dict[str, Any]]:
    return [row for row in course.items(table) if row.get("TradeID") == trade_id]


def _fits(row: Mapping[str, Any], where: Where | None) -> bool:
    if where is None:
        return True
    if callable(where):
        return bool(where(row))
    return all(str(row.get(name)) == str(value) for name, value in where.items())


def _condition(where: Where | None) -> str:
    if where is None:
        return ""
    if callable(where):
        return getattr(where, "__name__", "a condition").replace("<lambda>", "a condition holds")
    return " and ".join(f"{name} is {value}" for name, value in where.items())
