"""The proof of the stateless pipeline, whose Map has a ledger for each shard of the stream."""

import pytest

from tests.effort import chunks
from workshop.proof.schedules import make_schedule


@pytest.mark.parametrize("seeds", chunks(50, long=2000, size=25))
def test_the_stateless_ledger_is_exact(bench_of, seeds: range) -> None:
    """Whatever fails and however batches come again, every message that was put counts exactly once."""
    bench = bench_of("ledger", "stateless")

    outcomes = [bench.run(make_schedule(seed, "stateless")) for seed in seeds]

    assert [outcome for outcome in outcomes if not outcome.exact] == []
