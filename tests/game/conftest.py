"""What the tests of the game share: a bench with an empty game; see `game_bench`."""

from collections.abc import Iterator

import pytest

from tests.game.game_bench import GameBench, fresh_game
from workshop.clock import ManualClock
from workshop.cloud.offline import overlay


@pytest.fixture(scope="session")
def _corrected_moto() -> None:
    overlay.apply(ManualClock())


@pytest.fixture
def game(_corrected_moto: None) -> Iterator[GameBench]:
    """An empty game."""
    with fresh_game() as bench:
        yield bench
