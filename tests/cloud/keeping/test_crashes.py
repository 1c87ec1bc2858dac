"""A cloud that is killed at any moment goes on from there: no message is lost, none counts twice."""

from pathlib import Path

import pytest

from tests.cloud.keeping.crashing import KeptCloud, copies_meanwhile
from tests.effort import LONG, seeds
from tests.pipeline.operations.pipeline_bench import deployed, some_messages

ONE_IN = 2 if LONG else 40


@pytest.mark.timeout(3600 if LONG else 300)
@pytest.mark.parametrize("pipeline", ["stateful", "stateless"])
@pytest.mark.parametrize("seed", seeds(1, long=10))
def test_a_killed_pipeline_ends_exact(tmp_path: Path, pipeline: str, seed: int) -> None:
    """Whenever the cloud is killed while messages are worked off, the totals are exact in the end."""
    cloud = KeptCloud(tmp_path)
    bench = deployed(cloud.laboratory, pipeline)
    messages = some_messages(seed, stateful=pipeline == "stateful", count=300)
    try:
        bench.send(messages)
        copies = copies_meanwhile(cloud, bench.rest, seed=seed, one_in=ONE_IN)
        assert len(copies) > 2
        for copy in copies:
            cloud.crash(copy)
            bench.laboratory = cloud.laboratory
            bench.rest()
            assert bench.differences(messages) == ()
    finally:
        cloud.laboratory.close()
