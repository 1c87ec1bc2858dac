"""The truth, worked out from messages alone."""

import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.pipeline.messages import Message, PlanOptions, make_plan
from workshop.pipeline.truth import (
    GRAND_TOTAL,
    count_messages,
    escape_name,
    roll_up_paths,
    stateful_truth,
    stateless_truth,
)


def trade(trade_id: str, value: str, version: int = 1, *, region: str = "EMEA", cancelled: bool = False):
    place = {"RiskType": "PV", "TradeDesk": "FXSpot", "Region": region}
    return Message(trade_id, Decimal(value), version, place, cancelled=cancelled)


names = st.text(min_size=1, max_size=8) | st.sampled_from(
    ["Grand Total", "#progress", "a:b", "%3A", "%", "#", ":"]
)
amounts = st.integers(-(10**14), 10**14).map(lambda cents: Decimal(cents).scaleb(-2))
messages = st.lists(
    st.builds(
        Message,
        trade_id=st.sampled_from("abcdef"),
        value=amounts,
        version=st.integers(0, 3),
        hierarchy=st.fixed_dictionaries({"RiskType": names, "TradeDesk": names, "Region": names}),
        cancelled=st.booleans(),
    ),
    max_size=30,
)


@given(messages)
def test_every_parent_is_the_sum_of_its_children(sent: list[Message]) -> None:
    """The total of each path is the exact sum of the paths one level below it, up to the Grand Total."""
    truth = stateful_truth(sent)

    for path in truth.totals:
        depth = 0 if path == GRAND_TOTAL else path.count(":") + 1
        prefix = "" if path == GRAND_TOTAL else f"{path}:"
        children = [
            total
            for child, total in truth.totals.items()
            if child != GRAND_TOTAL and child.startswith(prefix) and child.count(":") == depth
        ]
        assert depth == 3 or sum(children, Decimal(0)) == truth.totals[path]


@given(st.lists(names, min_size=3, max_size=3), st.lists(names, min_size=3, max_size=3))
def test_different_places_have_different_paths(one: list[str], other: list[str]) -> None:
    """No two places share a path, whatever their names contain, and none is taken for a bookkeeping row."""
    order = ("a", "b", "c")
    first, second = (roll_up_paths(dict(zip(order, place, strict=True)), order) for place in (one, other))

    assert (first == second) == (one == other)
    assert GRAND_TOTAL not in first
    assert not any(path.startswith("#") for path in first)
    assert [path.count(":") for path in first] == [0, 1, 2]


@given(messages, st.randoms())
def test_order_and_repetition_do_not_matter_to_the_newest_version(sent, shuffle: random.Random) -> None:
    """With one content for each version, any order with any repetition gives the same truth."""
    consistent = list({(message.trade_id, message.version): message for message in sent}.values())
    again = consistent + [message for message in consistent if shuffle.random() < 0.5]
    shuffle.shuffle(again)

    assert stateful_truth(again) == stateful_truth(consistent)


def test_the_newest_version_counts() -> None:
    """A newer version replaces value and place of its trade; an older one that comes late changes nothing."""
    truth = stateful_truth([trade("a", "1.00"), trade("a", "5.00", 3, region="APAC"), trade("a", "9.00", 2)])

    assert truth.totals["PV:FXSpot:APAC"] == Decimal("5.00")
    assert "PV:FXSpot:EMEA" not in truth.totals
    assert truth.trades[GRAND_TOTAL] == 1


def test_of_equal_versions_the_first_counts() -> None:
    """A second message with a version that was there before changes nothing, whatever it says."""
    truth = stateful_truth([trade("a", "1.00"), trade("a", "2.00")])

    assert truth.totals[GRAND_TOTAL] == Decimal("1.00")


def test_a_cancelled_trade_is_out_until_a_newer_version_revives_it() -> None:
    """A cancelled trade is in no total; a newer version that is not cancelled brings it back."""
    sent = [trade("a", "1.00"), trade("b", "2.00"), trade("a", "0.00", 2, cancelled=True)]

    assert stateful_truth(sent).totals[GRAND_TOTAL] == Decimal("2.00")
    assert stateful_truth([*sent, trade("a", "4.00", 3)]).totals[GRAND_TOTAL] == Decimal("6.00")


def test_the_stateless_truth_counts_every_message() -> None:
    """The stateless pipeline knows neither trades nor versions: each message adds its value."""
    truth = stateless_truth([trade("a", "1.00"), trade("a", "1.00"), trade("a", "2.50", 2)])

    assert truth.totals["PV"] == Decimal("4.50")
    assert truth.trades["PV:FXSpot:EMEA"] == 3
    assert truth.leaves == {"PV:FXSpot:EMEA"}


def test_a_cancelled_message_adds_nothing_to_the_stateless_totals() -> None:
    """Without state there is nothing to take out, so a cancellation has no effect at all."""
    truth = stateless_truth([trade("a", "1.00"), trade("a", "1.00", 2, cancelled=True)])

    assert truth.totals[GRAND_TOTAL] == Decimal("1.00")


def test_sums_are_exact_beyond_the_precision_of_ordinary_decimals() -> None:
    """Amounts of 38 digits are added without rounding."""
    large = trade("a", "9" * 36 + ".99")

    truth = stateless_truth([large, large, trade("b", "0.01")])

    assert truth.totals[GRAND_TOTAL] == Decimal("1" + "9" * 36 + ".99")


def test_no_message_leaves_a_grand_total_of_nothing() -> None:
    """Without messages there is a Grand Total of zero and nothing else."""
    assert stateful_truth([]).totals == {GRAND_TOTAL: Decimal(0)}


@pytest.mark.parametrize(
    ("name", "top", "escaped"),
    [
        ("EMEA", True, "EMEA"),
        ("a:b", False, "a%3Ab"),
        ("50%", False, "50%25"),
        ("%3A", False, "%253A"),
        ("#progress", True, "%23progress"),
        ("no#hash", True, "no#hash"),
        ("##", True, "%23#"),
        ("Grand Total", True, "Grand%20Total"),
        ("Grand Total", False, "Grand Total"),
        ("Côte d'Ivoire 🌍", False, "Côte d'Ivoire 🌍"),
    ],
)
def test_names_are_escaped_by_the_rule(name: str, top: bool, escaped: str) -> None:
    """Only what would be mistaken for structure is escaped."""
    assert escape_name(name, top=top) == escaped


def test_messages_are_counted_by_what_they_are() -> None:
    """Duplicates, modifications, overtaken versions and conflicts are told apart."""
    sent = [
        trade("a", "1.00"),
        trade("a", "1.00"),
        trade("b", "2.00", 2),
        trade("b", "3.00"),
        trade("a", "7.00"),
    ]

    counts = count_messages(sent)

    assert (counts.messages, counts.distinct_trades, counts.duplicates) == (5, 2, 1)
    assert (counts.modified, counts.out_of_order, counts.conflicts) == (1, 1, 1)


def test_the_truth_of_a_plan_takes_no_time_worth_mentioning() -> None:
    """A plan of 10,000 messages has a truth with every default path."""
    plan = make_plan(PlanOptions(duplicates=12.5, modify=3, out_of_order=50))

    assert len(stateful_truth(plan.messages).totals) == 2 + 4 + 12 + 1
