"""The totals of a pipeline in which nothing moves, whatever they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from workshop.clock import Clock
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.settle import Quiet, watch

__all__ = ["Rest", "of_one_moment", "wait_for_rest"]

T = TypeVar("T")
# How often totals are looked at or judged anew because messages came meanwhile.
LOOKS = 3

LOOK_SECONDS = 0.4
# Longer than a batch may be collected on AWS.
UNCHANGED_SECONDS = 10.0
# A batch that fails again and again keeps its shard busy for ever; waiting for it ends nowhere.
STUCK_SECONDS = 30.0


@dataclass(frozen=True)
class Rest:
    """The totals when nothing moved any more; not `is_certain` if patience was at its end before.

    `pending` counts the records that no stage has finished with, None where the cloud does not tell.
    `trouble` names the functions that fail meanwhile, with their last error.
    """

    snapshot: AggregateSnapshot
    pending: int | None
    is_certain: bool
    trouble: str = ""

    @property
    def held_up(self) -> str:
        """What has not arrived, in words; nothing if all has."""
        if self.pending:
            are = "record is" if self.pending == 1 else "records are"
            return f"{self.pending:,} {are} still on the way. {self.trouble}".rstrip(" .")
        return "" if self.is_certain else "the totals still change"


def wait_for_rest(
    read: Callable[[], AggregateSnapshot],
    pending: Callable[[], int | None],
    quiet: Quiet,
    trouble: Callable[[], str] = str,
    *,
    clock: Clock,
    timeout_seconds: float,
) -> Rest:
    """Return once nothing moves, at the latest when the time is over; never raises for what it sees."""
    ends = clock.now() + timeout_seconds
    for _ in range(LOOKS):
        found = watch(
            read,
            quiet,
            clock=clock,
            unchanged_seconds=lambda _, told: UNCHANGED_SECONDS if told is None else STUCK_SECONDS,
            timeout_seconds=ends - clock.now(),
            poll_seconds=LOOK_SECONDS,
        )
        left = pending()
        # What has come since then, from somebody else, is not stuck.
        if not left or not found.is_at_rest or clock.now() - found.since >= STUCK_SECONDS:
            break
    told = trouble() if left or not found.is_at_rest else ""
    return Rest(found.seen or AggregateSnapshot(), left, is_certain=found.is_at_rest, trouble=told)


def of_one_moment(
    sent: Callable[[], object], rest_state: Callable[[], Rest], judge: Callable[[Rest], T]
) -> T:
    """Judge totals at rest by the messages that led to them; if more keep coming, as totals that move."""
    for _ in range(LOOKS):
        before, rest = sent(), rest_state()
        judged = judge(rest)
        if sent() == before:
            return judged
    return judge(replace(rest, is_certain=False))
