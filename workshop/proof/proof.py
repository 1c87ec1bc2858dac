"""The proof: many schedules of faults and re-deliveries, each judged exactly, counted by the faults they met.

A report counts the schedules of a range of seeds. The functions are deployed bundles of a variant of the
handlers; the cloud is the offline cloud's code in this process, `workshop.cloud.laboratory`.
"""

import signal
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from typing import Any

from workshop.cloud.child_processes import kill_workers
from workshop.cloud.laboratory import Laboratory
from workshop.proof.bench import Bench, ScheduleResult
from workshop.proof.schedules import REPORTED_KINDS, make_schedule
from workshop.proof.sweep import small_schedules, sweep_schedules

__all__ = ["KindCount", "Report", "prove", "prove_sweep", "summed_up"]

# What a worker process is given at a time.
CHUNK = 25

Listener = Callable[[ScheduleResult], None]


@dataclass(frozen=True)
class KindCount:
    """How many schedules met a kind of fault, and how many of these were not exact."""

    met: int
    inexact: int


@dataclass(frozen=True)
class Report:
    """What the schedules have shown."""

    variant: str
    pipeline: str
    schedules: int
    failures: tuple[ScheduleResult, ...]
    by_fault: dict[str, KindCount]

    def document(self) -> dict[str, Any]:
        """Return the report in the form of `workshop prove --json`."""
        return {
            "variant": self.variant,
            "pipeline": self.pipeline,
            "schedules": self.schedules,
            "inexact": len(self.failures),
            "by_fault": {kind: asdict(count) for kind, count in self.by_fault.items()},
            "inexact_seeds": [failure.seed for failure in self.failures],
        }


def summed_up(outcomes: Iterable[ScheduleResult], *, variant: str, pipeline: str) -> Report:
    """Return the report on these outcomes."""
    met: Counter[str] = Counter()
    inexact: Counter[str] = Counter()
    failures, total = [], 0
    for outcome in outcomes:
        total += 1
        met.update(set(outcome.met))
        if not outcome.exact:
            failures.append(outcome)
            inexact.update(set(outcome.met))
    others = sorted(met.keys() - set(REPORTED_KINDS))
    kinds = [*map(str, REPORTED_KINDS), *others]
    by_fault = {kind: KindCount(met[kind], inexact[kind]) for kind in kinds}
    failures.sort(key=lambda failure: failure.seed)
    return Report(variant, pipeline, total, tuple(failures), by_fault)


def prove(  # noqa: PLR0913 - what is proved, and how
    variant: str,
    *,
    pipeline: str = "stateful",
    schedules: int = 2_000,
    seed: int = 1,
    jobs: int = 1,
    is_packed: bool = False,
    on_outcome: Listener | None = None,
) -> Report:
    """Run the schedules of the seeds from `seed` on, in this process or in several others.

    With `is_packed`, every second portion of messages comes in records of several.

    Raises:
        BundleError: the variant's handlers cannot be packed.
    """
    seeds = range(seed, seed + schedules)
    run = _run_here if jobs == 1 or schedules <= CHUNK else _run_in_processes
    # Closed at once also after an interrupt: else the interpreter would wait for its workers at its end.
    with closing(run(variant, pipeline, seeds, jobs, is_packed=is_packed)) as outcomes:
        return summed_up(_told(outcomes, on_outcome), variant=variant, pipeline=pipeline)


def prove_sweep(
    variant: str,
    *,
    pipeline: str = "stateful",
    is_packed: bool = False,
    on_outcome: Listener | None = None,
) -> Report:
    """Crash small batches at every write, before and after, and deliver them again in every way."""
    with Laboratory() as laboratory:
        bench = Bench(laboratory, pipeline=pipeline, variant=variant, is_packed=is_packed)
        swept = (each for base in small_schedules() for each in sweep_schedules(bench, base))
        outcomes = _told(map(bench.run, swept), on_outcome)
        return summed_up(outcomes, variant=variant, pipeline=pipeline)


def _told(outcomes: Iterable[ScheduleResult], listener: Listener | None) -> Iterator[ScheduleResult]:
    for outcome in outcomes:
        if listener is not None:
            listener(outcome)
        yield outcome


def _run_here(
    variant: str, pipeline: str, seeds: range, _jobs: int, *, is_packed: bool
) -> Generator[ScheduleResult, None, None]:
    with Laboratory() as laboratory:
        bench = Bench(laboratory, pipeline=pipeline, variant=variant, is_packed=is_packed)
        for seed in seeds:
            yield bench.run(make_schedule(seed, pipeline))


def _run_in_processes(
    variant: str, pipeline: str, seeds: range, jobs: int, *, is_packed: bool
) -> Generator[ScheduleResult, None, None]:
    chunks = [seeds[start : start + CHUNK] for start in range(0, len(seeds), CHUNK)]
    # Not forked: a laboratory belongs to the process that made it.
    with ProcessPoolExecutor(
        jobs, get_context("spawn"), initializer=_open_bench, initargs=(variant, pipeline, is_packed)
    ) as pool:
        with _deaf_to_interrupts():
            waiting = [pool.submit(_run_chunk, chunk) for chunk in chunks]
        try:
            for each in waiting:
                yield from each.result()
        except BaseException:
            # Whoever has had enough does not wait for what the workers are at.
            kill_workers(pool)
            raise


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Start processes that do not hear Ctrl-C: a terminal tells it all, and this one ends them."""
    if threading.current_thread() is not threading.main_thread():
        yield  # nobody else may say what happens at a signal
        return
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, heard)


_BENCHES: list[Bench] = []


def _open_bench(variant: str, pipeline: str, is_packed: bool) -> None:
    # Processes inherit that they are deaf, but not on Windows.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _BENCHES[:] = [Bench(Laboratory(), pipeline=pipeline, variant=variant, is_packed=is_packed)]


def _run_chunk(seeds: range) -> list[ScheduleResult]:
    bench = _BENCHES[0]
    return [bench.run(make_schedule(seed, bench.pipeline)) for seed in seeds]
