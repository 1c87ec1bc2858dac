"""A steady pace for several threads."""

import pytest

from workshop.clock import ManualClock
from workshop.pipeline.producer.pacing import TokenBucket


def test_the_rate_is_kept() -> None:
    """A thousand tokens at a hundred a second take ten seconds."""
    clock = ManualClock(0)
    bucket = TokenBucket(100, clock)

    for _ in range(100):
        bucket.take(10)

    assert clock.now() == pytest.approx(10)


def test_idle_time_is_not_saved_up() -> None:
    """After a pause no more than a tenth of a second's tokens pass at once."""
    clock = ManualClock(0)
    bucket = TokenBucket(100, clock)
    clock.advance(60)

    bucket.take(10)
    at_once = clock.now()
    bucket.take(100)

    assert at_once == 60
    assert clock.now() == pytest.approx(61)


def test_the_first_tokens_wait_for_their_turn() -> None:
    """What is taken at once is paid for before it passes, so that the average never exceeds the rate."""
    clock = ManualClock(0)

    TokenBucket(10, clock).take(5)

    assert clock.now() == 0.5
