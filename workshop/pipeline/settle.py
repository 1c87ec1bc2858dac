"""Waiting until a pipeline is at rest: nothing is on its way any more, as far as a reader can tell.

A pipeline does not say when it is done. It is taken to be at rest when its totals equal the truth and stay so
for a few seconds, or when they differ and nothing at all has moved for longer than any retry should pause.
"""

from collections.abc import Callable
from dataclasses import dataclass

from workshop.clock import Clock
from workshop.errors import NotSettledError
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.comparison import compare
from workshop.pipeline.truth import Truth

__all__ = ["Patience", "Settled", "wait_until_settled"]


@dataclass(frozen=True)
class Patience:
    """How long to watch: unchanged for how long when exact, when not exact, and how long at most.

    `poll_seconds` is generous on purpose, since on a small machine every look takes time from the pipeline.
    """

    quiet_seconds: float = 1.0
    unchanged_seconds: float = 30.0
    timeout_seconds: float = 300.0
    poll_seconds: float = 1.0


@dataclass(frozen=True)
class Settled:
    """The totals at rest, and since when (unix seconds) they have been seen as they are."""

    snapshot: AggregateSnapshot
    since: float


def wait_until_settled(
    read: Callable[[], AggregateSnapshot],
    truth: Truth | None,
    *,
    clock: Clock,
    patience: Patience = Patience(),
    on_snapshot: Callable[[AggregateSnapshot], None] | None = None,
) -> Settled:
    """Return the totals once the pipeline is at rest; without a truth, once nothing moves.

    Raises:
        NotSettledError: it still moves at the end of the patience.
    """
    started = clock.now()
    latest, changed_at = read(), clock.now()
    while True:
        if on_snapshot:
            on_snapshot(latest)
        exact = truth is not None and compare(latest, truth).exact
        needed = patience.quiet_seconds if exact else patience.unchanged_seconds
        if clock.now() - changed_at >= needed:
            return Settled(latest, changed_at)
        if clock.now() - started >= patience.timeout_seconds:
            raise NotSettledError(
                f"the totals still change after {patience.timeout_seconds:.0f} seconds; "
                "look for retries in the functions' logs, or wait longer"
            )
        clock.sleep(patience.poll_seconds)
        snapshot = read()
        if snapshot != latest:
            latest, changed_at = snapshot, clock.now()
