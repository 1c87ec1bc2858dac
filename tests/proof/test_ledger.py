"""The proof itself, in the size that fits into every test run; `make test-long` runs all of it."""

import pytest

from tests.effort import chunks
from workshop.proof.schedules import make_schedule


@pytest.mark.parametrize("seeds", chunks(75, long=2000, size=25))
def test_the_ledger_is_exact(bench_of, seeds: range) -> None:
    """Whatever fails and however batches come again, the ledger's totals are exact after every commit."""
    bench = bench_of("ledger")

    outcomes = [bench.run(make_schedule(seed)) for seed in seeds]

    assert [outcome for outcome in outcomes if not outcome.exact] == []
