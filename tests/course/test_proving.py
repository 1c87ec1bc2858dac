"""Proofs of several variants beside each other, each in a process of its own."""

import pytest

from workshop.clock import SystemClock
from workshop.course.tools.proving import ProofProgress, prove_variants
from workshop.errors import WorkshopError

VARIANTS = ("textbook", "ledger")


def test_every_schedule_is_told_when_it_ends() -> None:
    """A schedule is told as soon as it has ended, and the reports count what was told."""
    told: list[ProofProgress] = []

    reports = prove_variants(VARIANTS, 2, clock=SystemClock(), on_progress=told.append)

    assert told[0].ended == {"textbook": {}, "ledger": {}}
    assert told[0].running == {"textbook", "ledger"}
    last = told[-1]
    assert (last.schedules, last.running) == (2, frozenset())
    assert [sorted(last.ended[variant]) for variant in VARIANTS] == [[1, 2], [1, 2]]
    for variant in VARIANTS:
        assert reports[variant]["inexact"] == sum(not exact for exact in last.ended[variant].values())


def test_a_proof_without_a_report_says_why() -> None:
    """A process that ends without a report is an error with its exit code and its last words."""
    with pytest.raises(WorkshopError, match=r"exit code 2 and no report.*perfect"):
        prove_variants(("perfect",), 1, clock=SystemClock())
