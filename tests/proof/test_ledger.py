"""The proof itself, in the size that fits into every test run; `workshop prove` runs more of it."""

import pytest

from workshop.proof.schedules import make_schedule

CHUNK = 25


@pytest.mark.parametrize("first", range(1, 301, CHUNK))
def test_the_ledger_is_exact(bench_of, first: int) -> None:
    """Whatever fails and however batches come again, the ledger's totals are exact after every commit."""
    bench = bench_of("ledger")

    outcomes = [bench.run(make_schedule(seed)) for seed in range(first, first + CHUNK)]

    assert [outcome for outcome in outcomes if not outcome.exact] == []
