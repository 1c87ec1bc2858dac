"""A cloud whose process is killed at a random moment, and started again, ends exact."""

import time
from pathlib import Path
from random import Random

import pytest

from tests.cloud.keeping.processes import KeptProcess
from tests.effort import seeds
from workshop.clock import SystemClock
from workshop.cloud.offline_control import OfflineControl
from workshop.deploy.stacks import deploy
from workshop.pipeline.aggregates import take_snapshot
from workshop.pipeline.compare_with_truth import compare
from workshop.pipeline.messages import PlanOptions, make_plan
from workshop.pipeline.target import find_target

QUIET_SECONDS = 120
LONGEST = 2.5


@pytest.mark.parametrize("seed", seeds(2, long=20))
def test_the_demo_survives_kills(tmp_path: Path, seed: int) -> None:
    """Three kills, at any moment of the stateful demo, and the totals are exact to the cent."""
    dice = Random(seed)
    plan = make_plan(PlanOptions(300, seed=seed, duplicates=12.5, modify=3, out_of_order=20))
    messages = list(plan.messages)
    with KeptProcess(tmp_path / "home") as process:
        cloud = process.cloud
        control = OfflineControl(str(cloud.endpoint))
        outputs = deploy(cloud, "stateful", stack="killed").outputs
        for portion in (messages[:100], messages[100:200], messages[200:]):
            now = time.time()
            records = [{"Data": each.wire(now), "PartitionKey": each.trade_id} for each in portion]
            cloud.client("kinesis").put_records(StreamName=outputs["StreamName"], Records=records)
            control.wait_until_quiet((), timeout_seconds=dice.uniform(0, LONGEST))
            process.kill()
        assert control.wait_until_quiet((), timeout_seconds=QUIET_SECONDS), process.log

        snapshot = take_snapshot(cloud.client("dynamodb"), outputs["AggregateTableName"], clock=SystemClock())
        truth = find_target(cloud, "killed").truth_of(messages)
        assert compare(snapshot, truth).differences == (), process.log
        assert "Traceback" not in process.log
