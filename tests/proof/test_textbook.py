"""The textbook's guards, on the same schedules as the ledger."""

from workshop.proof.proof import summed_up
from workshop.proof.schedules import make_schedule


def test_the_textbook_breaks(bench_of) -> None:
    """Batches that are cut anew, split or late make the textbook's totals wrong, on the same schedules."""
    bench = bench_of("textbook")

    outcomes = [bench.run(make_schedule(seed)) for seed in range(1, 101)]

    report = summed_up(outcomes, variant="textbook", pipeline="stateful")
    for kind in ("re_batched", "bisected", "delayed"):
        assert report.by_fault[kind].inexact > 0, kind
    assert all(count.met > 3 for count in report.by_fault.values())
