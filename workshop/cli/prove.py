"""`workshop prove`: thousands of schedules of faults and re-deliveries, each judged to the cent."""

import json
import os
import sys
from collections import deque
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from workshop.cli.options import JsonOption, PipelineName, Variant, console, print_json
from workshop.cli.views.tables import figures, lean_table

if TYPE_CHECKING:  # loading the proof loads the offline cloud, which takes seconds
    from collections.abc import Callable, Iterator

    from workshop.proof.bench import ScheduleResult
    from workshop.proof.proof import Report

__all__ = ["prove"]

SHOWN_FAILURES = 5
SHOWN_REASONS = 12
SHOWN_MARKS = 40
EXACT, NOT_EXACT = "[green]✓[/]", "[bold red]✗[/]"


def prove(  # noqa: PLR0913 - each argument is an option of the command
    *,
    variant: Annotated[Variant, typer.Option(help="Which handlers to prove.")] = Variant.LEDGER,
    pipeline: Annotated[PipelineName, typer.Option(help="Which pipeline.")] = PipelineName.STATEFUL,
    schedules: Annotated[int, typer.Option(help="How many schedules to run.", min=1)] = 2_000,
    seed: Annotated[int, typer.Option(help="The first schedule's; the next ones follow.", min=0)] = 1,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="Crash small batches at every single write instead.")
    ] = False,
    packed: Annotated[
        bool, typer.Option("--packed", help="Put half of the messages into records of several.")
    ] = False,
    jobs: Annotated[int | None, typer.Option(help="Processes that share the work.", min=1)] = None,
    as_json: JsonOption = False,
    progress_json: Annotated[
        bool, typer.Option("--progress-json", help="Tell each schedule that ends as a JSON line on stderr.")
    ] = False,
) -> None:
    """Run schedules of faults and re-deliveries, and count those whose totals are not exact.

    Needs no running cloud. The same seed always gives the same schedule. Exit code 1 if any was not exact.
    """
    screen = console(stderr=as_json)
    if not as_json:
        screen.print(
            Text(f"Proving the {pipeline} pipeline, variant {variant}, in this process; no cloud is used.")
        )
    options: dict[str, Any] = {"pipeline": pipeline.value, "is_packed": packed}
    if not sweep:
        options |= {"schedules": schedules, "seed": seed, "jobs": jobs or os.cpu_count() or 1}
    drawn = _tell_in_lines() if progress_json else _draw_marks(screen, options.get("schedules"))
    report = _run_and_tell(variant.value, options, screen, drawn)
    if as_json:
        print_json(report.document())
    else:
        _draw(report, screen, replayable=not sweep, packed=" --packed" if packed else "")
    if report.failures:
        raise typer.Exit(1)


def _run_and_tell(
    variant: str,
    options: dict[str, Any],
    screen: Console,
    drawn: "AbstractContextManager[Callable[[ScheduleResult], None]]",
) -> "Report":
    """Run the schedules and draw each that ends; who stops them is told how far they were."""
    exact: list[bool] = []

    def note(outcome: "ScheduleResult") -> None:
        exact.append(outcome.exact)
        tell(outcome)

    try:
        with drawn as tell:
            return _run(variant, options, note)
    except KeyboardInterrupt:
        told = "1 schedule" if len(exact) == 1 else f"{len(exact):,} schedules"
        screen.print(Text(f"\nStopped after {told}, {exact.count(False):,} of them not exact."))
        raise


def _run(variant: str, options: dict[str, Any], tell: "Callable[[ScheduleResult], None]") -> "Report":
    from workshop.proof.proof import prove as run  # noqa: PLC0415 # see above
    from workshop.proof.proof import prove_sweep  # noqa: PLC0415

    prover = run if "schedules" in options else prove_sweep
    return prover(variant, **options, on_outcome=tell)


@contextmanager
def _tell_in_lines() -> "Iterator[Callable[[ScheduleResult], None]]":
    """Give what tells each schedule to a program that waits for it."""

    def tell(outcome: "ScheduleResult") -> None:
        line = {"seed": outcome.seed, "exact": outcome.exact, "met": dict(outcome.met)}
        print(json.dumps(line), file=sys.stderr, flush=True)

    yield tell


@contextmanager
def _draw_marks(screen: Console, total: int | None) -> "Iterator[Callable[[ScheduleResult], None]]":
    """Give what shows in a terminal how many schedules have ended, and the last of them as marks."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    marks: deque[str] = deque(maxlen=SHOWN_MARKS)
    last = TextColumn("{task.fields[marks]}")
    with Progress(*columns, last, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task("schedules", total=total, marks="")

        def tell(outcome: "ScheduleResult") -> None:
            marks.append(EXACT if outcome.exact else NOT_EXACT)
            bar.update(task, advance=1, marks="".join(marks))

        yield tell


def _draw(report: "Report", screen: Console, *, replayable: bool, packed: str) -> None:
    table = lean_table("fault", *figures("schedules that met it", "not exact"))
    for kind, schedules in report.by_fault.items():
        style = "red" if schedules.inexact else ""
        table.add_row(kind, f"{schedules.met:,}", Text(f"{schedules.inexact:,}", style=style))
    screen.print(table)
    for failure in report.failures[:SHOWN_FAILURES]:
        lines = failure.reasons[: SHOWN_REASONS if len(report.failures) == 1 else 1]
        screen.print(Text(f"\nschedule {failure.seed} met {', '.join(failure.met) or 'no fault'}:"))
        for line in lines:
            screen.print(Text(f"  {line}"))
        if replayable:
            screen.print(Text(f"  run it again: {_replay(report, failure.seed)}{packed}"))
    count = len(report.failures)
    verdict = f"{count:,} of {report.schedules:,} schedules were not exact."
    screen.print(Text(f"\n{verdict}", style="bold red" if count else "bold green"))


def _replay(report: "Report", seed: int) -> str:
    pipeline = "" if report.pipeline == PipelineName.STATEFUL else f" --pipeline {report.pipeline}"
    return f"workshop prove --variant {report.variant}{pipeline} --seed {seed} --schedules 1"
