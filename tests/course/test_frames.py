"""Tables and totals as DataFrames of pandas."""

from decimal import Decimal

import pytest

from tests.course.gate.gate_bench import Bench
from workshop.course.exercises import find_exercise
from workshop.course.tools.plain import PlainPipeline
from workshop.errors import ConfigurationError
from workshop.pipeline.example import EXAMPLE_MESSAGES

MESSAGES = list(EXAMPLE_MESSAGES.values())
TABLES = ("StateTable", "ReduceTable", "AggregateTable", "LedgerTable", "QuarantineTable", "ParameterTable")


@pytest.fixture(scope="module")
def bench(bench: Bench) -> Bench:
    """A learner at the beginning of notebook 06, whose pipeline has summed the five messages."""
    bench.begin(find_exercise("totals-exact"))
    bench.course.send(MESSAGES)
    bench.course.rest()
    return bench


@pytest.fixture
def ws(bench: Bench) -> PlainPipeline:
    """The learner's pipeline."""
    return PlainPipeline(bench.course)


def test_a_table_of_trades_has_its_key_as_index_and_its_levels_as_columns(ws: PlainPipeline) -> None:
    """StateTable is ready to be grouped: by desk, by region, or by both."""
    frame = ws.frame("StateTable")

    assert frame.index.name == "TradeID"
    assert sorted(frame.index) == list(frame.index) == sorted(each.trade_id for each in MESSAGES)
    assert list(frame.columns[:6]) == ["Value", "Version", "Timestamp", "RiskType", "TradeDesk", "Region"]
    assert frame.groupby("TradeDesk")["Value"].sum().to_dict() == {
        "FXOptions": Decimal("325.25"),
        "FXSpot": Decimal("160.50"),
    }


def test_numbers_stay_decimals(ws: PlainPipeline) -> None:
    """No amount passes through a float, in a table, in the totals, or in a sum over them."""
    frames = [ws.frame("StateTable"), ws.frame("AggregateTable"), ws.frame("totals")]

    assert {type(value) for frame in frames for value in frame["Value"].dropna()} == {Decimal}
    assert str(frames[0].loc["8ec2fdcd", "Value"]) == "100.00"
    assert frames[0]["Value"].sum() == frames[2].loc["Grand Total", "Value"] == Decimal("485.75")


def test_totals_have_a_column_for_each_level(ws: PlainPipeline) -> None:
    """A total's path is its index; the levels that it sums over are empty, so leaves are easily found."""
    frame = ws.frame("totals")
    leaves = frame.dropna()

    assert list(frame.columns) == ["RiskType", "TradeDesk", "Region", "Value", "Trades"]
    assert list(leaves.index) == [
        "Delta:FXOptions:AMER",
        "Delta:FXOptions:EMEA",
        "Delta:FXSpot:AMER",
        "Delta:FXSpot:APAC",
        "Delta:FXSpot:EMEA",
    ]
    assert leaves.pivot_table(index="TradeDesk", columns="Region", values="Value", aggfunc="sum").loc[
        "FXSpot", "EMEA"
    ] == Decimal(100)


def test_rows_count_every_change(ws: PlainPipeline) -> None:
    """ReduceTable's rows keep their deltas as dicts, and count the records that they sum."""
    frame = ws.frame("ReduceTable")

    assert frame["MessageCount"].sum() == 5
    assert sum(deltas["Delta"] for deltas in frame["Deltas"]) == Decimal("485.75")


@pytest.mark.parametrize("name", TABLES)
def test_every_table_can_be_a_frame(ws: PlainPipeline, name: str) -> None:
    """Whatever a table holds, it has as many rows as the table has items, and the key as its index."""
    frame = ws.frame(name)

    assert len(frame) == len(ws._course.items(name))
    assert frame.index.name
    assert frame.index.is_unique


def test_a_table_without_rows_has_its_columns(bench: Bench, ws: PlainPipeline) -> None:
    """Before anything has arrived, a question gets an empty answer and no error."""
    bench.course.clear()

    assert ws.frame("StateTable").groupby("TradeDesk")["Value"].agg(["sum", "count"]).empty
    assert ws.frame("ReduceTable")["MessageCount"].astype(int).describe()["count"] == 0
    assert (
        ws.frame("totals").dropna().pivot(index=["RiskType", "TradeDesk"], columns="Region", values="Value")
    ).empty


def test_a_table_that_is_not_there_is_named(ws: PlainPipeline) -> None:
    """A wrong name is answered with those that there are."""
    with pytest.raises(ConfigurationError, match=r"StateTables.*StateTable"):
        ws.frame("StateTables")
