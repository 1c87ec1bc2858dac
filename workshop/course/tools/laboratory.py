"""`ws.lab`: experiments that break things on purpose, or take the place of a part of AWS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from workshop.course.manual_poller import ManualPoller
from workshop.course.tools.bad_release import release_with_a_bug
from workshop.course.tools.proving import ProofProgress, prove_variants
from workshop.course.trials.stream_records import send_again
from workshop.errors import ConfigurationError

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["LabTools"]

VARIANTS = ("textbook", "ledger")
ProofWatcher = Callable[[], AbstractContextManager[Callable[[ProofProgress], None]]]


class LabTools:
    """Experiments with this pipeline; `watch_proof` is told how far a proof is while it runs."""

    def __init__(self, course: Course, watch_proof: ProofWatcher | None = None) -> None:
        self._course = course
        self._watch_proof = watch_proof

    def poller(self, function: str) -> ManualPoller:
        """Return yourself as the poller of a function whose mapping reads a table; for a `with` block.

        Blocks until the pipeline is at rest, then pauses the mapping; it goes on at the end of the block.
        `fetch(at_least=1)` waits for new records, at most 30 seconds, and returns them; `deliver(records)`
        gives them to the function as one batch and returns what it reported.
        """
        return ManualPoller(self._course, function)

    def release_with_bug(self) -> None:
        """Let StateLambda raise an error at every message that contains `friday`; `ws.deploy()` mends it."""
        release_with_a_bug(self._course)

    def send_again(self, report: Mapping[str, Any]) -> int:
        """Put the records that a report in FailureQueue names into the stream again; return how many."""
        if not isinstance(report, Mapping) or "KinesisBatchInfo" not in report:
            raise ConfigurationError(
                "this is no report of a discarded batch: that is the body of a message of FailureQueue, read "
                "as JSON, and its `KinesisBatchInfo` names the records"
            )
        return send_again(self._course, report)

    def advance(self, seconds: float) -> bool:
        """Put the offline cloud's clock forward; return False on AWS, whose clock nobody can move."""
        offline = self._course.cloud.offline
        if offline is not None:
            offline.advance(seconds)
        return offline is not None

    def prove(self, schedules: int = 10) -> dict[str, dict[str, Any]]:
        """Run `workshop prove` for the finished handlers of both variants side by side; return its reports.

        Blocks for about half a minute for ten schedules each. A report has `schedules`, `inexact`, and
        `by_fault` with how many schedules `met` each kind of fault, and how many of these were `inexact`.

        Raises:
            ConfigurationError: that is no number of schedules.
            WorkshopError: a proof ended without a report.
        """
        if isinstance(schedules, bool) or not isinstance(schedules, int) or schedules < 1:
            raise ConfigurationError(f"`schedules` is a whole number from 1 on, not `{schedules!r}`")
        clock = self._course.clock
        if self._watch_proof is None:
            with self._course.on_wait(f"for {2 * schedules} schedules, two at a time", str):
                return prove_variants(VARIANTS, schedules, clock=clock)
        with self._watch_proof() as tell:
            return prove_variants(VARIANTS, schedules, clock=clock, on_progress=tell)
