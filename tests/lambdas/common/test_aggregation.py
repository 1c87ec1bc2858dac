"""The arithmetic of the pipelines: what changes add up to, whatever their order and grouping."""

from decimal import Decimal, Inexact
from itertools import pairwise
from random import Random

import pytest
from common.aggregation import EXACT, Change, Delta, add_up, roll_up, summarise
from common.steps import with_root
from common.trades import ROOT, Trade
from hypothesis import given
from hypothesis import strategies as st

from tests.lambdas.handler_bench import load_handler, parent_of

NOW = Decimal(1750000010)
difference = load_handler("stateful.map", "ledger").difference


def trade(value: str, path: str = "PV:FX:EMEA", *, version: int = 1, cancelled: bool = False) -> Trade:
    return Trade("t", Decimal(value), version, Decimal(1_750_000_000), {}, path, cancelled=cancelled)


PATHS = st.lists(st.sampled_from(["a", "b", "c%3A"]), min_size=3, max_size=3).map(":".join)
VALUES = st.integers(-(10**17) + 1, 10**17 - 1).map(lambda cents: Decimal(cents).scaleb(-2))
TRADES = st.builds(
    lambda value, path, cancelled: trade(str(Decimal(0) if cancelled else value), path, cancelled=cancelled),
    VALUES,
    PATHS,
    st.booleans(),
)
HISTORIES = st.lists(st.lists(TRADES | st.none(), min_size=1, max_size=5), max_size=8)


def changes_of(history: list[Trade | None]) -> list[Change]:
    """Return the changes that take a trade through these states, from not being there."""
    states = [None, *history]
    return [difference(old, new) for old, new in pairwise(states) if old or new]


def test_a_new_trade_adds_its_value() -> None:
    """A trade that was not there adds its value, and counts as one trade, at the time of its message."""
    change = difference(None, trade("5.25"))

    assert change.deltas == (("PV:FX:EMEA", Delta(Decimal("5.25"), 1)),)
    assert change.timestamp == 1_750_000_000


def test_a_modification_takes_the_old_value_away() -> None:
    """A trade that moves to another group is taken from the one and added to the other."""
    change = difference(trade("5.25"), trade("7.00", "PV:FX:APAC"))

    assert add_up(change.deltas) == {
        "PV:FX:EMEA": Delta(Decimal("-5.25"), -1),
        "PV:FX:APAC": Delta(Decimal("7.00"), 1),
    }


def test_a_modification_in_place_is_a_difference() -> None:
    """A trade whose value changes adds the difference, and no trade."""
    change = difference(trade("5.25"), trade("7.00"))

    assert add_up(change.deltas) == {"PV:FX:EMEA": Delta(Decimal("1.75"), 0)}


def test_a_deletion_subtracts() -> None:
    """A trade that is deleted takes its value away, and no message is counted as late for it."""
    change = difference(trade("5.25"), None)

    assert change == Change((("PV:FX:EMEA", Delta(Decimal("-5.25"), -1)),), None)


def test_a_cancellation_subtracts_and_its_deletion_does_not() -> None:
    """A trade that is cancelled takes its value away; deleting its tombstone takes nothing more."""
    tombstone = trade("0.00", cancelled=True)

    assert add_up(difference(trade("5.25"), tombstone).deltas) == {"PV:FX:EMEA": Delta(Decimal("-5.25"), -1)}
    assert add_up(difference(tombstone, None).deltas) == {"PV:FX:EMEA": Delta(Decimal(0), 0)}


@given(HISTORIES)
def test_the_changes_add_up_to_the_trades_that_are_left(histories: list[list[Trade | None]]) -> None:
    """However trades changed, moved, were cancelled or deleted, the sums are those of their last states."""
    sums = add_up(delta for history in histories for change in changes_of(history) for delta in change.deltas)
    left = add_up((last.path, Delta(last.value, last.count)) for *_, last in histories if last)

    nothing = Delta(Decimal(0), 0)
    assert {path: delta for path, delta in sums.items() if delta != nothing} == {
        path: delta for path, delta in left.items() if delta != nothing
    }


@given(HISTORIES, st.randoms(use_true_random=False), st.integers(1, 5))
def test_order_and_grouping_do_not_matter(
    histories: list[list[Trade | None]], random: Random, size: int
) -> None:
    """Changes summed in any order and in groups of any size give the same leaves."""
    changes = [change for history in histories for change in changes_of(history)]
    whole = summarise(changes, now=NOW)

    random.shuffle(changes)
    groups = [summarise(changes[at : at + size], now=NOW) for at in range(0, len(changes), size)]

    assert add_up(item for group in groups for item in group.leaves.items()) == whole.leaves
    assert sum(group.message_count for group in groups) == whole.message_count
    assert sum(sum(group.ages.values()) for group in groups) == sum(whole.ages.values())


@given(st.dictionaries(PATHS, st.builds(Delta, VALUES, st.integers(-9, 9)), min_size=1))
def test_every_parent_is_the_sum_of_its_children(leaves: dict[str, Delta]) -> None:
    """At every level, up to the Grand Total, a parent equals the sum of what lies right below it."""
    tree = with_root(leaves)

    below = add_up((parent_of(path), delta) for path, delta in tree.items() if path != ROOT)
    assert below == {path: delta for path, delta in tree.items() if path not in leaves}


def test_roll_up_names_every_level_but_the_root() -> None:
    """The roll-up of a leaf has a path for each level, and not the Grand Total."""
    assert list(roll_up({"Delta:FXSpot:EMEA": Delta(Decimal(1), 1)})) == [
        "Delta",
        "Delta:FXSpot",
        "Delta:FXSpot:EMEA",
    ]


def test_a_summary_tells_the_first_and_the_mean_time() -> None:
    """A summary holds the earliest and the mean time of its messages, and how old they are."""
    changes = [Change((), Decimal(1_750_000_000) + later) for later in (4, 1, Decimal("5.5"))]

    summary = summarise(changes, now=NOW)

    assert summary.first_timestamp == Decimal(1_750_000_001)
    assert summary.mean_timestamp == Decimal("1750000003.5")
    assert sum(summary.ages.values()) == 3


def test_deletions_alone_have_no_time() -> None:
    """Changes without a message count as records, and have neither time nor age."""
    summary = summarise([difference(trade("1.00"), None)], now=NOW)

    assert (summary.message_count, summary.first_timestamp, summary.mean_timestamp) == (1, None, None)
    assert summary.ages == {}


def test_a_touched_leaf_is_kept_even_if_nothing_changes() -> None:
    """A leaf whose changes cancel each other out is still named, with nothing to add."""
    summary = summarise([difference(None, trade("1.00")), difference(trade("1.00"), None)], now=NOW)

    assert summary.leaves == {"PV:FX:EMEA": Delta(Decimal(0), 0)}


def test_a_trillion_of_the_largest_values_are_exact() -> None:
    """Sums of the largest values stay exact to the cent, far below DynamoDB's 38 digits."""
    largest = Delta(Decimal("999999999999999.99"), 1)
    doubled = largest
    for _ in range(40):
        doubled = doubled + doubled

    assert doubled.value == Decimal(99999999999999999 * 2**40).scaleb(-2, EXACT)
    assert len(doubled.value.as_tuple().digits) < 38


def test_a_sum_that_would_lose_a_digit_raises() -> None:
    """A sum that does not fit into 38 digits raises, and is never rounded."""
    with pytest.raises(Inexact):
        Delta(Decimal(10) ** 37, 0) + Delta(Decimal("0.01"), 0)
