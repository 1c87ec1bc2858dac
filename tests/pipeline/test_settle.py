"""Waiting until a pipeline is at rest."""

from decimal import Decimal

import pytest

from workshop.clock import ManualClock
from workshop.errors import NotSettledError
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.settle import Patience, Quiet, Settled, wait_until_settled, watch
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


def settle(
    clock: ManualClock,
    *steps: tuple[float, int],
    truth: Truth | None = TRUTH,
    quiet: Quiet | None = None,
    **more,
) -> Settled:
    """Wait for the rest of totals that change so, in a cloud that does not tell what is under way, as AWS."""
    read = timeline(clock, *steps)
    return wait_until_settled(read, truth, quiet=quiet or clock.sleep, clock=clock, patience=PATIENCE, **more)


@pytest.mark.parametrize(
    ("steps", "truth", "total", "seconds"),
    [
        pytest.param([(0, 4), (5, 10)], TRUTH, 10, 8, id="exact totals are watched for a few quiet seconds"),
        pytest.param(
            [(0, 10), (2, 12)], TRUTH, 12, 22, id="a second delivery right after them is still seen"
        ),
        pytest.param(
            [(0, 4), (18, 10)], TRUTH, 10, 21, id="a retry may pause, so wrong totals must rest long"
        ),
        pytest.param([(0, 4), (5, 10)], None, 10, 25, id="without a truth, rest means that nothing moves"),
    ],
)
def test_totals_are_at_rest_when_they_have_not_moved_for_long_enough(
    steps: list[tuple[float, int]], truth: Truth | None, total: int, seconds: float
) -> None:
    """How long totals must stay the same depends on whether they equal the truth."""
    clock = ManualClock(0)

    settled = settle(clock, *steps, truth=truth)

    assert (settled.snapshot, settled.since) == (at(total), steps[-1][0])
    assert clock.now() == seconds


def test_a_cloud_that_knows_ends_the_wait() -> None:
    """Wrong totals are at rest as soon as the cloud says that nothing is under way, and not before."""
    clock = ManualClock(0)

    def quiet(seconds: float) -> bool:
        clock.sleep(seconds)
        return clock.now() >= 5

    settled = settle(clock, (0, 4), (5, 7), quiet=quiet)

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


def test_patience_ends() -> None:
    """A pipeline that never comes to rest is an error that says for how long was waited."""
    with pytest.raises(NotSettledError, match="after 100 seconds"):
        settle(ManualClock(0), *((second, second) for second in range(300)))


def test_every_look_is_shown() -> None:
    """The callback sees the totals of each look, about one a second."""
    seen: list[AggregateSnapshot] = []

    settle(ManualClock(0), (0, 4), (5, 10), on_snapshot=seen.append)

    assert seen == [at(4)] * 5 + [at(10)] * 4
