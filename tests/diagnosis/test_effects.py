"""Effects: exact, additive, and without anything that adds nothing."""

from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from workshop.diagnosis.effects import amount_of, combine, effect_of, times_in

leaves = st.sampled_from(["PV:FXSpot:EMEA", "PV:FXSpot:APAC", "Delta:FXSpot:EMEA"])
effects = st.dictionaries(
    leaves, st.tuples(st.integers(-(10**40), 10**40), st.integers(-5, 5)).filter(any), max_size=3
)


@given(effects)
def test_what_cancels_out_is_no_effect(effect: dict) -> None:
    """An effect and its opposite leave nothing, not even a leaf with zero."""
    assert combine([(1, effect), (-1, effect)]) == {}


@example([Decimal("1E-130"), Decimal("9.99E+125")])
@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=3, max_value=10**30), min_size=1))
def test_amounts_become_integers_and_back(amounts: list[Decimal]) -> None:
    """No amount loses a digit on the way to units and back, however long it is."""
    effect = effect_of({str(place): amount for place, amount in enumerate(amounts)}, {})

    units = [effect.get(str(place), (0, 0))[0] for place in range(len(amounts))]
    assert [amount_of(each) for each in units] == amounts


def test_how_often_something_was_added_divides_the_difference() -> None:
    """Only divisors of every number of a difference may be how often the same thing was added."""
    assert times_in({"a": (600, -6), "b": (900, 9)}) == {
        1: {"a": (600, -6), "b": (900, 9)},
        3: {"a": (200, -2), "b": (300, 3)},
    }
    assert list(times_in({"a": (600, 6), "b": (901, 9)})) == [1]
