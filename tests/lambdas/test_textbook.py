"""The textbook handlers, as published designs have them: exact, and safe while batches stay the same."""

import ast
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.lambdas.handler_bench import ROOT, Bench, kinesis_event, message, window_event
from tests.lambdas.test_reduce import row, wide

STARTERS = sorted((ROOT / "lambdas").glob("state*/*.py"))
HANDLERS = [*STARTERS, *sorted((ROOT / "solutions" / "lambdas").glob("*/*/*.py"))]


@pytest.fixture
def variant() -> str:
    """The textbook's handlers."""
    return "textbook"


@pytest.mark.parametrize("path", HANDLERS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_handler_is_short(path: Path) -> None:
    """A handler's file fits on two screens, and none of its functions has more than 20 statements' lines."""
    text = path.read_text(encoding="utf-8")
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]

    assert text.count("\n") <= 75
    assert all((node.end_lineno or 0) - node.body[1].lineno < 20 for node in functions)
    assert "handler" in {node.name for node in functions}


def test_a_cancelled_trade_can_come_back(bench: Bench) -> None:
    """A cancelled trade counts for nothing until a higher version brings it back."""
    bench.flow(message("a", "2.00"), message("a", "2.00", version=2, Cancelled=True))
    cancelled = bench.totals()["Grand Total"]

    bench.flow(message("a", "4.00", version=3), first=3)

    assert (cancelled, bench.totals()["Grand Total"], bench.trades()["Grand Total"]) == (0, 4, 1)


@pytest.mark.parametrize("function", ["stateful.map", "stateful.reduce"])
def test_the_same_batch_again_has_no_second_effect(bench: Bench, function: str) -> None:
    """A batch that comes again, cut in the same way, is recognised by its hash."""
    bench.run("stateful.state", kinesis_event([message("a", "2.00")]))
    changes = window_event(bench.new_changes("StateTable"))
    for _ in range(2 if function == "stateful.map" else 1):
        bench.run("stateful.map", changes)
    rows = window_event(bench.new_changes("ReduceTable"))
    for _ in range(2 if function == "stateful.reduce" else 1):
        bench.run("stateful.reduce", rows)

    assert bench.totals()["Grand Total"] == 2
    assert bench.progress()["RowCount"] == 1


def test_messages_of_the_stateless_pipeline_are_summed(bench: Bench) -> None:
    """The stateless map sums a batch of messages into one row, once for each batch."""
    event = kinesis_event([message("a", "2.00"), message("a", "2.00"), b"{"])

    bench.run("stateless.map", event)
    bench.run("stateless.map", event)
    bench.run("stateless.reduce", window_event(bench.new_changes("ReduceTable")))

    assert bench.totals()["Grand Total"] == 4
    assert bench.trades()["Grand Total"] == 2


@pytest.mark.parametrize("crash_at", [1, 2])
@pytest.mark.parametrize("after", [False, True])
def test_150_groups_survive_a_crash_while_the_batch_stays_the_same(
    bench: Bench, crash_at: int, after: bool
) -> None:
    """Beyond 100 actions each transaction has its own token, and a repeated batch completes the rest."""
    event = window_event([wide(1, 150), wide(2, 150)])
    with bench.crash_at(crash_at, after=after):
        bench.run("stateful.reduce", event)
    bench.check_tree()

    bench.run("stateful.reduce", event)

    assert bench.totals()["Grand Total"] == 300
    bench.check_tree()


def test_tokens_and_transactions_respect_the_limits(bench: Bench) -> None:
    """No transaction has more than 100 actions, and no token more than 36 characters."""
    requests: list[dict[str, Any]] = []
    bench.before_transactions(requests.append)

    bench.run("stateful.reduce", window_event([wide(1, 300)]))

    assert max(len(request["TransactItems"]) for request in requests) <= 100
    assert {len(request["ClientRequestToken"]) for request in requests} == {36}
    assert len({request["ClientRequestToken"] for request in requests}) == len(requests)


def test_a_repeated_batch_sends_the_very_same_actions(bench: Bench) -> None:
    """A token stands for one set of actions: a repetition sends them byte for byte."""
    requests: list[Any] = []
    bench.before_transactions(requests.append)
    event = window_event([row(1, {"PV:FX:EMEA": "1.00"}), row(2, {"PV:FX:APAC": "1.00"})])

    bench.run("stateful.reduce", event)
    bench.run("stateful.reduce", event)

    assert requests[0] == requests[1]


@pytest.mark.parametrize("function", ["stateful.state", "stateless.map"])
def test_an_unexpected_error_fails_the_invocation(bench: Bench, function: str) -> None:
    """A write that DynamoDB refuses raises: an answer would tell Lambda that the batch is done."""
    for table in ("StateTable", "ReduceTable"):
        bench.client.delete_table(TableName=table)

    with pytest.raises(ClientError):
        bench.run(function, kinesis_event([message("b", "1.00")]))
