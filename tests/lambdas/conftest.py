"""What the tests of the handlers share: a bench with empty tables; see `handler_bench`."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Tests are loaded by path, so what they share is found by path as well.
sys.path.insert(0, str(Path(__file__).parent))

from handler_bench import Bench, fresh_bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    """An empty pipeline with the environment of its functions."""
    with fresh_bench() as bench:
        yield bench
