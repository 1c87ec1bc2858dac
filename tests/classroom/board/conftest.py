"""A board for each test."""

from collections.abc import Iterator

import pytest

from tests.classroom.board.running import RunningBoard


@pytest.fixture
def running(tmp_path, clock) -> Iterator[RunningBoard]:
    """A board with nobody on it yet."""
    with RunningBoard(tmp_path / "board.db", clock) as board:
        yield board
