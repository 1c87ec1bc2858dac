"""In-process environments prove something about real ones: both run a schedule to the same end."""

import pytest

from workshop.cloud.fault_plan import FaultKind
from workshop.cloud.laboratory import Laboratory
from workshop.proof.bench import Bench, ScheduleResult
from workshop.proof.schedules import make_schedule

# What does not depend on how often a function asks for its settings, which real time decides in a process.
KINDS = {
    FaultKind.RE_BATCHED,
    FaultKind.BISECTED,
    FaultKind.DELAYED,
    FaultKind.CRASH_BEFORE,
    FaultKind.CRASH_AFTER,
    FaultKind.KILLED,
    FaultKind.TIMEOUT,
    FaultKind.DUPLICATE,
}
SEEDS = [
    seed
    for seed in range(1, 60)
    if {name.partition("@")[0] for name, rate in make_schedule(seed).faults.rates.items() if rate} <= KINDS
][:6]


def run(*, subprocesses: bool) -> list[ScheduleResult]:
    with Laboratory(subprocesses=subprocesses) as laboratory:
        bench = Bench(laboratory, variant="textbook")
        return [bench.run(make_schedule(seed)) for seed in SEEDS]


@pytest.mark.timeout(600)
def test_processes_of_their_own_agree() -> None:
    """A sample of schedules ends with the same totals, right or wrong, when functions are processes."""
    in_process, in_processes = run(subprocesses=False), run(subprocesses=True)

    assert in_process == in_processes
    assert {outcome.exact for outcome in in_process} == {True, False}
