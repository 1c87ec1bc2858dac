"""ReduceLambda with the ledger: rows are added to AggregateTable exactly once, and its tree stays whole."""

import json
from collections.abc import Mapping
from decimal import Decimal
from itertools import count
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
    Delivery,
    deliver,
    fresh_bench,
    insert,
    refusal,
    window_event,
)


def row(number: int, values: Mapping[str, str], *, messages: int = 1) -> dict[str, Any]:
    """Return the stream record of a new row with these leaves, each with one trade."""
    leaves = {leaf: Delta(Decimal(value), 1) for leaf, value in values.items()}
    stored = DeltaRow(
        f"row-{number}",
        leaves,
        messages,
        Decimal(1750000000),
        {80: messages},
        first_timestamp=Decimal(1749999998),
        mean_timestamp=Decimal(1749999999),
    )
    return insert("ReduceTable", number, item_of_row(stored))


def wide(number: int, groups: int) -> dict[str, Any]:
    return row(number, {f"PV:desk{group:03}:EMEA": "1.00" for group in range(groups)})


def run(bench: Bench, *records: dict[str, Any], shard: str = "shard-1") -> Any:
    return bench.run("stateful.reduce", window_event(records, shard=shard))


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
        "A088": 6,
        "AgeSeconds": Decimal("12.144"),
    }


def test_a_row_that_is_changed_later_is_set_aside(bench: Bench) -> None:
    """Rows are written once; a change of a row is not added, and is reported."""
    changed = row(1, {"PV:FX:EMEA": "5.25"})
    changed["dynamodb"]["OldImage"] = changed["dynamodb"]["NewImage"]

    run(bench, changed)

    assert bench.totals() == {}
    assert "was changed after it was written" in bench.reasons()[0]


def test_300_groups_in_several_commits_of_whole_sub_trees(bench: Bench) -> None:
    """Beyond 100 actions a row is added in several commits, and after each the tree is whole."""
    transactions = []

    def watch(request: dict[str, Any]) -> None:
        transactions.append(len(request["TransactItems"]))
        bench.check_tree()

    bench.before_transactions(watch)

    run(bench, wide(1, 300))

    assert len(transactions) > 3
    assert max(transactions) <= 100
    assert bench.totals()[ROOT] == 300
    assert bench.progress()["RowCount"] == 1
    bench.check_tree()


def test_what_was_committed_is_reported_once(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """An invocation that fails between two commits tells of the first, and the next one of the rest."""
    rows = [wide(1, 40), row(2, {f"X:desk{group:03}:EMEA": "1.00" for group in range(40)}, messages=5)]

    with bench.crash_at(2, after=False):
        run(bench, *rows)
    run(bench, *rows)

    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert told == [
        {"stage": "reduce", "records": 2, "commits": 1},
        {"stage": "reduce", "records": 2, "repeated": 1, "commits": 1},
    ]


def test_an_invocation_that_did_nothing_reports_nothing(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where not even the position could be read, there is no line that says so little."""
    bench.fail_from(1, refusal("InternalServerError", status=500))

    with pytest.raises(RuntimeError):
        run(bench, row(1, {"PV:FX:EMEA": "5.25"}))

    assert capsys.readouterr().out == ""


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
            bench.check_tree()
            return window_event(records[start:end])

        deliver(bench, "stateful.reduce", len(records), event=event, plan=plan)

        assert bench.totals()[ROOT] == 7 + 5 + 5 + 1
        assert (bench.progress()["RowCount"], bench.progress()["MessageCount"]) == (4, 4)
        bench.check_tree()


def test_invocations_on_two_shards_add_up(bench: Bench) -> None:
    """Rows of several shards are added side by side; the totals do not need a single reducer to be exact."""
    first, second = row(1, {"PV:FX:EMEA": "5.25"}), row(1, {"PV:FX:EMEA": "1.00"})
    bench.race(lambda: run(bench, second, shard="shard-2"))

    run(bench, first)

    assert bench.totals()[ROOT] == Decimal("6.25")


def test_two_invocations_on_one_shard_add_once(bench: Bench) -> None:
    """If two invocations hold the same row, the one that commits second drops it."""
    record = row(1, {"PV:FX:EMEA": "5.25"})
    bench.race(lambda: run(bench, record))

    run(bench, record)

    assert bench.totals()[ROOT] == Decimal("5.25")
    assert bench.progress()["Revision"] == 1


def test_a_second_invocation_continues_in_the_middle_of_a_row(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If another invocation has added a part of a row meanwhile, only the rest is added."""
    monkeypatch.setattr(steps, "MAX_PATHS", 5)
    calls = count(1)

    def interfere(_request: dict[str, Any]) -> None:
        if next(calls) == 2:
            bench.heal()
            with bench.crash_at(2, after=True):
                run(bench, wide(1, 12))

    bench.before_transactions(interfere)

    run(bench, wide(1, 12))

    assert bench.totals()[ROOT] == 12
    bench.check_tree()
