"""`workshop bench`: how fast pipelines and cloud are on this machine, beside what it could reach at best."""

import json
from collections.abc import Collection
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from workshop.bench.compare import differing, worse
from workshop.bench.figures import BenchReport
from workshop.bench.peer import find_peer
from workshop.bench.picture import draw_picture
from workshop.bench.plan import FULL, PARTS, QUICK, USUAL, Plan
from workshop.bench.run import run_bench
from workshop.bench.table import write_table
from workshop.cli.options import JsonOption, PackOption, console, print_json, usage_errors
from workshop.cli.views.bench_report import draw_report, draw_worse
from workshop.errors import ConfigurationError, reason
from workshop.pipeline.demo import Observer
from workshop.settings import project_root

__all__ = ["bench"]

Part = StrEnum("Part", {part.upper(): part for part in PARTS})  # type: ignore[misc] # a list gives them
DOCUMENT = "docs/speed.md"

QuickOption = Annotated[bool, typer.Option("--quick", help="A little of everything: is it exact?")]
FullOption = Annotated[bool, typer.Option("--full", help="Also ten million messages; takes long.")]
UpToOption = Annotated[
    int | None, typer.Option("--up-to", help="Leave out runs of more messages.", min=10_000, metavar="N")
]
PartOption = Annotated[
    list[Part] | None, typer.Option("--part", help="Measure this part alone; may be repeated.")
]
PeerOption = Annotated[
    bool, typer.Option("--peer", help="Also measure ministack, an emulator by others, if it is installed.")
]
ReadOption = Annotated[
    Path | None, typer.Option("--read", help="Measure nothing, and show this report.", metavar="REPORT.json")
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", help="Write the report to this file too.", metavar="REPORT.json")
]
CompareOption = Annotated[
    Path | None,
    typer.Option("--compare", help="Name what is worse than in this report.", metavar="OLD.json"),
]
ToleranceOption = Annotated[
    float, typer.Option("--tolerance", help="Percent by which a figure may be worse.", min=0)
]
PlotOption = Annotated[
    Path | None,
    typer.Option("--plot", help="Draw how messages arrived; needs matplotlib.", metavar="FILE.png"),
]
DocsOption = Annotated[bool, typer.Option("--docs", help=f"Write the table of {DOCUMENT} anew.")]


def bench(  # noqa: PLR0913 - each argument is an option of the command
    *,
    quick: QuickOption = False,
    full: FullOption = False,
    up_to: UpToOption = None,
    part: PartOption = None,
    pack: PackOption = "auto",
    peer: PeerOption = False,
    read: ReadOption = None,
    output: OutputOption = None,
    compare: CompareOption = None,
    tolerance: ToleranceOption = 15.0,
    plot: PlotOption = None,
    docs: DocsOption = False,
    as_json: JsonOption = False,
) -> None:
    """Measure speed, latency, CPU and memory of both pipelines and of their cloud.

    Everything runs in clouds of its own, which are gone afterwards. Takes half an hour on two cores; with
    --quick a minute. Ends with 1 if totals were not exact, or if something got worse.
    """
    people = console(stderr=as_json)
    plan = _plan(quick=quick, full=full, up_to=up_to)
    before = None if compare is None else _read(compare)
    program = find_peer() if peer else None
    report = _measure(plan, part or list(PARTS), people, pack, program) if read is None else _read(read)
    if output is not None:
        output.write_text(json.dumps(report.document(), indent=2) + "\n", encoding="utf-8")
    _show(report, plot=plot, docs=docs)
    found = () if before is None else worse(report, before, percent=tolerance)
    if as_json:
        print_json(report.document())
    else:
        people.print(draw_report(report))
    if before is not None:
        people.print(draw_worse(found, differing(report, before), percent=tolerance))
    if found or not report.exact:
        raise typer.Exit(1)


def _show(report: BenchReport, *, plot: Path | None, docs: bool) -> None:
    if plot is not None:
        draw_picture(report, plot)
    if docs:
        write_table(report, project_root() / DOCUMENT)


def _plan(*, quick: bool, full: bool, up_to: int | None) -> Plan:
    if quick and full:
        raise ConfigurationError("`--quick` and `--full` contradict each other; choose one")
    if quick:
        return QUICK
    plan = FULL if full else USUAL
    return plan if up_to is None else plan.up_to(up_to)


def _measure(
    plan: Plan, parts: Collection[str], people: Console, pack: str, peer: Path | None
) -> BenchReport:
    """Measure, and say what is going on: in a line that changes, or outside a terminal step by step."""
    # A spinner takes time from what is measured; twice a second is enough to see that something happens.
    with people.status("starting", refresh_per_second=2) as status:
        current = ""

        def step(text: str) -> None:
            nonlocal current
            current = text
            status.update(text)
            if not people.is_terminal:
                people.print(text)

        observer = Observer(step, lambda text: status.update(f"{current}: {text}"))
        with usage_errors():
            return run_bench(plan, parts, observer, pack=pack, peer=peer)


def _read(path: Path) -> BenchReport:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"`{path}` cannot be read as a report of `workshop bench`: {reason(error)}; "
            "make one by `workshop bench --output FILE`"
        ) from error
    return BenchReport.from_document(document)
