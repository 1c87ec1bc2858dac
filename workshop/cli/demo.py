"""`workshop demo`: both pipelines on a cloud of their own, from nothing to totals held against the truth."""

from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from workshop.cli.options import JsonOption, PackOption, PipelineName, console, print_json, usage_errors
from workshop.cli.views.demo_report import draw_example, draw_runs, example_document
from workshop.cloud.connection import Cloud
from workshop.cloud.fault_plan import FaultPlan
from workshop.cloud.temporary import temporary_cloud
from workshop.deploy.stacks import deploy
from workshop.pipeline.demo import PIPELINES, DemoRun, Observer, deploy_pipelines, plan_options, run_pipelines
from workshop.pipeline.example import Example, run_example
from workshop.pipeline.producer.packing import packing_of

__all__ = ["demo"]


class FaultChoice(StrEnum):
    """The choices of `--faults`; see `workshop faults` for single ones."""

    NONE = "none"
    LAB = "lab"
    ALL = "all"


def demo(  # noqa: PLR0913 - each argument is an option of the command
    *,
    pipeline: Annotated[PipelineName | None, typer.Option(help="Run this one alone; otherwise both.")] = None,
    messages: Annotated[int, typer.Option(help="How many to send, duplicates included.", min=1)] = 10_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same messages.")] = 1,
    pack: PackOption = "auto",
    example: Annotated[bool, typer.Option("--example", help="Follow five messages instead.")] = False,
    faults: Annotated[
        FaultChoice, typer.Option(help="What goes wrong on purpose meanwhile.")
    ] = FaultChoice.NONE,
    as_json: JsonOption = False,
) -> None:
    """Deploy the finished pipelines offline, send messages, and compare the totals with the truth.

    Runs on a cloud of its own, which is gone afterwards; costs nothing. Ends with 0 only if all is exact.
    """
    people = console(stderr=as_json)
    steps = _Steps(people)
    observer = Observer(steps.step, steps.status.update)
    if example:
        with steps.status, temporary_cloud() as cloud:
            rows = _run_example(cloud, observer)
        if as_json:
            print_json(example_document(rows))
        else:
            people.print(draw_example(rows))
        exact = rows.row_of_m2_and_m5 is not None
    else:
        chosen = (pipeline.value,) if pipeline else PIPELINES
        with usage_errors():
            options = {name: plan_options(name, messages, seed) for name in chosen}
            packing = packing_of(pack)
        with steps.status, temporary_cloud() as cloud:
            stacks = deploy_pipelines(cloud, chosen, observer)
            plan = FaultPlan.from_words([faults.value], seed=seed)
            runs = run_pipelines(cloud, stacks, options, packing=packing, faults=plan, observer=observer)
        _report(runs, people, as_json=as_json, single=pipeline is not None)
        exact = all(run.exact for run in runs)
    if not exact:
        raise typer.Exit(1)


def _run_example(cloud: Cloud, observer: Observer) -> Example:
    observer.step("deploying stateful")
    # One shard, so that each group of messages is one batch of StateLambda however busy the machine is.
    outputs = deploy(cloud, "stateful", parameters={"ShardCount": "1"}).outputs
    return run_example(cloud, outputs, on_step=observer.step)


def _report(runs: tuple[DemoRun, ...], people: Console, *, as_json: bool, single: bool) -> None:
    if not as_json:
        people.print(draw_runs(runs))
        people.print("Offline, on a cloud of its own that is gone again; it cost nothing.", style="dim")
    elif single:
        print_json(runs[0].document())
    else:
        print_json({"runs": [run.document() for run in runs]})


class _Steps:
    """Says what is going on: a line that changes in a terminal, elsewhere one line for each step."""

    def __init__(self, people: Console) -> None:
        self._people = people
        # A spinner takes time from the pipelines; twice a second is enough to see that something happens.
        self.status = people.status("", refresh_per_second=2)
        self.step("starting the offline cloud")

    def step(self, text: str) -> None:
        """Say what begins now; a script that reads JSON hears nothing."""
        self.status.update(text)
        if not self._people.is_terminal and not self._people.stderr:
            self._people.print(text)
