"""The demonstration as a command."""

import json
from io import StringIO

import pytest
from rich.console import Console

from workshop.cli.views.demo_report import draw_runs
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.compare_with_truth import compare
from workshop.pipeline.demo import DemoRun, plan_options
from workshop.pipeline.messages import make_plan
from workshop.pipeline.producer.producer import ProduceResult
from workshop.pipeline.truth import count_messages, stateful_truth


def run_of(*, forgotten: int) -> DemoRun:
    """A run of 200 messages whose last trades did not reach the totals."""
    plan = make_plan(plan_options("stateful", 200, 1))
    messages = list(plan.messages)
    truth = stateful_truth(messages)
    last_trades = list({message.trade_id for message in messages})[:forgotten]
    arrived = stateful_truth(message for message in messages if message.trade_id not in last_trades)
    snapshot = AggregateSnapshot(totals=arrived.totals, trades=arrived.trades)
    return DemoRun(
        pipeline="stateful",
        counts=count_messages(messages),
        produced=ProduceResult(plan.entries, (), 0, 1.0, None),
        truth=truth,
        snapshot=snapshot,
        comparison=compare(snapshot, truth),
        seconds=2.0,
    )


def report(*runs: DemoRun, width: int = 200) -> str:
    console = Console(width=width, file=StringIO())
    console.print(draw_runs(runs))
    return console.file.getvalue()


def test_an_exact_run_is_reported_with_counts_tree_and_verdict() -> None:
    """The report shows what was sent, the tree of totals, the speed, and that every total is right.

    A latency that nobody has measured is unknown, and not 0.
    """
    drawn = report(run_of(forgotten=0))

    for part in (
        "200 messages",
        "Duplicates",
        "out of order",
        "FXOptions",
        "Grand Total",
        "100 messages/s",
        "mean unknown",
    ):
        assert part in drawn
    assert "✔ Exact" in drawn


def test_an_inexact_run_names_what_is_wrong() -> None:
    """Each wrong total shows by how much it is off, and the verdict counts what was lost."""
    drawn = report(run_of(forgotten=3))

    assert "Off by" in drawn
    assert "✘ Not exact" in drawn
    assert "messages lost" in drawn


@pytest.mark.parametrize(("width", "rows"), [(80, 2), (200, 1)])
def test_two_runs_stand_side_by_side_where_there_is_room(width: int, rows: int) -> None:
    """A wide terminal shows both pipelines beside each other, a narrow one below each other."""
    drawn = report(run_of(forgotten=0), run_of(forgotten=0), width=width)

    assert sum("Grand Total" in line for line in drawn.splitlines()) == rows


def test_a_run_with_refused_messages_is_not_exact() -> None:
    """What the stream did not take is missing, even if everything that it took has arrived."""
    run = run_of(forgotten=0)
    refused = ProduceResult(run.produced.accepted, (object(),), 0, 1.0, None)  # type: ignore[arg-type]

    assert not DemoRun(**{**run.__dict__, "produced": refused}).exact


def test_the_command_runs_both_pipelines_and_prints_one_document(lonely_workshop) -> None:
    """From nothing to exact totals of both pipelines; stdout is one JSON document; the exit code is 0."""
    done = lonely_workshop.process("demo", "--messages", "300", "--seed", "5", "--json")

    document = json.loads(done.stdout)
    assert [run["pipeline"] for run in document["runs"]] == ["stateless", "stateful"]
    assert all(run["exact"] and run["aggregates"] == run["truth"] for run in document["runs"])
    assert done.returncode == 0
    assert done.stderr == ""


def test_one_pipeline_is_told_without_a_list(lonely_workshop) -> None:
    """With --pipeline the document is the run itself, with the contract's duplicates and modifications."""
    document = lonely_workshop.document("demo", "--pipeline", "stateful", "--messages", "200")

    assert document["messages_sent"] == 200
    assert (document["duplicates"], document["modified"], document["out_of_order"]) == (25, 6, 3)
    assert document["exact"] is True


def test_the_five_messages_of_the_example_leave_the_rows_that_they_must(lonely_workshop) -> None:
    """M2 and M5 share a row of ReduceTable with Delta 120; every table is shown."""
    document = lonely_workshop.document("demo", "--example")

    rows = [row["Deltas"] for row in document["reduce"]]
    assert {
        "Delta": "120.00",
        "Delta:FXSpot": "120.00",
        "Delta:FXSpot:AMER": "20.00",
        "Delta:FXSpot:EMEA": "100.00",
    } in rows
    assert len(document["state"]) == 5
    assert document["aggregates"]["Grand Total"] == "485.75"


def test_an_unknown_pipeline_is_wrong_usage(lonely_workshop) -> None:
    """Only the two pipelines can be run; anything else ends with 2 before a cloud is started."""
    done = lonely_workshop.run("demo", "--pipeline", "stateless,stateful")

    assert done.returncode == 2
    assert "stateless" in done.stderr
