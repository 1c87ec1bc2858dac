"""The verdict on a round, from values alone."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from generator.judging import Kind, Row, judge
from generator.planning import RoundOrder, plan_options, truth_of_run

from workshop.pipeline.messages import Message, make_plan
from workshop.pipeline.truth import Truth

LEVELS = ("RunID", "RiskType", "TradeDesk", "Region")
LEAF = "r:PV:FXSpot:EMEA"


@pytest.fixture
def truth() -> Truth:
    """Two trades in two leaves of one desk."""
    places = [("PV", "FXSpot", "EMEA"), ("PV", "FXSpot", "APAC")]
    messages = [
        Message(f"t{number}", Decimal("10.50"), 1, dict(zip(LEVELS, ("r", *place), strict=True)), run_id="r")
        for number, place in enumerate(places)
    ]
    return truth_of_run(messages, LEVELS)


def rows_of(truth: Truth) -> dict[str, Row]:
    return {path: Row(total, truth.trades[path]) for path, total in truth.totals.items()}


def found(rows: Mapping[str, Row], truth: Truth) -> list[tuple[str, Kind]]:
    return [(difference.path, difference.kind) for difference in judge(rows, truth)]


def test_the_truth_of_a_run_has_the_run_on_top(truth: Truth) -> None:
    """A run's total stands at its run id; the Grand Total, which mixes all runs, is not part of it."""
    assert truth.totals["r"] == Decimal("21.00")
    assert "Grand Total" not in truth.totals


def test_equal_rows_are_exact(truth: Truth) -> None:
    """Rows that equal the truth, key by key, have no difference."""
    assert judge(rows_of(truth), truth) == ()


def test_trades_may_be_left_uncounted(truth: Truth) -> None:
    """A variant that counts no trades is judged by its amounts."""
    assert judge({path: replace(row, trades=None) for path, row in rows_of(truth).items()}, truth) == ()


@pytest.mark.parametrize("amount", ["10.49", "10.51", "10.500001"])
def test_there_is_no_tolerance(truth: Truth, amount: str) -> None:
    """A leaf that is off by however little is named with both amounts, and so is the parent that it tears."""
    rows = rows_of(truth) | {LEAF: Row(Decimal(amount), 1)}

    differences = {(each.path, each.kind): each for each in judge(rows, truth)}

    assert differences.keys() == {(LEAF, Kind.AMOUNT), ("r:PV:FXSpot", Kind.TORN)}
    assert differences[LEAF, Kind.AMOUNT].expected == Decimal("10.50")
    assert differences[LEAF, Kind.AMOUNT].found == Decimal(amount)


def test_a_missing_row_is_a_difference(truth: Truth) -> None:
    """A path of the truth without a row is missing."""
    rows = rows_of(truth)
    for path in truth.totals:
        assert (path, Kind.MISSING) in found({key: rows[key] for key in rows if key != path}, truth)


def test_an_extra_row_is_a_difference(truth: Truth) -> None:
    """A row that no message of the run leads to counts against the round, at any depth."""
    extra = rows_of(truth) | {"r:PV:FXSpot:EMEA:London": Row(Decimal(0), 1)}

    assert ("r:PV:FXSpot:EMEA:London", Kind.EXTRA) in found(extra, truth)


def test_a_row_that_emptied_is_none(truth: Truth) -> None:
    """A row whose trades have all moved away holds nothing, and counts as absent."""
    rows = rows_of(truth) | {"r:Delta": Row(Decimal("0.00"), 0), "r:Delta:FXSpot": Row(Decimal(0), None)}

    assert judge(rows, truth) == ()


def test_amounts_that_cancel_out_are_seen_by_their_trades(truth: Truth) -> None:
    """A right amount with a wrong number of trades is a difference."""
    rows = rows_of(truth) | {LEAF: Row(Decimal("10.50"), 2)}

    assert (LEAF, Kind.TRADES) in found(rows, truth)


def test_a_parent_is_the_sum_of_its_children(truth: Truth) -> None:
    """Each parent that is not the sum of its children is torn, with what the children add up to."""
    rows = rows_of(truth) | {"r:PV": Row(Decimal("31.50"), 3)}

    torn = {each.path: each.expected for each in judge(rows, truth) if each.kind is Kind.TORN}

    assert torn == {"r": Decimal("31.50"), "r:PV": Decimal("21.00")}


def test_nothing_at_all_is_missing_everywhere(truth: Truth) -> None:
    """A round of which no row arrived misses every path."""
    assert {kind for _, kind in found({}, truth)} == {Kind.MISSING}
    assert len(judge({}, truth)) == len(truth.totals)


def test_a_large_round_is_exact_to_the_cent() -> None:
    """Ten thousand messages with duplicates and stale versions are judged without losing a digit."""
    options = plan_options(RoundOrder("big"), level=2, hierarchy=LEVELS)
    messages = list(make_plan(options).messages)

    truth = truth_of_run(messages, LEVELS)

    assert len(messages) == 10_000
    assert judge(rows_of(truth), truth) == ()
    assert sum(truth.totals[leaf] for leaf in truth.leaves) == truth.totals["big"]
