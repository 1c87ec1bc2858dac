"""A benchmark from its first to its last measurement, each in a cloud of its own."""

import os
import platform
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from workshop import __version__
from workshop.bench.calls import Found, measure_put_records, measure_transactions
from workshop.bench.clouds import MeasuredCloud, measured_cloud
from workshop.bench.figures import HIGHER, Arrivals, BenchReport, Figure, figure
from workshop.bench.functions import measure_tree, measure_updates
from workshop.bench.idle import measure_idle
from workshop.bench.peer import PEER, compared, peer_cloud
from workshop.bench.pipeline_figures import LeastCost, figures_of, latencies_of
from workshop.bench.pipelines import LoadedPipeline
from workshop.bench.plan import PARTS, Plan
from workshop.bench.processes import BYTES_OF_A_MB
from workshop.bench.starting import measure_start
from workshop.pipeline.demo import PIPELINES, Observer
from workshop.pipeline.producer.packing import Packing, packing_of

__all__ = ["run_bench"]

PACE = 0.8


def run_bench(
    plan: Plan, parts: Collection[str], observer: Observer, *, pack: str = "auto", peer: Path | None = None
) -> BenchReport:
    """Measure these parts, and return all that was found; nothing is left behind.

    `pack` tells how many messages share a record, as `workshop produce --pack` does. Where updates and
    transactions are measured, the program `peer` is measured as well.

    Raises:
        ValueError: nobody can pack so.
        NotSettledError: a pipeline or function needs far longer than a slow one may.
    """
    bench = _Bench(plan, observer, packing_of(pack), peer)
    for part in (each for each in PARTS if each in parts):
        MEASUREMENTS[part](bench)
    options = {
        "plan": plan.name,
        "pack": pack,
        "parts": [each for each in PARTS if each in parts],
        "peer": PEER if peer else "",
    }
    return BenchReport(
        __version__, _machine(), options, tuple(bench.figures), tuple(bench.inexact), bench.arrivals
    )


@dataclass
class _Bench:
    """What was found so far."""

    plan: Plan
    observer: Observer
    packing: Packing | None
    peer: Path | None
    figures: list[Figure] = field(default_factory=list)
    inexact: list[str] = field(default_factory=list)
    arrivals: dict[str, Arrivals] = field(default_factory=dict)

    @contextmanager
    def cloud(self, name: str) -> Iterator[MeasuredCloud]:
        """Say what begins, and run a fresh cloud for it."""
        self.observer.step(name)
        with measured_cloud() as measured:
            yield measured

    def keep(self, name: str, found: Found) -> None:
        """Keep figures, and whether they are of something exact."""
        figures, exact = found
        self.figures += figures
        if not exact:
            self.inexact.append(name)

    def start(self) -> None:
        with self.cloud("start") as measured:
            self.figures += measure_start(measured, self.observer.progress)

    def pipelines(self) -> None:
        for pipeline in PIPELINES:
            rates = [self._pipeline(pipeline, size) for size in self.plan.sizes[pipeline]]
            if len(rates) > 1:
                largest = max(
                    index for index, size in enumerate(self.plan.sizes[pipeline]) if size <= 1_000_000
                )
                what = f"{pipeline}: rate at {self.plan.sizes[pipeline][largest]:,} messages over rate at "
                smallest = f"{self.plan.sizes[pipeline][0]:,}"
                ratio = rates[largest] / rates[0]
                self.figures.append(
                    figure(f"{pipeline}.flatness", what + smallest, ratio, "ratio", better=HIGHER)
                )

    def _pipeline(self, pipeline: str, size: int) -> float:
        name = f"{pipeline}.{size}"
        with self.cloud(f"{pipeline}, {size:,} messages") as measured:
            loaded = LoadedPipeline(measured, pipeline, progress=self.observer.progress, packing=self.packing)
            run = loaded.run(size)
            self.keep(name, (figures_of(name, run, LeastCost.measured(measured.cloud, pipeline)), run.exact))
            self.arrivals[name] = run.arrivals
            if size == self.plan.paced_after or len(self.plan.sizes[pipeline]) == 1:
                self._paced(loaded, pipeline, run.rate * PACE)
        return run.rate

    def _paced(self, loaded: LoadedPipeline, pipeline: str, rate: float) -> None:
        self.observer.step(f"{pipeline}, {rate:,.0f} messages/s")
        run = loaded.run(max(1, round(rate * self.plan.paced_seconds)), rate=rate)
        name = f"{pipeline}.paced"
        self.keep(name, (latencies_of(name, f"{pipeline} at 80 % of its rate", run), run.exact))
        self.arrivals[name] = run.arrivals

    def put(self) -> None:
        with self.cloud("PutRecords") as measured:
            self.keep("put_records", measure_put_records(measured, self.plan, self.observer.progress))

    def transactions(self) -> None:
        name, peer = "transactions", self.peer
        with self.cloud(name) as measured, peer_cloud(peer) if peer else nullcontext() as other:
            clouds = [measured] if other is None else [measured, other]
            own, *others = measure_transactions(clouds, self.plan, self.observer.progress)
        self.keep(name, own)
        for found in others:
            self.keep(f"{name}.peer", compared(name, own, found))

    def updates(self) -> None:
        for shards in self.plan.update_shards:
            measure = partial(measure_updates, shards=shards)
            self._beside_the_peer(f"updates.{shards}_shards", f"updates from {shards} shards", measure)

    def _beside_the_peer(self, name: str, step: str, measure: Callable[..., Found]) -> None:
        with self.cloud(step) as measured:
            own = measure(measured, self.plan, self.observer.progress)
        self.keep(name, own)
        if self.peer is not None:
            self.observer.step(f"{step}, {PEER}")
            with peer_cloud(self.peer) as measured:
                others = measure(measured, self.plan, self.observer.progress)
            self.keep(f"{name}.peer", compared(name, own, others))

    def tree(self) -> None:
        with self.cloud("many shards and functions") as measured:
            self.keep("tree", measure_tree(measured, self.plan, self.observer.progress))

    def idle(self) -> None:
        self.observer.step("idle stacks")
        self.figures += measure_idle(self.plan, self.observer.progress)


MEASUREMENTS: Mapping[str, Callable[[_Bench], None]] = {
    "start": _Bench.start,
    "pipelines": _Bench.pipelines,
    "put": _Bench.put,
    "transactions": _Bench.transactions,
    "updates": _Bench.updates,
    "tree": _Bench.tree,
    "idle": _Bench.idle,
}


def _machine() -> dict[str, Any]:
    return {
        "system": platform.system(),
        "python": platform.python_version(),
        "cores": os.cpu_count() or 1,
        "memory_mb": round(psutil.virtual_memory().total / BYTES_OF_A_MB),
        "load_before": [round(each, 2) for each in psutil.getloadavg()],
    }
