"""Waiting until a pipeline is at rest: nothing is under way any more, as far as anybody can tell.

The offline cloud says when its functions have nothing to do. AWS does not: there a pipeline counts as at rest
once what is looked at has not changed for some seconds. The same goes for a batch that fails again and
again, which keeps the offline cloud busy for ever.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from workshop.clock import Clock
from workshop.cloud.connection import Cloud
from workshop.errors import NotSettledError
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.compare_with_truth import compare
from workshop.pipeline.truth import Truth

__all__ = ["Look", "Patience", "Quiet", "Settled", "quiet_of", "wait_until_settled", "watch"]

T = TypeVar("T")

# Blocks for up to so many seconds until nothing is under way; returns whether that is so, None if nobody can
# tell. `Cloud.wait_until_quiet` with functions and a clock is one, and so is `Clock.sleep`: it asks nobody.
Quiet = Callable[[float], bool | None]


def quiet_of(cloud: Cloud, outputs: Mapping[str, str], *, clock: Clock) -> Quiet:
    """Return what waits for the functions of a stack with these outputs; `clock` is slept on for AWS."""
    functions = [name for key, name in outputs.items() if key.endswith("LambdaName")]
    return lambda seconds: cloud.wait_until_quiet(functions, seconds, clock=clock)


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
class Look(Generic[T]):
    """What was seen last, None if nothing could be, and since when (unix seconds) it is as it is.

    `is_at_rest` is False if the time was over before.
    """

    seen: T | None
    since: float
    is_at_rest: bool


@dataclass(frozen=True)
class Settled:
    """The totals at rest, and since when (unix seconds) they have been seen as they are."""

    snapshot: AggregateSnapshot
    since: float


def watch(
    look: Callable[[], T],
    quiet: Quiet,
    *,
    clock: Clock,
    unchanged_seconds: Callable[[T, bool | None], float],
    timeout_seconds: float,
    poll_seconds: float,
) -> Look[T]:
    """Look until nothing is under way; at the latest when the time is over.

    Where the cloud does not say that, or says that something is, rest is assumed once what is seen has not
    changed for `unchanged_seconds`, which depends on what is seen and what the cloud says (None: nothing). A
    look that raises NotSettledError counts as a change; `quiet` may raise whatever is to end the wait.
    """
    started = changed_at = clock.now()
    seen: T | None = None
    is_quiet = quiet(0.0)
    while True:
        # Looked at after the cloud was asked: what it knew to be done by then is seen.
        try:
            latest: T | None = look()
        except NotSettledError:
            latest = None
        now = clock.now()
        if latest is None or latest != seen:
            seen, changed_at = latest, now
        if seen is not None and (is_quiet or now - changed_at >= unchanged_seconds(seen, is_quiet)):
            return Look(seen, changed_at, is_at_rest=True)
        if now - started >= timeout_seconds:
            return Look(seen, changed_at, is_at_rest=False)
        is_quiet = quiet(poll_seconds)


def wait_until_settled(
    read: Callable[[], AggregateSnapshot],
    truth: Truth | None,
    *,
    quiet: Quiet,
    clock: Clock,
    patience: Patience = Patience(),
    on_snapshot: Callable[[AggregateSnapshot], None] = lambda _: None,
) -> Settled:
    """Return the totals once the pipeline is at rest; without a truth, once nothing moves.

    Raises:
        NotSettledError: it still moves at the end of the patience.
    """

    def look() -> AggregateSnapshot:
        snapshot = read()
        on_snapshot(snapshot)
        return snapshot

    def unchanged_seconds(snapshot: AggregateSnapshot, _: bool | None) -> float:
        exact = truth is not None and compare(snapshot, truth).exact
        return patience.quiet_seconds if exact else patience.unchanged_seconds

    found = watch(
        look,
        quiet,
        clock=clock,
        unchanged_seconds=unchanged_seconds,
        timeout_seconds=patience.timeout_seconds,
        poll_seconds=patience.poll_seconds,
    )
    if found.seen is None or not found.is_at_rest:
        raise NotSettledError(
            f"the totals still change after {patience.timeout_seconds:.0f} seconds; "
            "look for retries in the functions' logs, or wait longer"
        )
    return Settled(found.seen, found.since)
