"""ReduceLambda with the ledger: rows are added to AggregateTable exactly once, and its tree stays whole."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from common import steps
from common.aggregation import Delta
from common.rows import DeltaRow, item_of_row
from common.trades import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lambdas.handler_bench import (
    DELIVERIES,
    Bench,
    Crash,
    Delivery,
    deliver,
    fresh_bench,
    insert,
    parent_of,
    window_event,
)


def row(number: int, values: Mapping[str, str], *, messages: int = 1) -> dict[str, Any]:
    """Return the stream record of a new row with these leaves, each with one trade."""
    leaves = {leaf: Delta(Decimal(value), 1) for leaf, value in values.items()}
    stored = DeltaRow(f"row-{number}", leaves, messages, Decimal(1750000000), {40: messages})
    return insert("ReduceTable", number, item_of_row(stored))


def wide(number: int, groups: int) -> dict[str, Any]:
    return row(number, {f"PV:desk{group:03}:EMEA": "1.00" for group in range(groups)})


def run(bench: Bench, *records: dict[str, Any], shard: str = "shard-1") -> Any:
    return bench.run("stateful.reduce", window_event(records, shard=shard))


def check_tree(bench: Bench) -> None:
    """Check that every parent is the sum of its children, in amounts and in trades."""
    for values in (bench.totals(), bench.trades()):
        below: dict[str, Any] = {}
        for path, value in values.items():
            if path != ROOT:
                below[parent_of(path)] = below.get(parent_of(path), 0) + value
        assert below == {path: values[path] for path in below}


def test_rows_are_added_along_the_tree(bench: Bench) -> None:
    """The rows of a batch are added to every path and to the Grand Total, with the number of trades."""
    assert run(bench, row(1, {"PV:FX:EMEA": "5.25"}), row(2, {"PV:FX:APAC": "1.00"})) == {"state": {}}

    total = Decimal("6.25")
    assert bench.totals() == {
        "PV": total,
        "PV:FX": total,
        "PV:FX:APAC": 1,
        "PV:FX:EMEA": Decimal("5.25"),
        ROOT: total,
    }
    assert bench.trades() == {"PV": 2, "PV:FX": 2, "PV:FX:APAC": 1, "PV:FX:EMEA": 1, ROOT: 2}


def test_the_bookkeeping_row_counts_commits_rows_and_messages(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With every commit the revision rises, and rows, messages and their ages are counted."""
    monkeypatch.setattr("common.clock.time.time_ns", lambda: 1_750_000_001_024_000_000)

    run(bench, row(1, {"PV:FX:EMEA": "5.25"}, messages=3), row(2, {"PV:FX:EMEA": "1.00"}))
    run(bench, row(3, {"PV:FX:EMEA": "5.25"}, messages=2))

    assert bench.progress() == {
        "Identifier": "#progress",
        "Revision": 2,
        "RowCount": 3,
        "MessageCount": 6,
        "UpdatedAt": Decimal("1750000001.024"),
        "L044": 6,
    }


def test_rows_that_expire_are_not_subtracted(bench: Bench) -> None:
    """A row that leaves ReduceTable has no effect: what it said stays in the totals."""
    run(bench, row(1, {"PV:FX:EMEA": "5.25"}))
    expired = row(2, {"PV:FX:EMEA": "5.25"})
    expired["eventName"] = "REMOVE"
    expired["dynamodb"]["OldImage"] = expired["dynamodb"].pop("NewImage")

    run(bench, expired)

    assert bench.totals()[ROOT] == Decimal("5.25")
    assert bench.progress()["RowCount"] == 1


def test_a_row_that_is_changed_later_is_set_aside(bench: Bench) -> None:
    """Rows are written once; a change of a row is not added, and is reported."""
    changed = row(1, {"PV:FX:EMEA": "5.25"})
    changed["dynamodb"]["OldImage"] = changed["dynamodb"]["NewImage"]

    run(bench, changed)

    assert bench.totals() == {}
    assert "was changed after it was written" in bench.reasons()[0]


def test_a_malformed_row_does_not_hold_up_the_others(bench: Bench) -> None:
    """A row that cannot be added is set aside with its content, and the rest of the batch is added."""
    bad = insert("ReduceTable", 2, {"MessageHash": {"S": "by hand"}, "Deltas": {"S": "{'PV': 5}"}})

    run(bench, row(1, {"PV:FX:EMEA": "1.00"}), bad, row(3, {"PV:FX:EMEA": "2.00"}))

    assert bench.totals()[ROOT] == 3
    [item] = bench.items("QuarantineTable")
    assert item["RecordID"] == f"reduce#shard-1#{2:021}"
    assert "by hand" in item["RawData"]


def test_any_names_are_added(bench: Bench) -> None:
    """Names with separators, quotes or emoji, and names that the pipeline itself uses, are ordinary paths."""
    leaves = {
        "MessageCount:#:Revision": "1.00",
        "Grand%20Total:Grand Total:Grand Total": "2.00",
        '%23progress:Côte d\'Ivoire:"😀"': "4.00",
        "a%3Ab:%25:\n": "8.00",
    }

    run(bench, row(1, leaves))

    assert bench.totals()[ROOT] == 15
    assert bench.totals().items() >= {leaf: Decimal(value) for leaf, value in leaves.items()}.items()
    check_tree(bench)


def test_300_groups_in_several_commits_of_whole_sub_trees(bench: Bench) -> None:
    """Beyond 100 actions a row is added in several commits, and after each the tree is whole."""
    transactions = []

    def watch(operation: str, request: dict[str, Any]) -> None:
        if operation == "transact_write_items":
            transactions.append(len(request["TransactItems"]))
            check_tree(bench)

    bench.faults.before_call = watch

    run(bench, wide(1, 300))

    assert len(transactions) > 3
    assert max(transactions) <= 100
    assert bench.totals()[ROOT] == 300
    assert bench.progress()["RowCount"] == 1
    check_tree(bench)


@settings(max_examples=20)
@given(DELIVERIES, st.lists(st.sampled_from([4, 7, 20]), min_size=8, max_size=8))
def test_chunks_continue_under_any_re_delivery(plan: list[Delivery], limits: list[int]) -> None:
    """Rows too wide for a transaction are added once, whatever fails and however batches are cut then."""
    records = [wide(1, 7), row(2, {"PV:desk001:EMEA": "5.00"}), wide(3, 5), row(4, {"X:y:z": "1.00"})]
    with fresh_bench() as bench, pytest.MonkeyPatch.context() as patch:
        left = iter(limits)

        def event(start: int, end: int) -> Any:
            # Between two deliveries the code may change, and with it how much goes into a transaction.
            patch.setattr(steps, "MAX_PATHS", next(left))
            check_tree(bench)
            return window_event(records[start:end])

        deliver(bench, "stateful.reduce", len(records), event=event, plan=plan)

        assert bench.totals()[ROOT] == 7 + 5 + 5 + 1
        assert (bench.progress()["RowCount"], bench.progress()["MessageCount"]) == (4, 4)
        check_tree(bench)


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_around_the_commit_loses_and_doubles_nothing(bench: Bench, after: bool) -> None:
    """If the invocation ends right before or right after its commit, the repetition completes it once."""
    bench.crash_at(1, after=after)
    with pytest.raises(Crash):
        run(bench, row(1, {"PV:FX:EMEA": "5.25"}))
    bench.heal()

    run(bench, row(1, {"PV:FX:EMEA": "5.25"}), row(2, {"PV:FX:EMEA": "1.00"}))

    assert bench.totals()[ROOT] == Decimal("6.25")


def test_invocations_on_two_shards_add_up(bench: Bench) -> None:
    """Rows of several shards are added side by side; the totals do not need a single reducer to be exact."""
    first, second = row(1, {"PV:FX:EMEA": "5.25"}), row(1, {"PV:FX:EMEA": "1.00"})

    def interfere(operation: str, _request: dict[str, Any]) -> None:
        if operation == "transact_write_items":
            bench.heal()
            run(bench, second, shard="shard-2")

    bench.faults.before_call = interfere

    run(bench, first)

    assert bench.totals()[ROOT] == Decimal("6.25")


def test_two_invocations_on_one_shard_add_once(bench: Bench) -> None:
    """If two invocations hold the same row, the one that commits second drops it."""
    record = row(1, {"PV:FX:EMEA": "5.25"})

    def interfere(operation: str, _request: dict[str, Any]) -> None:
        if operation == "transact_write_items":
            bench.heal()
            run(bench, record)

    bench.faults.before_call = interfere

    run(bench, record)

    assert bench.totals()[ROOT] == Decimal("5.25")
    assert bench.progress()["Revision"] == 1


def test_a_second_invocation_continues_in_the_middle_of_a_row(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If another invocation has added a part of a row meanwhile, only the rest is added."""
    monkeypatch.setattr(steps, "MAX_PATHS", 5)
    calls = []

    def interfere(operation: str, _request: dict[str, Any]) -> None:
        calls.append(operation)
        if calls.count("transact_write_items") == 2:
            bench.heal()
            bench.crash_at(2, after=True)
            with pytest.raises(Crash):
                run(bench, wide(1, 12))
            bench.heal()

    bench.faults.before_call = interfere

    run(bench, wide(1, 12))

    assert bench.totals()[ROOT] == 12
    check_tree(bench)


def test_an_empty_event_touches_nothing(bench: Bench) -> None:
    """The last event of a window may have no records; it is answered with the state."""
    assert run(bench) == {"state": {}}

    assert bench.items("LedgerTable") == []
    assert bench.progress() == {}


def test_the_ledger_remembers_longer_than_any_stream(bench: Bench) -> None:
    """A position outlives the longest retention of a stream, which is 365 days."""
    run(bench, row(1, {"PV:FX:EMEA": "5.25"}))

    [entry] = bench.items("LedgerTable")
    assert entry["TimeToLive"] - entry["UpdatedAt"] > 365 * 24 * 3600
