"""What the tests of the proof share: a bench in a laboratory, made once for each module that needs one."""

import pytest

from workshop.cloud.laboratory import Laboratory
from workshop.proof.bench import Bench


@pytest.fixture(scope="module")
def benches(laboratory: Laboratory) -> dict[tuple[str, str], Bench]:
    """The benches that have been made so far, by pipeline and variant."""
    return {}


@pytest.fixture
def bench_of(laboratory: Laboratory, benches: dict[tuple[str, str], Bench]):
    """Return the bench of a pipeline and variant, deployed the first time."""

    def find(variant: str = "ledger", pipeline: str = "stateful") -> Bench:
        # One set of stacks for each pipeline; the variants take turns on it.
        key = (pipeline, "")
        if key not in benches:
            benches[key] = Bench(laboratory, pipeline=pipeline, variant=variant)
        benches[key].use(variant)
        return benches[key]

    return find
