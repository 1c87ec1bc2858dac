"""What the tests of the handlers share: a bench with empty tables; see `handler_bench`."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.lambdas.handler_bench import Bench, fresh_bench

# A schedule takes as long as the machine is busy; that says nothing about the handlers.
settings.register_profile("handlers", deadline=None)
settings.load_profile("handlers")


@pytest.fixture
def bench() -> Iterator[Bench]:
    """An empty pipeline with the environment of its functions."""
    with fresh_bench() as bench:
        yield bench
