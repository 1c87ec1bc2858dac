"""A demonstration, drawn for a terminal: its runs, or its five-message example."""

from collections.abc import Sequence
from typing import Any

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from workshop.pipeline.aggregates import amounts
from workshop.pipeline.demo import DemoRun
from workshop.pipeline.example import EXAMPLE_MESSAGES, Example
from workshop.pipeline.front_end import draw_tree, tree_rows
from workshop.pipeline.tables import StateRow, format_amount
from workshop.pipeline.truth import DEFAULT_ORDER

__all__ = ["draw_example", "draw_runs", "example_document"]

NAMES = {message.trade_id: name for name, message in EXAMPLE_MESSAGES.items()}


def draw_runs(runs: Sequence[DemoRun]) -> RenderableType:
    """Draw the runs side by side where the terminal is wide enough, else below each other."""
    return Columns([_draw_run(run) for run in runs], padding=(0, 1))


def _draw_run(run: DemoRun) -> Panel:
    wrong = {difference.path: difference.amount for difference in run.comparison.differences}
    facts = Table.grid(padding=(0, 2, 0, 0))
    for label, fact in _facts(run):
        facts.add_row(Text(label, style="dim"), fact)
    # A total that is missing or should not be there is shown as well, with what was found.
    found = {difference.path: difference.found for difference in run.comparison.differences}
    tree = draw_tree(tree_rows({**run.snapshot.live_totals, **found}), wrong)
    return Panel(
        Group(facts, Text(), tree, Text(), _verdict(run)),
        title=Text(f"{run.pipeline} pipeline", style="bold"),
        title_align="left",
        border_style="green" if run.exact else "red",
        expand=False,
    )


def _facts(run: DemoRun) -> list[tuple[str, str]]:
    counts, latency = run.counts, run.snapshot.latency.summary()
    facts = [("Sent", f"{counts.messages:,} messages, {counts.distinct_trades:,} trades")]
    if counts.duplicates or counts.modified:
        changes = f"{counts.modified:,}, {counts.out_of_order:,} out of order, {counts.cancelled:,} cancelled"
        facts += [("Duplicates", f"{counts.duplicates:,}"), ("Modified", changes)]
    if run.faults is not None:
        happened = ", ".join(f"{kind} {count:,}" for kind, count in run.faults.items())
        facts.append(("Faults", happened or "none has happened"))
    facts += [
        ("Took", f"{run.seconds:.1f} s, {run.messages_per_second:,.0f} messages/s"),
        (
            "Latency",
            ", ".join(f"{name} {_seconds(latency[name])}" for name in ("mean", "p50", "p99", "max")),
        ),
    ]
    return facts


def _seconds(latency: float | None) -> str:
    return "unknown" if latency is None else f"{latency:.1f} s"


def _verdict(run: DemoRun) -> Text:
    if run.exact:
        return Text("✔ Exact: every total equals the truth.", style="bold green")
    comparison = run.comparison
    parts = [f"✘ Not exact: {len(comparison.differences)} totals are off"]
    parts += [f"{comparison.lost:,} messages lost"] if comparison.lost else []
    parts += [f"{comparison.duplicated:,} counted too often"] if comparison.duplicated else []
    parts += [run.produced.shortfall] if run.produced.refused else []
    return Text(", ".join(parts) + ".", style="bold red")


def draw_example(example: Example) -> RenderableType:
    """Draw the five messages and the rows that they left in the three tables."""
    state = _table("", "TradeID", "Value", "Version", "Hierarchy")
    for row in sorted(example.state, key=lambda row: NAMES.get(row.trade_id, row.trade_id)):
        name, amount = NAMES.get(row.trade_id, ""), format_amount(row.value)
        state.add_row(*_cells(name, row.trade_id, amount, str(row.version), _place(row)))
    reduce = _table("MessageHash", "Path", "Delta")
    for number, batch in enumerate(example.reduce):
        if number:
            reduce.add_section()
        for line, leg in enumerate(tree_rows(batch.deltas)):
            name = f"{batch.message_hash[:12]}…" if line == 0 else ""
            reduce.add_row(*_cells(name, "    " * leg.depth + leg.name, format_amount(leg.total)))
    aggregate = _table("Identifier", "Value")
    for path, amount in amounts(example.aggregates.live_totals).items():
        aggregate.add_row(*_cells(path, amount))
    return Group(
        Text("StateTable: one row for each trade", style="bold"),
        state,
        Text("\nReduceTable: one row for each batch of the map stage", style="bold"),
        reduce,
        Text("\nAggregateTable: one row for each path", style="bold"),
        aggregate,
        Text(),
        _example_verdict(example),
    )


def _example_verdict(example: Example) -> Text:
    row = example.row_of_m2_and_m5
    if row is None:
        return Text("✘ M2 and M5 were not summed into one row of ReduceTable.", style="bold red")
    return Text(f"✔ M2 and M5 share a row: Delta is 100 + 20 = {row.deltas['Delta']}.", style="bold green")


def example_document(example: Example) -> dict[str, Any]:
    """Return the rows as one JSON document."""
    return {
        "state": [
            {
                "TradeID": row.trade_id,
                "Value": format_amount(row.value),
                "Version": row.version,
                "Hierarchy": row.hierarchy,
            }
            for row in example.state
        ],
        "reduce": [
            {"MessageHash": row.message_hash, "Deltas": amounts(row.deltas)} for row in example.reduce
        ],
        "aggregates": amounts(example.aggregates.live_totals),
    }


def _table(*headings: str) -> Table:
    table = Table(header_style="dim")
    for heading in headings:
        table.add_column(heading, justify="right" if heading in {"Value", "Version", "Delta"} else "left")
    return table


def _cells(*texts: str) -> list[Text]:
    return [Text(text) for text in texts]


def _place(row: StateRow) -> str:
    if isinstance(row.hierarchy, str):
        return row.hierarchy
    return ", ".join(row.hierarchy[level] for level in DEFAULT_ORDER)
