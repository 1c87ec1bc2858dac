"""Effects: exact, additive, and without anything that adds nothing."""

from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from workshop.diagnosis.effects import amount_of, combine, effect_of, times_in
from workshop.diagnosis.factors import factors_of

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


@given(
    st.lists(effects, max_size=4).flatmap(
        lambda each: st.tuples(
            st.just(each), st.lists(st.integers(-5, 5), min_size=len(each), max_size=len(each))
        )
    )
)
def test_how_often_each_effect_was_added_follows_from_the_sum(case: tuple[list[dict], list[int]]) -> None:
    """Where only one answer is possible it is found, and no other; where several are, none is given."""
    added, factors = case

    found = factors_of(combine(zip(factors, added, strict=True)), added)

    assert found in (factors, None)


def test_a_sum_that_leaves_a_choice_or_has_no_answer_gives_none() -> None:
    """Equal effects leave a choice; half of an effect, or what none of them has, is no answer."""
    one, other = {"a": (200, 2), "b": (300, 1)}, {"a": (500, 1)}

    assert factors_of({"a": (900, 5), "b": (600, 2)}, [one, other]) == [2, 1]
    assert factors_of(one, [one, one]) is None
    assert factors_of({"a": (100, 1), "b": (150, 0)}, [one, other]) is None
    assert factors_of({"c": (100, 1)}, [one, other]) is None
