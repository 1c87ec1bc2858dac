"""The verdict on a round, from values alone."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from generator.judging import Kind, Row, judge
from generator.planning import RoundOrder, plan_options, truth_of_run

from tests.game.game_bench import LEVELS, TWO_TRADES, rows_of
from workshop.pipeline.messages import make_plan

LEAF = "r:PV:FXSpot:EMEA"


def found(rows: Mapping[str, Row]) -> list[tuple[str, Kind]]:
    return [(difference.path, difference.kind) for difference in judge(rows, TWO_TRADES)]


def test_the_truth_of_a_run_has_the_run_on_top() -> None:
    """A run's total stands at its run id; the Grand Total, which mixes all runs, is not part of it."""
    assert TWO_TRADES.totals["r"] == Decimal("21.00")
    assert "Grand Total" not in TWO_TRADES.totals


def test_trades_may_be_left_uncounted() -> None:
    """A variant that counts no trades is judged by its amounts."""
    assert (
        judge({path: replace(row, trades=None) for path, row in rows_of(TWO_TRADES).items()}, TWO_TRADES)
        == ()
    )


@pytest.mark.parametrize("amount", ["10.49", "10.51", "10.500001"])
def test_there_is_no_tolerance(amount: str) -> None:
    """A leaf that is off by however little is named with both amounts, and so is the parent that it tears."""
    rows = rows_of(TWO_TRADES) | {LEAF: Row(Decimal(amount), 1)}

    differences = {(each.path, each.kind): each for each in judge(rows, TWO_TRADES)}

    assert differences.keys() == {(LEAF, Kind.AMOUNT), ("r:PV:FXSpot", Kind.TORN)}
    assert differences[LEAF, Kind.AMOUNT].expected == Decimal("10.50")
    assert differences[LEAF, Kind.AMOUNT].found == Decimal(amount)


def test_a_missing_row_is_a_difference() -> None:
    """A path of the truth without a row is missing."""
    rows = rows_of(TWO_TRADES)
    for path in TWO_TRADES.totals:
        assert (path, Kind.MISSING) in found({key: rows[key] for key in rows if key != path})


def test_an_extra_row_is_a_difference() -> None:
    """A row that no message of the run leads to counts against the round, at any depth."""
    extra = rows_of(TWO_TRADES) | {"r:PV:FXSpot:EMEA:London": Row(Decimal(0), 1)}

    assert ("r:PV:FXSpot:EMEA:London", Kind.EXTRA) in found(extra)


def test_a_row_that_emptied_is_none() -> None:
    """A row whose trades have all moved away holds nothing, and counts as absent."""
    rows = rows_of(TWO_TRADES) | {"r:Delta": Row(Decimal("0.00"), 0), "r:Delta:FXSpot": Row(Decimal(0), None)}

    assert judge(rows, TWO_TRADES) == ()


def test_a_parent_is_the_sum_of_its_children() -> None:
    """Each parent that is not the sum of its children is torn, with what the children add up to."""
    rows = rows_of(TWO_TRADES) | {"r:PV": Row(Decimal("31.50"), 3)}

    torn = {each.path: each.expected for each in judge(rows, TWO_TRADES) if each.kind is Kind.TORN}

    assert torn == {"r": Decimal("31.50"), "r:PV": Decimal("21.00")}


def test_nothing_at_all_is_missing_everywhere() -> None:
    """A round of which no row arrived misses every path."""
    assert {kind for _, kind in found({})} == {Kind.MISSING}
    assert len(judge({}, TWO_TRADES)) == len(TWO_TRADES.totals)


def test_a_large_round_is_exact_to_the_cent() -> None:
    """Ten thousand messages with duplicates and stale versions are judged without losing a digit."""
    options = plan_options(RoundOrder("big"), level=2, hierarchy=LEVELS)
    messages = list(make_plan(options).messages)

    truth = truth_of_run(messages, LEVELS)

    assert len(messages) == 10_000
    assert judge(rows_of(truth), truth) == ()
    assert sum(truth.totals[leaf] for leaf in truth.leaves) == truth.totals["big"]
