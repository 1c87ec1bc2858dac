"""What holds for the stateful pipeline as a whole: hierarchies of any shape, exact money, deletes, poison."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from common.trades import ROOT

from tests.lambdas.handler_bench import Bench, fresh_bench, insert, kinesis_event, message, window_event

EVENTS = Path(__file__).parents[1] / "events"


VARIANTS = pytest.mark.parametrize("variant", ["textbook", "ledger"])


@pytest.mark.parametrize(
    "levels",
    [
        ["Desk"],
        ["MessageCount", "Deltas"],
        ["#progress", "Grand Total", "Value", "%"],
        [f"level {number}" for number in range(90)],
    ],
    ids=lambda levels: f"{len(levels)} from {levels[0]}",
)
def test_a_hierarchy_may_have_any_levels(levels: list[str]) -> None:
    """Hierarchies of 1 to 90 levels, with levels of any name, are rolled up to the Grand Total."""
    with fresh_bench(HIERARCHY_LEVELS=",".join(levels)) as bench:
        bench.flow(
            message("a", "1.25", Hierarchy=dict.fromkeys(levels, "x")),
            message("b", "2.50", Hierarchy={**dict.fromkeys(levels, "x"), levels[-1]: "y"}),
        )

        assert bench.totals()[ROOT] == Decimal("3.75")
        assert len(bench.totals()) == len(levels) + 2
        assert bench.totals()[":".join(["x"] * len(levels))] == Decimal("1.25")


def test_the_largest_values_add_up_to_the_cent(bench: Bench) -> None:
    """Sums of the largest values keep their cents, where a float would have lost them."""
    largest = "999999999999999.99"

    bench.flow(*(message(f"t{number}", largest) for number in range(7)), message("s", "-0.02"))

    assert bench.totals()[ROOT] == 7 * Decimal(largest) - Decimal("0.02")


def test_a_thousand_small_amounts_add_up_to_the_cent(bench: Bench) -> None:
    """A thousand times ten cents is a hundred, and taking them back leaves nothing at all."""
    image = {"TradeID": {"S": "t"}, "Value": {"N": "0.10"}, "Version": {"N": "1"}, "Timestamp": {"N": "1"}}
    image["Hierarchy"] = {"S": '{"RiskType": "PV", "TradeDesk": "FX", "Region": "E"}'}
    added = [insert("StateTable", number, image) for number in range(1, 1001)]
    taken = [insert("StateTable", number, {}) for number in range(1001, 2001)]
    for change in taken:
        change["dynamodb"] = {"SequenceNumber": change["dynamodb"]["SequenceNumber"], "OldImage": image}

    for changes, total in ((added, 100), (taken, 0)):
        bench.run("stateful.map", window_event(changes))
        bench.run("stateful.reduce", window_event(bench.new_changes("ReduceTable")))
        assert bench.totals()[ROOT] == total


@VARIANTS
def test_a_modification_moves_a_trade_between_groups(bench: Bench) -> None:
    """A newer version in another group takes the trade out of the old one."""
    bench.flow(message("a", "5.00"), message("b", "1.00"))

    bench.flow(message("a", "7.00", "Delta", "FXSpot", "APAC", version=2), first=3)

    assert bench.totals()["PV"] == 1
    assert bench.totals()["Delta:FXSpot:APAC"] == 7
    assert bench.trades() == {**bench.trades(), "PV": 1, "Delta": 1, ROOT: 2}


def test_a_deleted_trade_is_subtracted_and_a_re_delivery_brings_it_back(bench: Bench) -> None:
    """Deleting an item subtracts it; its version is gone then, so a re-delivered message creates it again."""
    bench.flow(message("a", "5.00"))
    bench.client.delete_item(TableName="StateTable", Key={"TradeID": {"S": "a"}})
    bench.flow()
    deleted = bench.totals()[ROOT]

    bench.flow(message("a", "5.00"))

    assert (deleted, bench.totals()[ROOT]) == (0, 5)


def test_a_cancelled_trade_stays_out_under_re_delivery(bench: Bench) -> None:
    """A cancellation keeps its version, so that a re-delivered older message has no effect."""
    data = [message("a", "5.00"), message("a", "5.00", version=2, Cancelled=True)]
    bench.flow(*data)

    for first in (1, 2):
        bench.run("stateful.state", kinesis_event(data[first - 1 :], first=first))

    assert bench.new_changes("StateTable") == []
    assert (bench.totals()[ROOT], bench.trades()[ROOT]) == (0, 0)


@VARIANTS
def test_poison_at_every_stage_stops_nothing(bench: Bench) -> None:
    """Records that no stage can use are set aside, each once, and the good ones are summed."""
    bench.client.put_item(TableName="StateTable", Item={"TradeID": {"S": "by hand"}})
    bench.client.put_item(TableName="ReduceTable", Item={"MessageHash": {"S": "by hand"}})

    bench.flow(b"{", message("a", "5.00"), message("b", "NaN"), message("c", "1.00", version=-1))

    assert bench.totals()[ROOT] == 5
    rows = bench.items("QuarantineTable")
    assert sorted(row["Stage"] for row in rows) == ["map", "reduce", "state", "state", "state"]
    assert all("by hand" in row["RawData"] for row in rows if row["Stage"] != "state")


@VARIANTS
@pytest.mark.parametrize("stage", ["map", "reduce"])
def test_an_empty_event_is_answered_with_the_state(bench: Bench, stage: str) -> None:
    """The last event of a window may have no records; it is answered with the state, and touches no table."""
    assert bench.run(f"stateful.{stage}", window_event([])) == {"state": {}}

    assert [bench.items(table) for table in ("ReduceTable", "AggregateTable", "LedgerTable")] == [[]] * 3


def test_the_recorded_events_of_aws_run_through(bench: Bench) -> None:
    """Events in the form that AWS documents are understood by the functions as they are."""
    events: dict[str, Any] = {
        path.stem: json.loads(path.read_text(encoding="utf-8")) for path in EVENTS.glob("*.json")
    }

    answer = bench.run("stateful.state", events["kinesis"])
    for name in ("dynamodb_window", "dynamodb_window_end"):
        assert bench.run("stateful.map", events[name]) == {"state": {}}

    assert answer == {"batchItemFailures": []}
    assert {item["TradeID"] for item in bench.items("StateTable")} == {"8ec2fdcd", "395974a4"}
    assert [row["Deltas"]["Delta"] for row in bench.items("ReduceTable")] == [100]
