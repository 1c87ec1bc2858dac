"""`workshop produce`: sends risk messages into a deployed pipeline, and says what the totals must become."""

import secrets
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from workshop.cli.options import (
    CloudChoice,
    JsonOption,
    PackOption,
    StackArgument,
    cloud_options,
    console,
    print_json,
    usage_errors,
)
from workshop.cloud.connection import Cloud
from workshop.errors import ConfigurationError, InvalidMessageError
from workshop.pipeline.aggregates import amounts
from workshop.pipeline.front_end import draw_tree, tree_rows
from workshop.pipeline.messages import PlannedMessage, PlanOptions, make_plan
from workshop.pipeline.producer.message_file import read_message_file
from workshop.pipeline.producer.producer import ProduceResult, ProducerOptions
from workshop.pipeline.producer.producer import SendProgress as Sent
from workshop.pipeline.producer.producer import produce as send
from workshop.pipeline.target import Target, find_target
from workshop.pipeline.truth import MessageCounts, Truth, count_messages

__all__ = ["produce"]

LARGEST_SEED = 1_000_000
SHOWN_PROBLEMS = 5


OutOfOrderOption = Annotated[
    float, typer.Option(help="Percent of the newer versions that are sent before the older one.")
]
FileOption = Annotated[
    Path | None,
    typer.Option(help="Send this file of JSON lines instead, such as notebooks/data/sample-messages.jsonl."),
]


@cloud_options
def produce(  # noqa: PLR0913 - each argument is an option of the command
    stack: StackArgument,
    *,
    messages: Annotated[int, typer.Option(help="How many to send, duplicates included.", min=1)] = 10_000,
    rate: Annotated[float | None, typer.Option(help="Messages a second; else as fast as possible.")] = None,
    threads: Annotated[int, typer.Option(help="How many send at the same time.", min=1, max=64)] = 4,
    pack: PackOption = "1",
    duplicates: Annotated[float, typer.Option(help="Percent that repeat an earlier message.")] = 0.0,
    modify: Annotated[float, typer.Option(help="Percent that are newer versions of earlier trades.")] = 0.0,
    out_of_order: OutOfOrderOption = 0.0,
    cancel: Annotated[float, typer.Option(help="Percent of the newer versions that cancel the trade.")] = 0.0,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same messages.")] = None,
    run_id: Annotated[str | None, typer.Option(help="Mark that every message carries.")] = None,
    file: FileOption = None,
    as_json: JsonOption = False,
    cloud: CloudChoice,
) -> None:
    """Send risk messages into a pipeline; print what they were and which totals they must lead to."""
    with usage_errors():
        sending = ProducerOptions.of(threads, rate, pack)
        options = PlanOptions(
            messages=messages,
            seed=secrets.randbelow(LARGEST_SEED) if seed is None else seed,
            duplicates=duplicates,
            modify=modify,
            out_of_order=out_of_order,
            cancel=cancel,
            run_id=run_id,
        )
    connected = cloud.connect()
    target = find_target(connected, stack)
    people = console(stderr=as_json)
    planned = replace(options, levels=target.levels)
    entries, problems = _read(file, target, people) if file else (make_plan(planned).entries, ())
    result = _send(connected, target, entries, sending=sending, people=people)
    report = _Report(target, None if file else options.seed, result, problems)
    print_json(report.document()) if as_json else report.print(people)
    if result.refused:
        raise typer.Exit(1)


def _read(
    file: Path, target: Target, people: Console
) -> tuple[tuple[PlannedMessage, ...], tuple[InvalidMessageError, ...]]:
    """Read a file's messages, and say which lines are passed over."""
    read = read_message_file(file, target.order)
    if not read.entries:
        first = f"; the first problem: {read.problems[0]}" if read.problems else ""
        raise ConfigurationError(f"`{file}` holds no risk message{first}; write one JSON object a line")
    for problem in read.problems[:SHOWN_PROBLEMS]:
        people.print(f"{file}, {problem}; passed over", style="yellow", markup=False)
    if (more := len(read.problems) - SHOWN_PROBLEMS) > 0:
        people.print(f"{file}: {more} more lines passed over", style="yellow", markup=False)
    return read.entries, read.problems


def _send(
    cloud: Cloud,
    target: Target,
    entries: tuple[PlannedMessage, ...],
    *,
    sending: ProducerOptions,
    people: Console,
) -> ProduceResult:
    bar = Progress(
        TextColumn("Sending"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
        console=people,
    )
    with bar:
        task = bar.add_task("", total=len(entries), speed="")

        def show(sent: Sent) -> None:
            elapsed = bar.tasks[0].elapsed or 0.0
            speed = f"{sent.accepted / elapsed:,.0f} messages/s" if elapsed > 0 else ""
            bar.update(task, completed=sent.accepted, speed=speed)

        return send(
            cloud.client("kinesis"), target.outputs["StreamName"], entries, options=sending, on_progress=show
        )


@dataclass(frozen=True)
class _Report:
    """What a run was, for people and as a document; without a seed it was sent from a file."""

    target: Target
    seed: int | None
    result: ProduceResult
    problems: tuple[InvalidMessageError, ...]

    @cached_property
    def counts(self) -> MessageCounts:
        """What was sent."""
        return count_messages(self.result.messages)

    @cached_property
    def truth(self) -> Truth:
        """What the totals must become."""
        return self.target.truth_of(self.result.messages)

    def document(self) -> dict[str, Any]:
        """Return the run as one JSON document."""
        counts = asdict(self.counts)
        return {
            "stack": self.target.stack,
            "pipeline": self.target.pipeline,
            "seed": self.seed,
            "messages_sent": counts.pop("messages"),
            **counts,
            "resent": self.result.resent,
            "refused": len(self.result.refused),
            "outage": self.result.shortfall if self.result.outage else None,
            "bad_lines": [{"line": bad.line, "reason": bad.reason} for bad in self.problems],
            "seconds": round(self.result.seconds, 3),
            "messages_per_second": round(self.result.messages_per_second, 1),
            "truth": amounts(self.truth.totals),
        }

    def print(self, people: Console) -> None:
        """Print an example message, the counts, the true totals, and what was refused."""
        if self.result.example:
            people.print("An example of what was sent:")
            people.print(self.result.example.decode(), style="dim", markup=False)
        figures = Table.grid(padding=(0, 2, 0, 0))
        for name, value in self._figures():
            figures.add_row(name, value)
        people.print(figures)
        people.print()
        people.print("The totals of these messages must become:")
        people.print(draw_tree(tree_rows(self.truth.totals)))
        if self.result.outage:
            people.print(f"{self.result.shortfall}.", style="bold red", markup=False)
            return
        for refusal in self.result.refused[:SHOWN_PROBLEMS]:
            refused = f"Refused: trade `{refusal.entry.message.trade_id}`: {refusal.reason}"
            people.print(refused, style="red", markup=False)
        if self.result.refused:
            left_out = f"{len(self.result.refused):,} messages were refused and are not in these totals; "
            people.print(left_out + "send them again once the stream accepts them.", style="bold red")

    def _figures(self) -> list[tuple[str, str]]:
        counts, result = self.counts, self.result
        speed = f"{result.messages_per_second:,.0f} messages/s in {result.seconds:.1f} s"
        return [
            ("Sent", f"{counts.messages:,} ({speed})"),
            ("Distinct trades", f"{counts.distinct_trades:,}"),
            ("Duplicates", f"{counts.duplicates:,}"),
            ("Modifications", f"{counts.modified:,}, of which {counts.cancelled:,} cancel a trade"),
            ("Out of order", f"{counts.out_of_order:,}"),
            ("Sent again", f"{result.resent:,}"),
            ("Seed", "none, sent from a file" if self.seed is None else str(self.seed)),
        ]
