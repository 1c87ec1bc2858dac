"""Effects and fingerprints: exact, additive, and the same in every run."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from workshop.diagnosis.effects import Measure, combine, common_divisors, fingerprint, value_chance

leaves = st.sampled_from(["PV:FXSpot:EMEA", "PV:FXSpot:APAC", "Delta:FXSpot:EMEA"])
effects = st.dictionaries(
    leaves, st.tuples(st.integers(-(10**40), 10**40), st.integers(-5, 5)).filter(any), max_size=3
)


@given(effects, effects, st.integers(-4, 4))
def test_fingerprint_of_a_sum_is_the_sum_of_fingerprints(one: dict, other: dict, times: int) -> None:
    """What is found by fingerprints alone is found as if effects had been added up."""
    together = combine([(1, one), (times, other)])

    assert fingerprint(together) == fingerprint(one) + times * fingerprint(other)


@given(effects, effects)
def test_different_effects_have_different_fingerprints(one: dict, other: dict) -> None:
    """Two effects share a fingerprint only if they are equal."""
    assert (fingerprint(one) == fingerprint(other)) == (one == other)


@given(effects)
def test_what_cancels_out_is_no_effect(effect: dict) -> None:
    """An effect and its opposite leave nothing, not even a leaf with zero."""
    assert combine([(1, effect), (-1, effect)]) == {}


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=3, max_value=10**30), min_size=1))
def test_amounts_become_integers_and_back(amounts: list[Decimal]) -> None:
    """No amount loses a digit on the way to units and back, however long it is."""
    measure = Measure.fitting(amounts, counted=True)

    assert [measure.amount(measure.units(amount)) for amount in amounts] == amounts


def test_trades_count_only_where_they_are_counted() -> None:
    """Where totals have no number of trades, effects have none either."""
    amounts, trades = {"a": Decimal("1.50"), "b": Decimal(0)}, {"a": 1, "b": 2}

    assert Measure(2, counted=True).effect(amounts, trades) == {"a": (150, 1), "b": (0, 2)}
    assert Measure(2, counted=False).effect(amounts, trades) == {"a": (150, 0)}


def test_how_often_something_was_added_divides_the_difference() -> None:
    """Only divisors of every number of a difference may be how often the same thing was added."""
    assert common_divisors({"a": (600, 6), "b": (900, 9)}) == [1, 3]
    assert common_divisors({"a": (600, 6), "b": (901, 9)}) == [1]


def test_chance_knows_round_amounts() -> None:
    """Amounts in steps of a hundred, or often equal, are equal by chance more often than random cents."""
    cents = list(range(100, 100_000, 7))

    assert value_chance(cents) < 0.001
    assert value_chance([100, 200, 300, 400] * 10) > 0.2
    assert value_chance([500] * 10) == 1
