"""The front end: a snapshot drawn for a terminal, as the risk desk would look at it.

Snapshots, with the times at which they were read, become rich renderables: clock, messages, speed, latency,
and the tree of totals with the Grand Total.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from workshop.pipeline.aggregates import AggregateSnapshot, sort_key
from workshop.pipeline.latency import LatencyHistogram
from workshop.pipeline.tables import format_amount
from workshop.pipeline.truth import GRAND_TOTAL

__all__ = [
    "Dashboard",
    "Facts",
    "TreeRow",
    "dashboard_rows",
    "draw_dashboard",
    "draw_fitting",
    "draw_tree",
    "printable",
    "shown_name",
    "tree_rows",
]

WINDOW_SECONDS = 5.0


@dataclass(frozen=True)
class TreeRow:
    """One line of the tree: how deep it stands, its name without escapes, and its total."""

    depth: int
    name: str
    path: str
    total: Decimal


def shown_name(escaped: str) -> str:
    """Return a name as people wrote it; what a terminal would obey rather than print becomes `�`.

    >>> shown_name("50%3A50 %25"), shown_name("Grand%20Total")
    ('50:50 %', 'Grand Total')
    """
    name = escaped
    for escape, character in (("%3A", ":"), ("%23", "#"), ("%20", " "), ("%25", "%")):
        name = name.replace(escape, character)
    return printable(name)


def printable(text: str) -> str:
    """Return a text without anything that a terminal would obey rather than print."""
    return "".join(character if character.isprintable() else "�" for character in text)


def tree_rows(totals: Mapping[str, Decimal]) -> list[TreeRow]:
    """Return the totals as lines of a tree, parents before children, the Grand Total last."""
    return [
        TreeRow(path.count(":"), shown_name(path.rpartition(":")[2]), path, totals[path])
        for path in sorted(totals, key=sort_key)
    ]


def draw_tree(rows: Iterable[TreeRow], wrong: Mapping[str, Decimal] | None = None) -> Table:
    """Draw totals as an indented table; `wrong` marks paths with the amount by which they are off."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("Risk", overflow="fold")
    table.add_column("Total", justify="right", no_wrap=True)
    if wrong:
        table.add_column("Off by", justify="right", no_wrap=True, style="bold red")
    for row in rows:
        style = "bold" if row.path == GRAND_TOTAL or row.depth == 0 else ""
        if row.path == GRAND_TOTAL:
            table.add_section()
        cells = [
            Text("    " * row.depth + row.name, style=style),
            Text(format_amount(row.total, grouped=True), style=style),
        ]
        if wrong:
            cells.append(Text(f"{wrong[row.path]:+,f}" if row.path in wrong else ""))
        table.add_row(*cells)
    return table


class Dashboard:
    """Keeps the snapshots of the last seconds, for speed and latency as they are now."""

    def __init__(self, window_seconds: float = WINDOW_SECONDS) -> None:
        self._window_seconds = window_seconds
        self._seen: deque[tuple[float, AggregateSnapshot]] = deque()

    def add(self, now: float, snapshot: AggregateSnapshot) -> None:
        """Take in a snapshot read at `now` (unix seconds)."""
        self._seen.append((now, snapshot))
        # One snapshot from before the window stays, or the window would miss its own beginning.
        while len(self._seen) > 2 and self._seen[1][0] <= now - self._window_seconds:
            self._seen.popleft()

    @property
    def latest(self) -> AggregateSnapshot:
        """The newest snapshot, an empty one before the first."""
        return self._seen[-1][1] if self._seen else AggregateSnapshot()

    @property
    def messages_per_second(self) -> float:
        """The speed over the window."""
        if len(self._seen) < 2:
            return 0.0
        (then, first), (now, last) = self._seen[0], self._seen[-1]
        seconds = now - then
        # After a table was emptied the count falls; nothing was processed backwards.
        return max(0, last.message_count - first.message_count) / seconds if seconds > 0 else 0.0

    @property
    def latency(self) -> LatencyHistogram:
        """The latencies within the window, or all of them while nothing arrives."""
        if not self._seen:
            return LatencyHistogram()
        recent = self.latest.latency.since(self._seen[0][1].latency)
        return recent if recent.total else self.latest.latency


def dashboard_rows(dashboard: Dashboard, now: float) -> list[tuple[str, str]]:
    """Return the figures above the tree, each with its label."""
    latency = dashboard.latency.summary()
    figures = "  ".join(f"{name} {_seconds(value)}" for name, value in latency.items())
    moment = datetime.fromtimestamp(now).astimezone()
    return [
        ("Clock", f"{moment:%Y-%m-%d %H:%M:%S %z}"),
        ("Messages", f"{dashboard.latest.message_count:,}"),
        ("Messages/s", f"{dashboard.messages_per_second:,.0f}"),
        ("Latency", figures if dashboard.latency.total else "no message measured yet"),
    ]


@dataclass(frozen=True)
class Facts:
    """What a view says beside the figures: when it was drawn, of what, in which cloud, and what is wrong."""

    now: float
    title: str
    badge: str
    note: str = ""


def draw_dashboard(dashboard: Dashboard, facts: Facts, *, levels: int | None = None) -> RenderableType:
    """Draw everything, of the tree only the upper `levels` if they are given."""
    head = Table.grid(padding=(0, 2, 0, 0))
    for label, figure in dashboard_rows(dashboard, facts.now):
        head.add_row(Text(label, style="dim"), Text(figure, style="bold"))
    rows = tree_rows(dashboard.latest.live_totals)
    shown = [row for row in rows if levels is None or row.depth < levels]
    parts: list[RenderableType] = [head]
    if len(shown) < len(rows):
        # Above the tree, since a terminal that is too low for both cuts off what is below.
        parts.append(Text(f"{len(rows) - len(shown)} lines need a taller terminal.", style="dim"))
    parts += [Text(), draw_tree(shown) if rows else Text("Waiting for the first message.", style="italic")]
    if facts.note:
        parts += [Text(), Text(printable(facts.note), style="yellow")]
    return Panel(
        Group(*parts), title=Text(facts.title), subtitle=Text(facts.badge, style="dim"), title_align="left"
    )


def draw_fitting(dashboard: Dashboard, facts: Facts, console: Console) -> RenderableType:
    """Draw as many levels of the tree as the console is high enough for, at least the uppermost."""
    deepest = max((row.depth for row in tree_rows(dashboard.latest.live_totals)), default=0)
    for levels in range(deepest + 1, 0, -1):
        drawn = draw_dashboard(dashboard, facts, levels=levels)
        if len(console.render_lines(drawn)) <= console.height:
            break
    return drawn


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f} s" if value < 10 else f"{value:.0f} s"
