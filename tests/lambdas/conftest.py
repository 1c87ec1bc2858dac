"""What the tests of the handlers share: a bench with empty tables; see `handler_bench`."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Tests are loaded by path, so what they share is found by path as well.
sys.path.insert(0, str(Path(__file__).parent))

from handler_bench import Bench, fresh_bench

# A schedule takes as long as the machine is busy; that says nothing about the handlers.
settings.register_profile("handlers", deadline=None)
settings.load_profile("handlers")


@pytest.fixture
def bench() -> Iterator[Bench]:
    """An empty pipeline with the environment of its functions."""
    with fresh_bench() as bench:
        yield bench
