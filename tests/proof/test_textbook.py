"""The textbook's guards, on the same schedules as the ledger."""

from workshop.proof.proof import summed_up
from workshop.proof.schedules import make_schedule

SCHEDULES = 100
BREAKS = ("re_batched", "bisected", "delayed")


def test_the_textbook_breaks(bench_of) -> None:
    """Batches that are cut anew, split or late make the textbook's totals wrong, on the same schedules."""
    bench, outcomes, unbroken = bench_of("textbook"), [], set(BREAKS)

    for seed in range(1, SCHEDULES + 1):
        outcomes.append(bench.run(make_schedule(seed)))
        by_fault = summed_up(outcomes, variant="textbook", pipeline="stateful").by_fault
        unbroken = {kind for kind in BREAKS if not by_fault[kind].inexact}
        if not unbroken:
            break

    assert unbroken == set()
