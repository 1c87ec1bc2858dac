"""What tests of the course share: a learner with a checkout and a cloud of their own."""

from collections.abc import Iterator

import pytest

from tests.course.gate.gate_bench import Bench, open_bench


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A learner who has not begun; nothing is deployed."""
    with open_bench(tmp_path_factory.mktemp("learner")) as bench:
        yield bench
