"""What the tests of the handlers share: a bench with empty tables; see `handler_bench`."""

from collections.abc import Iterator

import pytest

from tests.lambdas.handler_bench import Bench, fresh_bench


@pytest.fixture
def variant() -> str:
    """Which handlers the bench has; tests with others set this as a parameter or by a fixture."""
    return "ledger"


@pytest.fixture
def bench(variant: str) -> Iterator[Bench]:
    """An empty pipeline with the environment of its functions."""
    with fresh_bench(variant) as bench:
        yield bench
