"""A snapshot held against the truth."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.compare_with_truth import compare
from workshop.pipeline.messages import PlanOptions, make_plan
from workshop.pipeline.truth import stateless_truth

MESSAGES = list(make_plan(PlanOptions(messages=60)).messages)
TRUTH = stateless_truth(MESSAGES)


def snapshot_of(messages) -> AggregateSnapshot:
    """What a pipeline would hold that counted these messages."""
    truth = stateless_truth(messages)
    return AggregateSnapshot(totals=truth.totals, trades=truth.trades)


def test_equal_totals_are_exact() -> None:
    """Right totals with one count for each trade are exact."""
    comparison = compare(snapshot_of(MESSAGES), TRUTH)

    assert comparison.exact
    assert (comparison.lost, comparison.duplicated) == (0, 0)


@given(st.lists(st.sampled_from(range(60)), unique=True, max_size=20), st.integers(0, 20))
def test_lost_and_duplicated_messages_are_counted(lost: list[int], doubled: int) -> None:
    """Each message that is missing counts as lost, each that is there twice as duplicated, leaf by leaf."""
    kept = [message for place, message in enumerate(MESSAGES) if place not in lost]

    comparison = compare(snapshot_of(kept + kept[:doubled]), TRUTH)

    # Within one leaf a lost and a doubled message cannot be told from none of both.
    assert comparison.duplicated - comparison.lost == min(doubled, len(kept)) - len(lost)
    assert comparison.exact == (not lost and not doubled)


def test_a_cent_too_much_is_a_difference() -> None:
    """No tolerance: one cent in one leaf makes the run inexact, and the path is named."""
    totals = dict(TRUTH.totals)
    totals["PV:FXSpot:EMEA"] += Decimal("0.01")

    comparison = compare(AggregateSnapshot(totals=totals, trades=TRUTH.trades), TRUTH)

    assert [(d.path, d.amount) for d in comparison.differences] == [("PV:FXSpot:EMEA", Decimal("0.01"))]


def test_a_doubled_message_of_no_value_is_found() -> None:
    """Amounts may be right by chance; the number of trades shows it."""
    trades = {**TRUTH.trades, "PV:FXSpot:EMEA": TRUTH.trades["PV:FXSpot:EMEA"] + 1}

    comparison = compare(AggregateSnapshot(totals=TRUTH.totals, trades=trades), TRUTH)

    assert not comparison.exact
    assert comparison.duplicated == 1


def test_a_path_that_nobody_asked_for_is_a_difference_unless_it_is_empty() -> None:
    """An extra path with an amount is wrong, one that its trades have left is not."""
    empty = AggregateSnapshot(totals={**TRUTH.totals, "XX": Decimal(0)}, trades={**TRUTH.trades, "XX": 0})
    extra = AggregateSnapshot(totals={**TRUTH.totals, "XX": Decimal(5)}, trades=TRUTH.trades)

    assert compare(empty, TRUTH).exact
    assert [difference.path for difference in compare(extra, TRUTH).differences] == ["XX"]


def test_where_trades_are_not_counted_totals_alone_decide() -> None:
    """A variant without trade counts can be exact, and nothing is claimed about lost messages."""
    comparison = compare(AggregateSnapshot(totals=TRUTH.totals), TRUTH)

    assert comparison.exact
    assert (comparison.lost, comparison.duplicated) == (0, 0)
