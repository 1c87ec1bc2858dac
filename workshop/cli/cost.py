"""`workshop cost`: what a pipeline costs on AWS in a month, line by line; nothing is asked of any cloud."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.table import Table

from workshop.cli.options import JsonOption, PipelineName, console, print_json, usage_errors
from workshop.cli.views.tables import figures, folded, lean_table
from workshop.pipeline.cost import CostLine, cannot_keep_up, monthly_bill, total, unconfirmed
from workshop.pipeline.load import Load
from workshop.pipeline.prices import DATED

__all__ = ["cost"]

ASSUMPTIONS = (
    "Not counted: free tiers, alarms, more shards if functions cannot keep up, data transfer, the storage of "
    "StateTable, calls of the stream's key, the producer's machine. "
    f"Prices of {DATED:%d %B %Y}, from workshop/pipeline/prices.toml; look up today's."
)


class Architecture(StrEnum):
    """The choices of `--architecture`."""

    ARM64 = "arm64"
    X86_64 = "x86_64"


def cost(  # noqa: PLR0913 - each argument is an option of the command
    *,
    rate: Annotated[float, typer.Option(help="Messages per second, around the clock.")] = 1_000,
    pipeline: Annotated[PipelineName, typer.Option(help="Which pipeline.")] = PipelineName.STATEFUL,
    on_demand: Annotated[
        bool, typer.Option("--on-demand", help="Pay the stream by the gigabyte instead of by the shard.")
    ] = False,
    shards: Annotated[int | None, typer.Option(help="Shards; without it, as many as are needed.")] = None,
    pack: Annotated[int, typer.Option(help="Messages that the producer packs into a record.")] = 1,
    duplicates: Annotated[float, typer.Option(help="Percent that repeat an earlier message.")] = 0.0,
    modify: Annotated[float, typer.Option(help="Percent that are newer versions of earlier trades.")] = 0.0,
    window: Annotated[int, typer.Option(help="Seconds that a batch waits to fill.")] = 1,
    memory: Annotated[
        int | None, typer.Option(help="MB of memory of each function; without it, as in the templates.")
    ] = None,
    architecture: Annotated[Architecture, typer.Option(help="Processors.")] = Architecture.ARM64,
    retention: Annotated[int, typer.Option(help="Hours for which the stream keeps records.")] = 24,
    as_json: JsonOption = False,
) -> None:
    """Print what a pipeline with the ledger costs on AWS in a month, with the arithmetic of every line."""
    with usage_errors():
        load = Load(
            messages_per_second=Decimal(str(rate)),
            messages_per_record=pack,
            duplicates=Decimal(str(duplicates)),
            modify=Decimal(str(modify)),
            on_demand=on_demand,
            shards=shards,
            window_seconds=window,
            memory_mb=memory,
            architecture=architecture.value,
            retention_hours=retention,
        )
    lines = monthly_bill(pipeline.value, load)
    if as_json:
        print_json(_document(pipeline.value, load, lines))
    else:
        _tell(pipeline.value, load, lines)


def _tell(pipeline: str, load: Load, lines: tuple[CostLine, ...]) -> None:
    people = console()
    people.print(_draw(pipeline, load, lines))
    for each in cannot_keep_up(pipeline, load):
        people.print(f"This load is too much. {each}.", style="bold yellow", markup=False, soft_wrap=True)
    if unsure := unconfirmed(lines):
        people.print(unsure, style="yellow", markup=False, soft_wrap=True)
    people.print(ASSUMPTIONS, style="dim")


def _draw(pipeline: str, load: Load, lines: tuple[CostLine, ...]) -> Table:
    title = f"{pipeline} pipeline, {load.messages_per_second.normalize():,f} messages/s, a month of 730 hours"
    table = lean_table("Line", *figures("USD a month"), *folded("Arithmetic"))
    table.title, table.title_justify = title, "left"
    for line in lines:
        table.add_row(line.item, f"{line.usd:,.2f}", line.arithmetic)
    table.add_row("together", f"{total(lines):,.2f}", "", style="bold")
    return table


def _document(pipeline: str, load: Load, lines: tuple[CostLine, ...]) -> dict[str, Any]:
    """Return the bill as JSON; amounts are decimal strings."""
    return {
        "pipeline": pipeline,
        "messages_per_second": f"{load.messages_per_second.normalize():f}",
        "duplicates": f"{load.duplicates.normalize():f}",
        "modify": f"{load.modify.normalize():f}",
        "shards": None if load.on_demand else load.width,
        "usd_per_month": str(total(lines)),
        "cannot_keep_up": [
            {
                "function": each.function,
                "messages_per_second": each.most,
                "remedy": each.remedy,
            }
            for each in cannot_keep_up(pipeline, load)
        ],
        "prices_dated": DATED.isoformat(),
        "lines": [
            {
                "item": line.item,
                "usd": f"{line.usd:.2f}",
                "arithmetic": line.arithmetic,
                "unit_price": str(line.price.usd),
                "per": line.price.per,
                "source": line.price.source,
            }
            for line in lines
        ],
    }
