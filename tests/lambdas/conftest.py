"""What the tests of the handlers share: a bench with empty tables; see `handler_bench`."""

from collections.abc import Iterator

import pytest

from tests.lambdas.handler_bench import Bench, fresh_bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    """An empty pipeline with the environment of its functions."""
    with fresh_bench() as bench:
        yield bench
