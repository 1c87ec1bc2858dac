"""`workshop reconcile`: compares the totals with the exact sum over the trades, and repairs them."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from workshop.cli.options import CloudChoice, JsonOption, StackArgument, cloud_options, console, print_json
from workshop.cli.views.tables import figures, folded, lean_table
from workshop.pipeline.front_end import printable
from workshop.pipeline.operations.rebuild import rebuild as rebuild_books
from workshop.pipeline.operations.reconcile import Reconciliation, open_books
from workshop.pipeline.operations.reconcile import reconcile as compare_books
from workshop.pipeline.tables import format_amount

__all__ = ["reconcile"]


@cloud_options
def reconcile(
    stack: StackArgument,
    *,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Put the totals right; messages wait in the stream meanwhile.")
    ] = False,
    as_json: JsonOption = False,
    cloud: CloudChoice,
) -> None:
    """Compare AggregateTable with the exact sum over StateTable; the exit code is 1 if they differ."""
    books = open_books(cloud.connect(), stack)

    def tell(step: str) -> None:
        console(stderr=True).print(f"{stack}: {step}", style="dim")

    done = rebuild_books(books, on_step=tell) if rebuild else None
    found = done.reconciliation if done else compare_books(books, on_step=tell)
    if as_json:
        repair = {"rebuild": {"repaired": done.repaired}} if done else {}
        print_json(found.document() | repair)
    else:
        if done:
            console().print(f"Put {done.repaired:,} totals right.")
        show(found, console())
    raise typer.Exit(0 if found.exact else 1)


def show(found: Reconciliation, out: Console) -> None:
    """Say what the comparison found."""
    if found.exact:
        out.print(f"Every total of {found.stack} is the exact sum over its {found.trades:,} live trades.")
    if found.comparison.differences:
        out.print(draw_differences(found))
    for torn in found.torn:
        line = (
            f"{printable(torn.path)} is {format_amount(torn.value, grouped=True)} with {torn.trades:,} "
            f"trades; what lies below it sums up to {format_amount(torn.children_value, grouped=True)} "
            f"with {torn.children_trades:,}."
        )
        out.print(Text(line))
    if found.invalid:
        out.print(f"{len(found.invalid):,} items of StateTable are not valid trades and count for nothing.")
    if found.is_moving:
        out.print("Messages were on their way to the very end; look again once the producer has finished.")


def draw_differences(found: Reconciliation) -> Table:
    """Draw each path at which the tables differ."""
    counted = figures("State", "Aggregate", "Difference", "Trades in state", "in aggregate")
    table = lean_table(*folded("Path"), *counted)
    for each in found.comparison.differences:
        amounts = (each.expected, each.found, each.amount)
        table.add_row(
            Text(printable(each.path)),
            *(format_amount(amount, grouped=True) for amount in amounts),
            f"{each.expected_trades:,}",
            "" if each.found_trades is None else f"{each.found_trades:,}",
        )
    return table
