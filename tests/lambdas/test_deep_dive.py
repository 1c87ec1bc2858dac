"""Five messages followed through the stateful pipeline: the rows that they leave in each table."""

from decimal import Decimal
from typing import Any

import pytest

from tests.lambdas.handler_bench import Bench, kinesis_event, message, window_event

# The values of M2 and M5 are those of the workshop's deep dive, which shows that they add up to 120.
MESSAGES = {
    "M1": message("5b1e77a2", "75.00", "Delta", "FXOptions", "AMER"),
    "M2": message("8ec2fdcd", "100", "Delta", "FXSpot", "EMEA"),
    "M3": message("c0a49f16", "40.50", "Delta", "FXSpot", "APAC"),
    "M4": message("2d83b6e9", "250.25", "Delta", "FXOptions", "EMEA"),
    "M5": message("395974a4", "20", "Delta", "FXSpot", "AMER"),
}


@pytest.fixture(params=["ledger", "textbook", "starter"])
def tables(request: pytest.FixtureRequest, bench: Bench) -> Bench:
    """Return the tables after two instances of State, two of Map and one of Reduce have run."""
    bench.variant = request.param
    bench.run("stateful.state", kinesis_event([MESSAGES["M1"], MESSAGES["M2"]]))
    bench.run("stateful.state", kinesis_event([MESSAGES["M3"], MESSAGES["M4"], MESSAGES["M5"]], shard=1))
    changes = {change["dynamodb"]["Keys"]["TradeID"]["S"]: change for change in bench.changes("StateTable")}
    first, second = ("2d83b6e9", "c0a49f16", "5b1e77a2"), ("395974a4", "8ec2fdcd")
    bench.run("stateful.map", window_event([changes[trade] for trade in first], shard="shard-1"))
    bench.run("stateful.map", window_event([changes[trade] for trade in second], shard="shard-2"))
    bench.run("stateful.reduce", window_event(bench.changes("ReduceTable")))
    return bench


def test_state_keeps_each_message(tables: Bench) -> None:
    """StateTable holds one item for each of the five trades, with the fields of its message."""
    items: dict[str, Any] = {item["TradeID"]: item for item in tables.items("StateTable")}

    assert {trade: item["Value"] for trade, item in items.items()} == {
        "5b1e77a2": 75,
        "8ec2fdcd": 100,
        "c0a49f16": Decimal("40.5"),
        "2d83b6e9": Decimal("250.25"),
        "395974a4": 20,
    }
    assert items["8ec2fdcd"]["Hierarchy"] == {"RiskType": "Delta", "TradeDesk": "FXSpot", "Region": "EMEA"}
    assert {item["Version"] for item in items.values()} == {1}


def test_the_delta_of_m2_and_m5_is_120(tables: Bench) -> None:
    """M2 and M5 have the risk type in common: their row sums them to 120 there, with the leaves apart."""
    rows = {row["MessageCount"]: row for row in tables.items("ReduceTable")}

    assert rows[2]["Deltas"] == {
        "Delta": 120,
        "Delta:FXSpot": 120,
        "Delta:FXSpot:AMER": 20,
        "Delta:FXSpot:EMEA": 100,
    }
    assert rows[3]["Deltas"]["Delta"] == Decimal("365.75")
    assert len(rows) == 2


def test_the_aggregates_sum_up_all_five(tables: Bench) -> None:
    """AggregateTable holds every path of the roll-up and the Grand Total."""
    assert tables.totals() == {
        "Delta": Decimal("485.75"),
        "Delta:FXOptions": Decimal("325.25"),
        "Delta:FXOptions:AMER": 75,
        "Delta:FXOptions:EMEA": Decimal("250.25"),
        "Delta:FXSpot": Decimal("160.5"),
        "Delta:FXSpot:AMER": 20,
        "Delta:FXSpot:APAC": Decimal("40.5"),
        "Delta:FXSpot:EMEA": 100,
        "Grand Total": Decimal("485.75"),
    }
    assert tables.trades()["Grand Total"] == 5
