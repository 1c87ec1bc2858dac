"""Waiting until nothing moves in a pipeline, whatever its totals are.

The offline cloud tells how many records are on their way; then three looks are enough. On AWS a pipeline is
taken to be at rest when its totals have not changed for longer than a batch may be collected.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workshop.clock import Clock
from workshop.errors import NotSettledError
from workshop.pipeline.aggregates import AggregateSnapshot

__all__ = ["Rest", "wait_for_rest"]

LOOK_SECONDS = 0.4
# A poller that was just made needs a moment to find its shards, and counts nothing until then.
LOOKS_WITHOUT_PENDING = 3
UNCHANGED_SECONDS = 10.0
# A batch that fails again and again keeps its shard pending for ever; waiting for it ends nowhere.
STUCK_SECONDS = 30.0


@dataclass(frozen=True)
class Rest:
    """The totals when nothing moved any more; not `is_certain` if patience was at its end before."""

    snapshot: AggregateSnapshot
    pending: int | None
    is_certain: bool

    @property
    def held_up(self) -> str:
        """What has not arrived, in words; nothing if all has."""
        if self.pending:
            are = "record is" if self.pending == 1 else "records are"
            return f"{self.pending:,} {are} still on the way"
        return "" if self.is_certain else "the totals still change"


def wait_for_rest(
    read: Callable[[], AggregateSnapshot],
    pending: Callable[[], int | None],
    *,
    clock: Clock,
    timeout_seconds: float,
) -> Rest:
    """Return once nothing moves, at the latest when the time is over; never raises for what it sees."""
    started = changed_at = clock.now()
    seen: tuple[int | None, AggregateSnapshot] | None = None
    quiet_looks = 0
    while True:
        waiting = pending()
        try:
            look = waiting, read()
        except NotSettledError:
            look = None
        now = clock.now()
        if look is None or look != seen:
            seen, changed_at, quiet_looks = look, now, 0
        quiet_looks += waiting == 0
        if seen is not None and _is_at_rest(waiting, quiet_looks, unchanged_seconds=now - changed_at):
            return Rest(seen[1], waiting, is_certain=True)
        if now - started >= timeout_seconds:
            return Rest(seen[1] if seen else AggregateSnapshot(), waiting, is_certain=False)
        clock.sleep(LOOK_SECONDS)


def _is_at_rest(pending: int | None, quiet_looks: int, *, unchanged_seconds: float) -> bool:
    if pending is None:
        return unchanged_seconds >= UNCHANGED_SECONDS
    return quiet_looks >= LOOKS_WITHOUT_PENDING or unchanged_seconds >= STUCK_SECONDS
