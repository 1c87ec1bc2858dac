"""Effects: exact, additive, and without anything that adds nothing."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from workshop.diagnosis.effects import Measure, combine, times_in

leaves = st.sampled_from(["PV:FXSpot:EMEA", "PV:FXSpot:APAC", "Delta:FXSpot:EMEA"])
effects = st.dictionaries(
    leaves, st.tuples(st.integers(-(10**40), 10**40), st.integers(-5, 5)).filter(any), max_size=3
)


@given(effects)
def test_what_cancels_out_is_no_effect(effect: dict) -> None:
    """An effect and its opposite leave nothing, not even a leaf with zero."""
    assert combine([(1, effect), (-1, effect)]) == {}


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=3, max_value=10**30), min_size=1))
def test_amounts_become_integers_and_back(amounts: list[Decimal]) -> None:
    """No amount loses a digit on the way to units and back, however long it is."""
    measure = Measure.fitting(amounts, counted=True)

    effect = measure.effect({str(place): amount for place, amount in enumerate(amounts)}, {})

    units = [effect.get(str(place), (0, 0))[0] for place in range(len(amounts))]
    assert [measure.amount(each) for each in units] == amounts


def test_trades_count_only_where_they_are_counted() -> None:
    """Where totals have no number of trades, effects have none either."""
    amounts, trades = {"a": Decimal("1.50"), "b": Decimal(0)}, {"a": 1, "b": 2}

    assert Measure(2, counted=True).effect(amounts, trades) == {"a": (150, 1), "b": (0, 2)}
    assert Measure(2, counted=False).effect(amounts, trades) == {"a": (150, 0)}


def test_how_often_something_was_added_divides_the_difference() -> None:
    """Only divisors of every number of a difference may be how often the same thing was added."""
    assert times_in({"a": (600, -6), "b": (900, 9)}) == {
        1: {"a": (600, -6), "b": (900, 9)},
        3: {"a": (200, -2), "b": (300, 3)},
    }
    assert list(times_in({"a": (600, 6), "b": (901, 9)})) == [1]
