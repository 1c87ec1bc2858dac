"""The sweep: crashes at every single write, and then every way in which a batch may come again."""

from collections import Counter

import pytest

from workshop.proof.sweep import small_schedules, sweep_schedules


@pytest.mark.parametrize("pipeline", ["stateful", "stateless"])
@pytest.mark.parametrize("size", ["small", "wide"])
def test_no_crash_point_breaks_the_ledger(bench_of, pipeline: str, size: str) -> None:
    """Crashed at any write of any function and delivered again in any way, a small batch counts once."""
    bench = bench_of("ledger", pipeline)
    base = small_schedules()[size == "wide"]

    outcomes = [bench.run(schedule) for schedule in sweep_schedules(bench, base)]

    assert len(outcomes) >= 36
    assert [outcome for outcome in outcomes if not outcome.exact] == []


def test_the_sweep_leaves_nothing_out(bench_of) -> None:
    """Every write of every stage is crashed before and after, and followed by every kind of re-delivery."""
    bench = bench_of()

    swept = [schedule.faults.strikes for schedule in sweep_schedules(bench, small_schedules()[0])]

    crashes = Counter(strike for strikes in swept for strike in strikes if strike.startswith("crash"))
    assert set(crashes.values()) == {6}
    for stage, writes in (("state", 9), ("map", 2), ("reduce", 2)):
        for write in range(1, writes + 1):
            assert f"crash_before@{stage}#{write}" in crashes
            assert f"crash_after@{stage}#{write}" in crashes
    for kind in ("re_batched", "bisected", "delayed"):
        assert any(strike.startswith(kind) for strikes in swept for strike in strikes)


def test_each_crash_of_the_sweep_happens(bench_of) -> None:
    """Every crash of the sweep strikes while batches come again as they were."""
    bench = bench_of()
    base = small_schedules()[0]
    as_it_was = [
        schedule
        for schedule in sweep_schedules(bench, base)
        if len(schedule.faults.strikes) == len(base.faults.strikes) + 1
    ]

    assert len(as_it_was) == 26
    for schedule in as_it_was:
        crashed = {kind for kind in bench.run(schedule).met if kind.startswith("crash")}

        assert len(crashed) == 1, schedule.faults.strikes
