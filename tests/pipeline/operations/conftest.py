"""What the tests of operations share: a laboratory with both pipelines, empty before each test."""

import pytest

from tests.pipeline.operations.pipeline_bench import Bench, deployed
from workshop.cloud.laboratory import Laboratory


@pytest.fixture(scope="module")
def benches(laboratory: Laboratory) -> dict[str, Bench]:
    """Both pipelines, with the ledger."""
    return {pipeline: deployed(laboratory, pipeline) for pipeline in ("stateful", "stateless")}


@pytest.fixture
def stateful(benches: dict[str, Bench]) -> Bench:
    """The stateful pipeline, empty."""
    return benches["stateful"].emptied()


@pytest.fixture
def stateless(benches: dict[str, Bench]) -> Bench:
    """The stateless pipeline, empty."""
    return benches["stateless"].emptied()


@pytest.fixture(params=["stateful", "stateless"])
def bench(request: pytest.FixtureRequest, benches: dict[str, Bench]) -> Bench:
    """Either pipeline, empty."""
    return benches[request.param].emptied()
