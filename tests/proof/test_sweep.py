"""The sweep: crashes at every single write, and then every way in which a batch may come again."""

from collections import Counter

import pytest

from tests.effort import LONG
from workshop.cloud.fault_plan import FaultKind
from workshop.proof.bench import Bench, ScheduleResult
from workshop.proof.schedules import FaultSchedule
from workshop.proof.sweep import small_schedules, sweep_schedules

SMALL, WIDE = small_schedules()
Swept = list[tuple[FaultSchedule, ScheduleResult]]
# In how many ways a batch comes again after each crash; three of them regroup it, each by a seed of its own.
DELIVERIES = 6
REGROUPINGS = 3


def tried(schedules: list[FaultSchedule]) -> list[FaultSchedule]:
    """Return the schedules to run: in the short form one regrouping after each crash, one after the other."""
    return [
        schedule
        for place, schedule in enumerate(schedules)
        if LONG
        or not schedule.faults.strikes[-1].startswith(FaultKind.RE_BATCHED)
        or schedule.faults.seed == 1 + place // DELIVERIES % REGROUPINGS
    ]


@pytest.fixture(scope="module")
def run_so_far() -> dict[tuple[str, bool], Swept]:
    """The sweeps that have been run, by pipeline and by whether they are wide."""
    return {}


@pytest.fixture
def swept(bench_of, run_so_far):
    """Return what came of each schedule of a sweep, which is run the first time."""

    def find(pipeline: str, base: FaultSchedule) -> Swept:
        key = (pipeline, base.is_wide)
        if key not in run_so_far:
            bench: Bench = bench_of("ledger", pipeline)
            schedules = list(sweep_schedules(bench, base))
            assert len(schedules) % DELIVERIES == 0
            run_so_far[key] = [(schedule, bench.run(schedule)) for schedule in tried(schedules)]
        return run_so_far[key]

    return find


@pytest.mark.parametrize("pipeline", ["stateful", "stateless"])
@pytest.mark.parametrize("base", [SMALL, WIDE], ids=["small", "wide"])
def test_no_crash_point_breaks_the_ledger(swept, pipeline: str, base: FaultSchedule) -> None:
    """Crashed at any write of any function and delivered again in any way, a small batch counts once."""
    outcomes = [outcome for _, outcome in swept(pipeline, base)]

    assert len(outcomes) >= 24
    assert [outcome for outcome in outcomes if not outcome.exact] == []


def test_the_sweep_leaves_nothing_out(bench_of) -> None:
    """Every write of every stage is crashed before and after, and followed by every kind of re-delivery."""
    bench = bench_of()

    swept = [schedule.faults.strikes for schedule in sweep_schedules(bench, SMALL)]

    crashes = Counter(strike for strikes in swept for strike in strikes if strike.startswith("crash"))
    assert set(crashes.values()) == {6}
    for stage, writes in (("state", 9), ("map", 2), ("reduce", 2)):
        for write in range(1, writes + 1):
            assert f"crash_before@{stage}#{write}" in crashes
            assert f"crash_after@{stage}#{write}" in crashes
    for kind in ("re_batched", "bisected", "delayed"):
        assert any(strike.startswith(kind) for strikes in swept for strike in strikes)


def test_each_crash_of_the_sweep_happens(swept) -> None:
    """Every crash of the sweep strikes while batches come again as they were."""
    as_it_was = [
        (schedule, outcome)
        for schedule, outcome in swept("stateful", SMALL)
        if len(schedule.faults.strikes) == len(SMALL.faults.strikes) + 1
    ]

    assert len(as_it_was) == 26
    for schedule, outcome in as_it_was:
        crashed = {kind for kind in outcome.met if kind.startswith("crash")}

        assert len(crashed) == 1, schedule.faults.strikes
