"""The textbook handlers, as published designs have them: exact, and safe while batches stay the same."""

import ast
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.lambdas.handler_bench import ROOT, Bench, Crash, kinesis_event, message, window_event
from tests.lambdas.test_reduce import check_tree, row, wide

STARTERS = sorted((ROOT / "lambdas").glob("state*/*.py"))
HANDLERS = [*STARTERS, *sorted((ROOT / "solutions" / "lambdas").glob("*/*/*.py"))]


@pytest.fixture
def textbook(bench: Bench) -> Bench:
    """A bench whose functions are those of the textbook."""
    bench.variant = "textbook"
    return bench


@pytest.mark.parametrize("path", HANDLERS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_handler_is_short(path: Path) -> None:
    """A handler's file fits on two screens, and none of its functions has more than 20 statements' lines."""
    text = path.read_text(encoding="utf-8")
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]

    assert text.count("\n") <= 75
    assert all((node.end_lineno or 0) - node.body[1].lineno < 20 for node in functions)
    assert "handler" in {node.name for node in functions}


def test_duplicates_and_older_versions_are_refused(textbook: Bench) -> None:
    """State refuses what is not newer than the stored version."""
    data = [message("a", "2.00", version=2), message("a", "2.00", version=2), message("a", "1.00", version=1)]

    textbook.flow(*data)

    assert textbook.totals()["Grand Total"] == 2
    assert textbook.trades()["Grand Total"] == 1


def test_a_modification_moves_the_value(textbook: Bench) -> None:
    """A newer version takes its older one out of the totals."""
    textbook.flow(message("a", "2.00"), message("a", "3.50", "Delta", "FX", "APAC", version=2))

    assert textbook.totals()["PV"] == 0
    assert textbook.totals()["Delta"] == Decimal("3.5")


def test_a_cancelled_trade_can_come_back(textbook: Bench) -> None:
    """A cancelled trade counts for nothing until a higher version brings it back."""
    textbook.flow(message("a", "2.00"), message("a", "2.00", version=2, Cancelled=True))
    cancelled = textbook.totals()["Grand Total"]

    textbook.flow(message("a", "4.00", version=3), first=3)

    assert (cancelled, textbook.totals()["Grand Total"], textbook.trades()["Grand Total"]) == (0, 4, 1)


def test_malformed_records_are_set_aside_at_every_stage(textbook: Bench) -> None:
    """What is no trade or no row is set aside, and does not hold up the rest."""
    textbook.flow(message("a", "2.00"), b"{")
    textbook.client.put_item(TableName="StateTable", Item={"TradeID": {"S": "by hand"}})
    textbook.client.put_item(TableName="ReduceTable", Item={"MessageHash": {"S": "by hand"}})

    textbook.run("stateful.map", window_event(textbook.new_changes("StateTable")))
    textbook.run("stateful.reduce", window_event(textbook.new_changes("ReduceTable")))

    stages = sorted(row["Stage"] for row in textbook.items("QuarantineTable"))
    assert stages == ["map", "reduce", "state"]
    assert textbook.totals()["Grand Total"] == 2


@pytest.mark.parametrize("function", ["stateful.map", "stateful.reduce"])
def test_the_same_batch_again_has_no_second_effect(textbook: Bench, function: str) -> None:
    """A batch that comes again, cut in the same way, is recognised by its hash."""
    textbook.run("stateful.state", kinesis_event([message("a", "2.00")]))
    changes = window_event(textbook.new_changes("StateTable"))
    for _ in range(2 if function == "stateful.map" else 1):
        textbook.run("stateful.map", changes)
    rows = window_event(textbook.new_changes("ReduceTable"))
    for _ in range(2 if function == "stateful.reduce" else 1):
        textbook.run("stateful.reduce", rows)

    assert textbook.totals()["Grand Total"] == 2
    assert textbook.progress()["RowCount"] == 1


def test_messages_of_the_stateless_pipeline_are_summed(textbook: Bench) -> None:
    """The stateless map sums a batch of messages into one row, once for each batch."""
    event = kinesis_event([message("a", "2.00"), message("a", "2.00"), b"{"])

    textbook.run("stateless.map", event)
    textbook.run("stateless.map", event)
    textbook.run("stateless.reduce", window_event(textbook.new_changes("ReduceTable")))

    assert textbook.totals()["Grand Total"] == 4
    assert textbook.trades()["Grand Total"] == 2


@pytest.mark.parametrize("crash_at", [1, 2])
@pytest.mark.parametrize("after", [False, True])
def test_150_groups_survive_a_crash_while_the_batch_stays_the_same(
    textbook: Bench, crash_at: int, after: bool
) -> None:
    """Beyond 100 actions each transaction has its own token, and a repeated batch completes the rest."""
    event = window_event([wide(1, 150), wide(2, 150)])
    textbook.crash_at(crash_at, after=after)
    try:
        textbook.run("stateful.reduce", event)
    except Crash:
        check_tree(textbook)
    textbook.heal()

    textbook.run("stateful.reduce", event)

    assert textbook.totals()["Grand Total"] == 300
    check_tree(textbook)


def test_tokens_and_transactions_respect_the_limits(textbook: Bench) -> None:
    """No transaction has more than 100 actions, and no token more than 36 characters."""
    requests: list[dict[str, Any]] = []

    def watch(operation: str, request: dict[str, Any]) -> None:
        if operation == "transact_write_items":
            requests.append(request)

    textbook.faults.before_call = watch

    textbook.run("stateful.reduce", window_event([wide(1, 300)]))

    assert max(len(request["TransactItems"]) for request in requests) <= 100
    assert {len(request["ClientRequestToken"]) for request in requests} == {36}
    assert len({request["ClientRequestToken"] for request in requests}) == len(requests)


def test_a_repeated_batch_sends_the_very_same_actions(textbook: Bench) -> None:
    """A token stands for one set of actions: a repetition sends them byte for byte."""
    requests: list[Any] = []

    def watch(operation: str, request: dict[str, Any]) -> None:
        if operation == "transact_write_items":
            requests.append(request)

    textbook.faults.before_call = watch
    event = window_event([row(1, {"PV:FX:EMEA": "1.00"}), row(2, {"PV:FX:APAC": "1.00"})])

    textbook.run("stateful.reduce", event)
    textbook.run("stateful.reduce", event)

    assert requests[0] == requests[1]


@pytest.mark.parametrize("function", ["stateful.state", "stateful.map", "stateful.reduce", "stateless.map"])
def test_an_unexpected_error_fails_the_invocation(textbook: Bench, function: str) -> None:
    """A write that DynamoDB refuses raises: an answer would tell Lambda that the batch is done."""
    textbook.run("stateful.state", kinesis_event([message("a", "1.00")]))
    changes = window_event(textbook.new_changes("StateTable"))
    events = {"stateful.map": changes, "stateful.reduce": window_event([row(1, {"PV:FX:EMEA": "1.00"})])}
    for table in ("StateTable", "ReduceTable", "AggregateTable"):
        textbook.client.delete_table(TableName=table)

    with pytest.raises(ClientError):
        textbook.run(function, events.get(function, kinesis_event([message("b", "1.00")])))


def test_an_empty_event_is_answered_with_the_state(textbook: Bench) -> None:
    """The last event of a window may have no records; nothing is written."""
    assert textbook.run("stateful.map", window_event([])) == {"state": {}}
    assert textbook.run("stateful.reduce", window_event([])) == {"state": {}}

    assert textbook.items("ReduceTable") + textbook.items("AggregateTable") == []
