"""Waiting until a pipeline is at rest."""

from decimal import Decimal

import pytest

from workshop.clock import ManualClock
from workshop.errors import NotSettledError
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.settle import Patience, Quiet, wait_until_settled, watch
from workshop.pipeline.truth import Truth

TRUTH = Truth({"Grand Total": Decimal(10)}, {"Grand Total": 10}, frozenset())
PATIENCE = Patience(quiet_seconds=3, unchanged_seconds=20, timeout_seconds=100, poll_seconds=1)


def at(total: int) -> AggregateSnapshot:
    return AggregateSnapshot(totals={"Grand Total": Decimal(total)}, trades={"Grand Total": total})


def timeline(clock: ManualClock, *steps: tuple[float, int]):
    """A reader of a total that takes each value from its time on."""
    start = clock.now()

    def read() -> AggregateSnapshot:
        return at([total for since, total in steps if clock.now() - start >= since][-1])

    return read


def untold(clock: ManualClock) -> Quiet:
    """A cloud that does not tell whether anything is under way, as AWS."""

    def quiet(seconds: float) -> None:
        clock.sleep(seconds)

    return quiet


def test_a_cloud_that_knows_ends_the_wait() -> None:
    """Wrong totals are at rest as soon as the cloud says that nothing is under way, and not before."""
    clock = ManualClock(0)

    def quiet(seconds: float) -> bool:
        clock.sleep(seconds)
        return clock.now() >= 5

    settled = wait_until_settled(
        timeline(clock, (0, 4), (5, 7)), TRUTH, quiet=quiet, clock=clock, patience=PATIENCE
    )

    assert (settled.snapshot, clock.now()) == (at(7), 5)


def test_what_was_done_when_the_cloud_was_asked_is_seen() -> None:
    """The look that is returned was taken after the cloud had said that nothing is under way."""
    clock = ManualClock(0)
    done: list[str] = []

    def look() -> str:
        done.append("look")
        return done[-1]

    def quiet(_: float) -> bool:
        done.append("asked")
        return True

    watch(look, quiet, clock=clock, unchanged_seconds=lambda *_: 9, timeout_seconds=9, poll_seconds=1)

    assert done == ["asked", "look"]


def test_exact_totals_are_watched_for_a_few_quiet_seconds() -> None:
    """When the totals equal the truth and stay so, the pipeline is at rest."""
    clock = ManualClock(0)

    settled = wait_until_settled(
        timeline(clock, (0, 4), (5, 10)), TRUTH, quiet=untold(clock), clock=clock, patience=PATIENCE
    )

    assert settled.snapshot == at(10)
    assert (settled.since, clock.now()) == (5, 8)


def test_totals_that_pass_the_truth_are_not_at_rest() -> None:
    """A second delivery right after the exact moment is still seen."""
    clock = ManualClock(0)

    settled = wait_until_settled(
        timeline(clock, (0, 10), (2, 12)), TRUTH, quiet=untold(clock), clock=clock, patience=PATIENCE
    )

    assert settled.snapshot == at(12)
    assert clock.now() == 22


def test_wrong_totals_are_watched_for_longer() -> None:
    """A retry may still be pausing, so totals that differ must rest for a long time."""
    clock = ManualClock(0)

    settled = wait_until_settled(
        timeline(clock, (0, 4), (18, 10)), TRUTH, quiet=untold(clock), clock=clock, patience=PATIENCE
    )

    assert settled.snapshot == at(10)


def test_without_a_truth_rest_means_that_nothing_moves() -> None:
    """Who does not know what must come out waits until nothing has changed for long."""
    clock = ManualClock(0)

    wait_until_settled(
        timeline(clock, (0, 4), (5, 10)), None, quiet=untold(clock), clock=clock, patience=PATIENCE
    )

    assert clock.now() == 25


def test_patience_ends() -> None:
    """A pipeline that never comes to rest is an error that says for how long was waited."""
    clock = ManualClock(0)
    endless = timeline(clock, *((second, second) for second in range(300)))

    with pytest.raises(NotSettledError, match="after 100 seconds"):
        wait_until_settled(endless, TRUTH, quiet=untold(clock), clock=clock, patience=PATIENCE)


def test_every_look_is_shown() -> None:
    """The callback sees the totals of each look, about one a second."""
    clock = ManualClock(0)
    seen: list[AggregateSnapshot] = []
    read = timeline(clock, (0, 4), (5, 10))

    wait_until_settled(
        read, TRUTH, quiet=untold(clock), clock=clock, patience=PATIENCE, on_snapshot=seen.append
    )

    assert seen == [at(4)] * 5 + [at(10)] * 4
