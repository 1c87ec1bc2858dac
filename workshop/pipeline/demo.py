"""The demonstration: deploy a pipeline, send messages, wait for it, and compare the totals with the truth.

The same function serves the command, the tests and a notebook: it prints nothing, and returns everything
that a report needs, one value for each pipeline.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from workshop.clock import Clock, SystemClock
from workshop.cloud.connection import Cloud
from workshop.cloud.fault_plan import NO_FAULTS, FaultPlan
from workshop.deploy.stacks import deploy
from workshop.pipeline.aggregates import AggregateSnapshot, amounts, take_snapshot
from workshop.pipeline.compare_with_truth import Comparison, compare
from workshop.pipeline.messages import PlanOptions, make_plan
from workshop.pipeline.operations.live_faults import clear_faults, set_faults
from workshop.pipeline.producer.packing import Packing
from workshop.pipeline.producer.producer import ProduceResult, ProducerOptions, produce
from workshop.pipeline.settle import Patience, Settled, quiet_of, wait_until_settled
from workshop.pipeline.truth import (
    GRAND_TOTAL,
    MessageCounts,
    Truth,
    count_messages,
    stateful_truth,
    stateless_truth,
)

__all__ = ["PIPELINES", "DemoRun", "Observer", "deploy_pipelines", "plan_options", "run_pipelines"]

PIPELINES = ("stateless", "stateful")
SENDING = ProducerOptions(threads=2)
PATIENCE = Patience()
# After many failures in a row, a batch comes again only after a minute.
PATIENCE_WITH_FAULTS = Patience(quiet_seconds=5.0, unchanged_seconds=90.0, timeout_seconds=900.0)


@dataclass(frozen=True)
class Observer:
    """Whoever is told what happens: `step` when something new begins, `progress` how far it is."""

    step: Callable[[str], None] = lambda _: None
    progress: Callable[[str], None] = lambda _: None


@dataclass(frozen=True)
class DemoRun:
    """One pipeline's run: what was sent, what must come out, and what came out.

    `faults` counts what went wrong on purpose, None if nothing was to go wrong.
    """

    pipeline: str
    counts: MessageCounts
    produced: ProduceResult
    truth: Truth
    snapshot: AggregateSnapshot
    comparison: Comparison
    seconds: float
    faults: Mapping[str, int] | None = None

    @property
    def exact(self) -> bool:
        """Whether every message that was meant to be sent is in the totals exactly once."""
        return self.comparison.exact and not self.produced.refused

    @property
    def messages_per_second(self) -> float:
        """The throughput of the whole pipeline, from the first message sent to the last total committed."""
        return self.counts.messages / self.seconds if self.seconds > 0 else 0.0

    def document(self) -> dict[str, Any]:
        """Return the run in the form of `workshop demo --json`."""
        return {
            "pipeline": self.pipeline,
            "messages_sent": self.counts.messages,
            "distinct_trades": self.counts.distinct_trades,
            "duplicates": self.counts.duplicates,
            "modified": self.counts.modified,
            "out_of_order": self.counts.out_of_order,
            "exact": self.exact,
            "lost": self.comparison.lost,
            "duplicated": self.comparison.duplicated,
            "aggregates": amounts(self.snapshot.live_totals),
            "truth": amounts(self.truth.totals),
            "seconds": round(self.seconds, 3),
            "messages_per_second": round(self.messages_per_second, 1),
            "latency_seconds": self.snapshot.latency.summary(),
            **({} if self.faults is None else {"faults": dict(self.faults)}),
        }


def plan_options(pipeline: str, messages: int, seed: int) -> PlanOptions:
    """Return what the demonstration sends: to the stateful pipeline also duplicates and late versions."""
    if pipeline == "stateless":
        return PlanOptions(messages=messages, seed=seed)
    return PlanOptions(messages=messages, seed=seed, duplicates=12.5, modify=3, out_of_order=50, cancel=5)


def deploy_pipelines(
    cloud: Cloud, pipelines: Sequence[str], observer: Observer = Observer()
) -> dict[str, dict[str, str]]:
    """Deploy the finished solution of each pipeline, all at the same time; return the outputs of each."""
    observer.step(f"deploying {' and '.join(pipelines)}")
    with ThreadPoolExecutor(len(pipelines), thread_name_prefix="deploy") as pool:
        futures = {pipeline: pool.submit(deploy, cloud, pipeline) for pipeline in pipelines}
        return {pipeline: future.result().outputs for pipeline, future in futures.items()}


def run_pipelines(  # noqa: PLR0913 - what is run, and what a test takes the place of
    cloud: Cloud,
    stacks: Mapping[str, Mapping[str, str]],
    options: Mapping[str, PlanOptions],
    *,
    packing: Packing | None = None,
    faults: FaultPlan = NO_FAULTS,
    clock: Clock | None = None,
    patience: Patience | None = None,
    observer: Observer = Observer(),
) -> tuple[DemoRun, ...]:
    """Run one pipeline after the other, each from empty tables: `stacks` gives the outputs of each.

    `packing` says how many messages share a record. With `faults`, things go wrong while messages are on
    their way. At the very end all totals are read once more, so that what came late to the first is seen as
    well.

    Raises:
        NotSettledError: the totals of one still change after five minutes.
    """
    patience = patience or (PATIENCE if faults.is_empty else PATIENCE_WITH_FAULTS)
    sending = replace(SENDING, packing=packing)
    demo = _Demo(
        cloud, faults, sending=sending, clock=clock or SystemClock(), patience=patience, observer=observer
    )
    runs = [demo.run(pipeline, outputs, options[pipeline]) for pipeline, outputs in stacks.items()]
    return tuple(demo.look_again(run, stacks[run.pipeline]) for run in runs)


class _Demo:
    """A cloud with pipelines in it, and an observer."""

    def __init__(
        self,
        cloud: Cloud,
        faults: FaultPlan,
        *,
        sending: ProducerOptions,
        clock: Clock,
        patience: Patience,
        observer: Observer,
    ) -> None:
        self._cloud = cloud
        self._faults = faults
        self._sending = sending
        self._clock = clock
        self._patience = patience
        self._observer = observer

    def run(self, pipeline: str, outputs: Mapping[str, str], options: PlanOptions) -> DemoRun:
        """Send a plan, wait until the pipeline is at rest, and compare."""
        plan = make_plan(options)
        self._begin_faults(pipeline, outputs)
        started = self._clock.now()
        self._observer.step(f"{pipeline}: sending {len(plan.entries):,} messages")
        kinesis = self._cloud.client("kinesis")
        produced = produce(
            kinesis, outputs["StreamName"], plan.entries, options=self._sending, clock=self._clock
        )
        sent = list(produced.messages)
        truth = stateless_truth(sent) if pipeline == "stateless" else stateful_truth(sent)
        self._observer.step(f"{pipeline}: waiting for the totals")
        settled = wait_until_settled(
            lambda: self._read(outputs),
            truth,
            quiet=quiet_of(self._cloud, outputs, clock=self._clock),
            clock=self._clock,
            patience=self._patience,
            on_snapshot=lambda snapshot: self._observer.progress(_arrived(pipeline, snapshot, truth)),
        )
        met = None if self._faults.is_empty else clear_faults(self._cloud, outputs).met
        return DemoRun(
            pipeline=pipeline,
            counts=count_messages(sent),
            produced=produced,
            truth=truth,
            snapshot=settled.snapshot,
            comparison=compare(settled.snapshot, truth),
            seconds=_committed_at(settled, started) - started,
            faults=met,
        )

    def _begin_faults(self, pipeline: str, outputs: Mapping[str, str]) -> None:
        if self._faults.is_empty:
            return
        # Kinesis has no idempotent put: in the stateless pipeline a repeated message counts twice.
        wanted = self._faults.but_not("response_lost@producer") if pipeline == "stateless" else self._faults
        set_faults(self._cloud, outputs, wanted)

    def look_again(self, run: DemoRun, outputs: Mapping[str, str]) -> DemoRun:
        """Return the run with the totals as they are now."""
        snapshot = self._read(outputs)
        return replace(run, snapshot=snapshot, comparison=compare(snapshot, run.truth))

    def _read(self, outputs: Mapping[str, str]) -> AggregateSnapshot:
        return take_snapshot(self._cloud.client("dynamodb"), outputs["AggregateTableName"], clock=self._clock)


def _committed_at(settled: Settled, started: float) -> float:
    """When the last total was committed: as the pipeline says, or else when it was first seen."""
    stated = float(settled.snapshot.updated_at or 0)
    return stated if started < stated < settled.since else settled.since


def _arrived(pipeline: str, snapshot: AggregateSnapshot, truth: Truth) -> str:
    arrived, wanted = snapshot.trades.get(GRAND_TOTAL, 0), truth.trades[GRAND_TOTAL]
    return f"{pipeline}: {arrived:,} of {wanted:,} trades have arrived in the totals"
