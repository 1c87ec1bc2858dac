"""What the tests of the game share: a bench with an empty game; see `game_bench`."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workshop.clock import ManualClock
from workshop.cloud.offline import overlay

# Tests are loaded by path, so what they share is found by path as well.
sys.path.insert(0, str(Path(__file__).parent))

from game_bench import GameBench, fresh_game


@pytest.fixture(scope="session")
def _corrected_moto() -> None:
    overlay.apply(ManualClock())


@pytest.fixture
def game(_corrected_moto: None) -> Iterator[GameBench]:
    """An empty game."""
    with fresh_game() as bench:
        yield bench
