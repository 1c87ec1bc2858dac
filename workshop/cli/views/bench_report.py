"""A benchmark, drawn for a terminal: its figures, how messages arrived, and what got worse."""

from collections.abc import Sequence
from itertools import pairwise

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from workshop.bench.compare import Worse
from workshop.bench.figures import Arrivals, BenchReport, Figure
from workshop.bench.table import amount

__all__ = ["draw_report", "draw_worse"]

BARS = "▁▂▃▄▅▆▇█"
COLUMNS = 40


def draw_report(report: BenchReport) -> RenderableType:
    """Draw all figures with their limits, and for each run how many messages arrived when."""
    table = Table("what", box=None, pad_edge=False)
    for heading in ("measured", "at best", "floor", "goal"):
        table.add_column(heading, justify="right")
    for each in report.figures:
        table.add_row(
            each.what,
            Text(amount(each.value, each.unit), style=_style(each)),
            *(amount(value) for value in (each.limit, each.floor, each.goal)),
        )
    title = "messages/s in the totals, over time"
    runs = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False)
    for name, rows in report.arrivals.items():
        runs.add_row(name, _bars(rows))
    parts: list[RenderableType] = [table, Text(), _verdict(report)]
    if report.arrivals:
        parts[2:2] = [runs, Text()]
    return Group(*parts)


def draw_worse(found: Sequence[Worse], differences: Sequence[str], *, percent: float) -> RenderableType:
    """Draw what got worse, or that nothing did."""
    lines = [Text(f"Not the same machine or options: {'; '.join(differences)}.", "yellow")] * bool(
        differences
    )
    if not found:
        return Group(*lines, Text(f"✔ Nothing got worse by more than {percent:g} %.", style="bold green"))
    table = Table("what", "now", "before", "worse by", box=None, pad_edge=False)
    for each in found:
        unit = each.now.unit
        table.add_row(
            each.now.what, amount(each.now.value, unit), amount(each.before, unit), f"{each.percent:.0f} %"
        )
    title = Text(f"✘ {len(found)} figures got worse by more than {percent:g} %:", style="bold red")
    return Group(*lines, title, table)


def _style(each: Figure) -> str:
    if each.floor is None:
        return ""
    return "green" if each.reaches(each.floor) else "red"


def _verdict(report: BenchReport) -> Text:
    if report.exact:
        return Text("✔ Exact: all totals of all runs equal the truth.", style="bold green")
    return Text(f"✘ Not exact: {', '.join(report.inexact)}.", style="bold red")


def _bars(rows: Arrivals) -> str:
    """Draw how many messages arrived in each of some slices of time, the most as the highest bar."""
    if not rows:
        return ""
    width = rows[-1][0] / COLUMNS
    arrived = [_at(rows, width * column) for column in range(COLUMNS + 1)]
    steps = [after - before for before, after in pairwise(arrived)]
    most = max(*steps, 1.0)
    drawn = "".join(BARS[round(max(0.0, step) / most * (len(BARS) - 1))] for step in steps)
    return f"{drawn} at most {most / width if width else 0:,.0f}/s, {rows[-1][0]:.0f} s"


def _at(rows: Arrivals, seconds: float) -> float:
    """Return how many had arrived at a time, with a straight line between two looks."""
    before = (0.0, 0, 0)
    for row in rows:
        if row[0] >= seconds:
            share = (seconds - before[0]) / (row[0] - before[0]) if row[0] > before[0] else 1.0
            return before[2] + share * (row[2] - before[2])
        before = row
    return float(before[2])
