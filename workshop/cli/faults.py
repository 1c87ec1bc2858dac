"""`workshop faults`: lets a running pipeline fail on purpose, shows what is set, and switches it off."""

from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from workshop.cli.options import CloudChoice, JsonOption, StackArgument, cloud_options, console, print_json
from workshop.cli.views.tables import figures, lean_table
from workshop.cloud.connection import Cloud
from workshop.cloud.fault_plan import FaultPlan
from workshop.errors import ConfigurationError
from workshop.pipeline.operations.live_faults import (
    LiveFaults,
    clear_faults,
    impossible_on,
    read_faults,
    set_faults,
)
from workshop.pipeline.target import find_target

__all__ = ["faults"]


@cloud_options
def faults(  # noqa: PLR0913 - each argument is an option of the command
    stack: StackArgument,
    more: Annotated[
        list[str] | None, typer.Argument(help="Further `kind=rate`.", metavar="[KIND=RATE]...")
    ] = None,
    *,
    to: Annotated[
        str | None,
        typer.Option("--set", help="none, lab, all, a JSON plan, or kind=rate such as crash_after@map=0.1."),
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="Show what is set; also without any option.")] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Let nothing go wrong any more.")] = False,
    seed: Annotated[int, typer.Option(help="The same seed gives the same chances.")] = 1,
    as_json: JsonOption = False,
    cloud: CloudChoice,
) -> None:
    """Let a running pipeline fail on purpose: crashes, lost answers, throttles, re-deliveries and more.

    A rate is a chance from 0 to 1 at each opportunity. The ledger's totals stay exact whatever is set.
    """
    if sum((to is not None, show, clear)) > 1 or (more and to is None):
        raise ConfigurationError("`--set`, `--show` and `--clear` exclude each other; give one of them")
    plan = None if to is None else FaultPlan.from_words([to, *(more or ())], seed=seed)
    connected = cloud.connect()
    target = find_target(connected, stack)
    if plan is not None:
        _warn(connected, plan)
        live = set_faults(connected, target.outputs, plan)
    elif clear:
        live = clear_faults(connected, target.outputs)
    else:
        live = read_faults(connected, target.outputs)
    if as_json:
        print_json({"stack": target.stack, **live.document()})
    else:
        _draw(live, console())


def _warn(cloud: Cloud, plan: FaultPlan) -> None:
    if kinds := impossible_on(cloud, plan):
        console(stderr=True).print(
            Text(
                f"AWS does not do these on purpose, and they are left out: {', '.join(kinds)}. "
                "They happen there by themselves, and offline on request."
            )
        )


def _draw(live: LiveFaults, screen: Console) -> None:
    in_cloud = live.in_cloud or FaultPlan()
    met = live.met or {}
    if live.in_functions.is_empty and in_cloud.is_empty:
        screen.print("Nothing goes wrong on purpose.")
    table = lean_table("fault", "where", *figures("rate"))
    for place, plan in (("functions", live.in_functions), ("offline cloud", in_cloud)):
        for name, rate in plan.rates.items():
            table.add_row(name, place, f"{rate:g}")
        for strike in plan.strikes:
            table.add_row(strike, place, "once")
    if table.row_count:
        screen.print(table)
    if met:
        happened = ", ".join(f"{kind} {count:,}" for kind, count in met.items())
        screen.print(Text(f"Has happened: {happened}."))
