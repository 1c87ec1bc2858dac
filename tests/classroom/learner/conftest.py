"""A board to report to, and the homes of learners."""

from collections.abc import Iterator

import pytest

from tests.classroom.learner.board_stand_in import StandIn


@pytest.fixture
def board() -> Iterator[StandIn]:
    """A board that listens."""
    stand_in = StandIn().start()
    yield stand_in
    stand_in.stop()
