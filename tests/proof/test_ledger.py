"""The proof itself, in the size that fits into every test run; `make test-long` runs all of it."""

import pytest

from tests.effort import chunks
from workshop.proof.bench import ScheduleResult
from workshop.proof.proof import summed_up
from workshop.proof.schedules import make_schedule

SEEDS = chunks(75, long=2000, size=25)
# The rarest fault, a part of a put that is refused, strikes in one schedule of twenty-five.
LEAST_MET = 3


@pytest.fixture(scope="module")
def run_so_far() -> dict[int, ScheduleResult]:
    """The outcome of each schedule that has been run, by its seed."""
    return {}


@pytest.fixture
def outcomes_of(bench_of, run_so_far):
    """Return the outcomes of seeds, each of which is run the first time."""

    def find(seeds: range) -> list[ScheduleResult]:
        bench = bench_of("ledger")
        for seed in seeds:
            if seed not in run_so_far:
                run_so_far[seed] = bench.run(make_schedule(seed))
        return [run_so_far[seed] for seed in seeds]

    return find


@pytest.mark.parametrize("seeds", SEEDS)
def test_the_ledger_is_exact(outcomes_of, seeds: range) -> None:
    """Whatever fails and however batches come again, the ledger's totals are exact after every commit."""
    assert [outcome for outcome in outcomes_of(seeds) if not outcome.exact] == []


def test_every_kind_of_fault_is_met(outcomes_of) -> None:
    """Each kind of fault strikes in several of these schedules."""
    outcomes = [outcome for seeds in SEEDS for outcome in outcomes_of(seeds)]

    report = summed_up(outcomes, variant="ledger", pipeline="stateful")

    assert {kind: count.met for kind, count in report.by_fault.items() if count.met < LEAST_MET} == {}
