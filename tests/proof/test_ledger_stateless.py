"""The proof of the stateless pipeline, whose Map has a ledger for each shard of the stream."""

import pytest

from workshop.proof.schedules import make_schedule

CHUNK = 25


@pytest.mark.parametrize("first", range(1, 101, CHUNK))
def test_the_stateless_ledger_is_exact(bench_of, first: int) -> None:
    """Whatever fails and however batches come again, every message that was put counts exactly once."""
    bench = bench_of("ledger", "stateless")

    outcomes = [bench.run(make_schedule(seed, "stateless")) for seed in range(first, first + CHUNK)]

    assert [outcome for outcome in outcomes if not outcome.exact] == []
