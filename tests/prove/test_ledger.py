"""The proof itself, in the size that fits into every test run; `workshop prove` runs more of it."""

import pytest

from workshop.checks.prove import summed_up
from workshop.checks.prove_schedules import make_schedule
from workshop.checks.prove_sweep import small_schedules, sweep_schedules

CHUNK = 25
# 300 schedules for the stateful pipeline, 100 for the stateless one.
STATEFUL = range(1, 301, CHUNK)
STATELESS = range(1, 101, CHUNK)


@pytest.mark.parametrize(
    ("pipeline", "first"),
    [*(("stateful", first) for first in STATEFUL), *(("stateless", first) for first in STATELESS)],
)
def test_the_ledger_is_exact(bench_of, pipeline: str, first: int) -> None:
    """Whatever fails and however batches come again, the ledger's totals are exact after every commit."""
    bench = bench_of("ledger", pipeline)

    outcomes = [bench.run(make_schedule(seed, pipeline)) for seed in range(first, first + CHUNK)]

    assert [outcome for outcome in outcomes if not outcome.exact] == []


@pytest.mark.parametrize("pipeline", ["stateful", "stateless"])
@pytest.mark.parametrize("size", ["small", "wide"])
def test_no_crash_point_breaks_the_ledger(bench_of, pipeline: str, size: str) -> None:
    """Crashed at any write of any function and delivered again in any way, a small batch counts once."""
    bench = bench_of("ledger", pipeline)
    base = small_schedules()[size == "wide"]

    outcomes = [bench.run(schedule) for schedule in sweep_schedules(bench, base)]

    assert len(outcomes) >= 36
    assert all(outcome.met for outcome in outcomes)
    assert [outcome for outcome in outcomes if not outcome.exact] == []


def test_the_textbook_breaks(bench_of) -> None:
    """Batches that are cut anew, split or late make the textbook's totals wrong, on the same schedules."""
    bench = bench_of("textbook")

    outcomes = [bench.run(make_schedule(seed)) for seed in range(1, 101)]

    report = summed_up(outcomes, variant="textbook", pipeline="stateful")
    for kind in ("re_batched", "bisected", "delayed"):
        assert report.by_fault[kind].inexact > 0, kind
    assert all(count.met > 3 for kind, count in report.by_fault.items() if kind != "poison")
