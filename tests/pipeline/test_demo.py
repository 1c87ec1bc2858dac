"""Both pipelines from message to total, over many seeds."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from workshop.cloud.connection import Cloud
from workshop.deploy.stacks import deploy
from workshop.pipeline.demo import DemoRun, plan_options, run_pipelines
from workshop.pipeline.settle import Patience
from workshop.pipeline.tables import scan_rows

SEEDS = range(1, 21)
LANES = 2  # pipelines of each kind, side by side in one cloud
MESSAGES = 150
PATIENCE = Patience(quiet_seconds=0.5, unchanged_seconds=30, timeout_seconds=120, poll_seconds=0.5)


def empty(cloud: Cloud, table: str) -> None:
    """Take all totals away, so that the next seed begins at nothing; its trades are others anyway."""
    dynamodb = cloud.client("dynamodb")
    for row in list(scan_rows(dynamodb, table)):
        dynamodb.delete_item(TableName=table, Key={"Identifier": {"S": row["Identifier"]}})


def runs_of(cloud: Cloud, pipeline: str, lane: int) -> list[DemoRun]:
    """Deploy a pipeline and run the demonstration on it for every second seed."""
    outputs = deploy(cloud, pipeline, stack=f"{pipeline}-{lane}").outputs
    runs = []
    for seed in SEEDS[lane::LANES]:
        options = {pipeline: plan_options(pipeline, MESSAGES, seed)}
        runs += run_pipelines(cloud, {pipeline: outputs}, options, patience=PATIENCE)
        empty(cloud, outputs["AggregateTableName"])
    return runs


@pytest.fixture(scope="module")
def runs(cloud: Cloud) -> dict[str, list[DemoRun]]:
    """A run of each pipeline for each seed."""
    with ThreadPoolExecutor(2 * LANES) as pool:
        futures = {
            pipeline: [pool.submit(runs_of, cloud, pipeline, lane) for lane in range(LANES)]
            for pipeline in ("stateless", "stateful")
        }
        return {
            pipeline: [run for lane in lanes for run in lane.result()] for pipeline, lanes in futures.items()
        }


@pytest.mark.parametrize("pipeline", ["stateless", "stateful"])
def test_twenty_seeds_are_exact(runs, pipeline: str) -> None:
    """For each of twenty seeds the totals read back equal the truth, amount by amount."""
    documents = [run.document() for run in runs[pipeline]]

    assert len(documents) == 20
    assert all(document["exact"] for document in documents)
    assert all(document["aggregates"] == document["truth"] for document in documents)
    assert all((document["lost"], document["duplicated"]) == (0, 0) for document in documents)


def test_the_stateful_pipeline_copes_with_what_it_is_there_for(runs) -> None:
    """Every stateful run holds duplicates, modifications and versions out of order."""
    for run in runs["stateful"]:
        assert run.counts.duplicates == 19
        assert run.counts.modified == 4
        assert run.counts.out_of_order == 2


def test_a_run_is_told_as_the_contract_says(runs) -> None:
    """The document has the contract's keys, amounts are decimal strings, latencies are in seconds."""
    document = runs["stateful"][0].document()

    assert list(document) == [
        "pipeline",
        "messages_sent",
        "distinct_trades",
        "duplicates",
        "modified",
        "out_of_order",
        "exact",
        "lost",
        "duplicated",
        "aggregates",
        "truth",
        "seconds",
        "messages_per_second",
        "latency_seconds",
    ]
    assert document["messages_sent"] == MESSAGES
    assert all(amount[-3] == "." for amount in document["aggregates"].values())
    assert 0 < document["latency_seconds"]["p50"] <= document["latency_seconds"]["max"] < 120
    assert list(document["latency_seconds"]) == ["mean", "p50", "p95", "p99", "max"]
    assert document["seconds"] > 0
