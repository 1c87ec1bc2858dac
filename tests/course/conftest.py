"""What tests of the course share: a learner with a checkout of their own and an empty cloud."""

import pytest

from tests.course.gate.gate_bench import Bench, open_bench
from workshop.cloud.connection import Cloud


@pytest.fixture(scope="module")
def bench(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A learner who has not begun; nothing is deployed."""
    return open_bench(tmp_path_factory.mktemp("learner"), cloud)
