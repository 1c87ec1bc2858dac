"""The totals of AggregateTable as a tree: parents before children, the Grand Total last.

In go a snapshot, what was shown before and what the totals must be, out comes a display. Nothing is read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from workshop.notebook.markup.display import Shown
from workshop.notebook.markup.html import Html, element, table
from workshop.notebook.markup.texts import MINUS, plain_table
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.compare_with_truth import compare
from workshop.pipeline.front_end import TreeRow, tree_rows
from workshop.pipeline.tables import format_amount
from workshop.pipeline.truth import GRAND_TOTAL, Truth

__all__ = ["TotalsView", "signed"]

INDENT = "    "
NOTHING = "AggregateTable holds no totals yet."


@dataclass(frozen=True)
class TotalsView:
    """A snapshot beside what was shown before it (None: nothing was) and the truth (None: unknown)."""

    snapshot: AggregateSnapshot
    before: Mapping[str, Decimal] | None = None
    truth: Truth | None = None
    title: str = "AggregateTable"
    note: str = "as they are now"
    off_by: Mapping[str, Decimal] = field(init=False)

    def __post_init__(self) -> None:
        wrong = (
            {}
            if self.truth is None
            else {each.path: each.amount for each in compare(self.snapshot, self.truth).differences}
        )
        object.__setattr__(self, "off_by", wrong)

    def draw(self) -> Shown:
        """Return the display: a tree, with columns for what is known beside the totals."""
        rows = tree_rows(self.totals)
        if not rows:
            return Shown(element("p", NOTHING, class_="soft"), NOTHING)
        columns = self._columns()
        drawn = []
        for row in rows:
            style = "sum" if row.path == GRAND_TOTAL else "top" if row.depth == 0 else ""
            name = element("span", row.name, style=f"padding-left:{row.depth * 22}px")
            drawn.append((style, [name, *(self._html_cell(head, row) for head in columns)]))
        caption = element("span", self.title, element("span", f" · {self.verdict}", class_="soft"))
        html = table([("Risk", ""), *((head, "num") for head in columns)], drawn, caption=caption)
        return Shown(html, self._plain(rows, columns))

    @property
    def totals(self) -> dict[str, Decimal]:
        """The totals, and with a zero those that should be there and are not."""
        missing = dict.fromkeys(set(self.off_by) - set(self.snapshot.totals), Decimal(0))
        wrong = {path: self.snapshot.totals[path] for path in self.off_by if path in self.snapshot.totals}
        return {**self.snapshot.live_totals, **wrong, **missing}

    @property
    def verdict(self) -> str:
        """How the totals stand to the truth, in a few words."""
        arrived = self.snapshot.message_count
        counted = f"{arrived:,} {'change' if arrived == 1 else 'changes'} summed in" if arrived else ""
        if self.truth is None:
            return counted or self.note
        if not self.off_by:
            return "✓ exactly what was sent"
        cells = len(self.off_by)
        return f"△ {cells} {'total differs' if cells == 1 else 'totals differ'} from what was sent"

    def _columns(self) -> list[str]:
        columns = ["Total"]
        if self.snapshot.trades:
            columns.append("Trades")
        if self.before is not None and any(self._moved(path) for path in self.totals):
            columns.append("Since the last look")
        if self.off_by:
            columns.append("Off by")
        return columns

    def _moved(self, path: str) -> Decimal:
        return self.totals.get(path, Decimal(0)) - (self.before or {}).get(path, Decimal(0))

    def _cell(self, head: str, row: TreeRow) -> str:
        match head:
            case "Total":
                return format_amount(row.total, grouped=True)
            case "Trades":
                return f"{self.snapshot.trades.get(row.path, 0):,}"
            case "Off by":
                return signed(self.off_by[row.path]) if row.path in self.off_by else ""
        moved = self._moved(row.path)
        return signed(moved) if moved else ""

    def _html_cell(self, head: str, row: TreeRow) -> Html:
        text = self._cell(head, row)
        if head == "Off by" and text:
            return element("span", f"△ {text}", class_="word bad")
        if head == "Since the last look" and text:
            return element("span", text, class_="word info")
        return element("span", text)

    def _plain(self, rows: list[TreeRow], columns: list[str]) -> str:
        lines = [
            [INDENT * row.depth + row.name, *(self._cell(head, row) for head in columns)] for row in rows
        ]
        drawn = plain_table(["Risk", *columns], lines, right=range(1, len(columns) + 1))
        return f"{self.title} · {self.verdict}\n{drawn}"


def signed(amount: Decimal) -> str:
    r"""Return a difference with its sign.

    >>> signed(Decimal("1234.5")), signed(Decimal("-2"))
    ('+1,234.50', '\u22122.00')
    """
    text = format_amount(abs(amount), grouped=True)
    return f"+{text}" if amount >= 0 else f"{MINUS}{text}"
