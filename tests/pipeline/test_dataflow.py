"""The pipeline's pure functions as a job of Bytewax; skipped where that has no wheels."""

import tomllib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from workshop.pipeline.messages import MessagePlan, PlanOptions, make_plan
from workshop.pipeline.truth import Truth, stateful_truth

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
[EXTRA] = map(Requirement, PROJECT["optional-dependencies"]["scale"])

if EXTRA.marker is None or not EXTRA.marker.evaluate():
    pytest.skip(f"there is no wheel here: {EXTRA}", allow_module_level=True)

from bytewax.inputs import Source  # noqa: E402
from bytewax.recovery import RecoveryConfig, init_db_dir  # noqa: E402
from bytewax.testing import TestingSink, TestingSource, cluster_main, run_main  # noqa: E402

from solutions.dataflow.totals import LEVELS, dataflow  # noqa: E402

PLAN = make_plan(PlanOptions(messages=1_500, seed=13, duplicates=10, modify=20, out_of_order=30, cancel=10))
MALFORMED = b'{"TradeID": "a", "Value": "many"}'
PACKED = 4


def records(plan: MessagePlan) -> list[bytes]:
    """Return the messages as a producer packs them, some to a record."""
    sent = [message.wire(1_750_000_000.0) for message in plan.messages]
    return [b"\n".join(sent[start : start + PACKED]) for start in range(0, len(sent), PACKED)]


def job(source: Source) -> tuple[Any, dict[str, Any], list[str]]:
    """Return the job, what it writes as a table has it in the end, and what it sets aside."""
    written: list[Any] = []
    set_aside: list[str] = []
    return dataflow(source, TestingSink(written), TestingSink(set_aside)), written, set_aside


def totals(written: Sequence[tuple[str, Any]]) -> Truth:
    """Return what a table has in the end: the last total of each path, without paths that have no trades."""
    table = {path: total for path, total in dict(written).items() if total.trades or path == "Grand Total"}
    return Truth(
        {path: total.value for path, total in table.items()},
        {path: total.trades for path, total in table.items()},
        frozenset(path for path in table if path.count(":") == len(LEVELS) - 1),
    )


def test_the_dataflow_ends_with_the_truth() -> None:
    """On Bytewax's local runner, the same functions end with the totals that the pipeline must have."""
    flow, written, set_aside = job(TestingSource([*records(PLAN), MALFORMED], batch_size=50))

    run_main(flow)

    assert totals(written) == stateful_truth(PLAN.messages)
    assert len(set_aside) == 1
    assert "`Value`" in set_aside[0]


def test_the_dataflow_ends_with_the_truth_on_two_workers() -> None:
    """Trades and totals are dealt to workers by their keys, and the totals are the same."""
    flow, written, _ = job(TestingSource(records(PLAN), batch_size=50))

    cluster_main(flow, [], 0, worker_count_per_proc=2)

    assert totals(written) == stateful_truth(PLAN.messages)


def test_a_job_that_was_broken_off_goes_on_exactly(tmp_path: Path) -> None:
    """A snapshot has the state and the place in the source together: nothing is lost, or counted twice."""
    sent = records(PLAN)
    place = len(sent) // 2
    source = TestingSource([*sent[:place], TestingSource.ABORT(), *sent[place:]], batch_size=50)
    flow, written, _ = job(source)
    init_db_dir(tmp_path, 1)
    snapshots, after_each_batch = RecoveryConfig(tmp_path), timedelta(0)

    run_main(flow, epoch_interval=after_each_batch, recovery_config=snapshots)
    assert totals(written) != stateful_truth(PLAN.messages)
    run_main(flow, epoch_interval=after_each_batch, recovery_config=snapshots)

    assert totals(written) == stateful_truth(PLAN.messages)
