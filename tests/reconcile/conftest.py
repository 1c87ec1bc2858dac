"""What the tests of reconciliation share: a laboratory with the stateful pipeline, empty before each test."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# The bench is the one that the tests of epochs use.
sys.path.insert(0, str(Path(__file__).parents[1] / "epoch"))

from pipeline_bench import Bench, deployed

from workshop.cloud.laboratory import Laboratory


@pytest.fixture(scope="module")
def laboratory() -> Iterator[Laboratory]:
    """A cloud in this process."""
    with Laboratory() as laboratory:
        yield laboratory


@pytest.fixture(scope="module")
def deployed_bench(laboratory: Laboratory) -> Bench:
    """The stateful pipeline, with the ledger."""
    return deployed(laboratory, "stateful")


@pytest.fixture
def bench(deployed_bench: Bench) -> Bench:
    """The stateful pipeline, empty."""
    return deployed_bench.emptied()
