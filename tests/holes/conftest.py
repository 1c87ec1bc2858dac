"""What the tests of the holes share: the bench of the handlers and the bench of the game."""

from collections.abc import Iterator

import pytest

from tests.game.game_bench import GameBench, fresh_game
from tests.lambdas.handler_bench import Bench, fresh_bench
from workshop.clock import ManualClock
from workshop.cloud.offline import overlay


@pytest.fixture
def variant() -> str:
    """Which handlers the bench has; tests of others set it as a parameter."""
    return "ledger"


@pytest.fixture
def bench(clock: ManualClock, variant: str) -> Iterator[Bench]:
    """An empty pipeline whose DynamoDB goes by `clock`."""
    with fresh_bench(variant) as bench:
        overlay.apply(clock)
        yield bench


@pytest.fixture
def game(clock: ManualClock) -> Iterator[GameBench]:
    """An empty game."""
    overlay.apply(clock)
    with fresh_game() as bench:
        yield bench
