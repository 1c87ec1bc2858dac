"""The producer's plan."""

import json
import uuid
from collections import Counter, defaultdict
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workshop.pipeline import messages
from workshop.pipeline.messages import LATE_AFTER, Message, PlanOptions, make_plan
from workshop.pipeline.truth import count_messages

percents = st.integers(0, 100).map(float)


def has_room(options: dict[str, float]) -> bool:
    """Whether rounding leaves room for a first version among few messages."""
    shares = (options["duplicates"], options["modify"])
    return sum(round(options["messages"] * share / 100) for share in shares) < options["messages"]


plans = (
    st.fixed_dictionaries(
        {
            "messages": st.integers(1, 300),
            "seed": st.integers(0, 10_000),
            "duplicates": st.integers(0, 45).map(float),
            "modify": st.integers(0, 45).map(float),
            "out_of_order": percents,
            "cancel": percents,
        }
    )
    .filter(has_room)
    .map(lambda options: PlanOptions(**options))
)


@given(plans)
@settings(max_examples=60, deadline=None)
def test_equal_options_give_equal_plans(options: PlanOptions) -> None:
    """The same seed and percentages give the same messages in the same order."""
    assert make_plan(options).entries == make_plan(options).entries


@given(plans)
@settings(max_examples=100, deadline=None)
def test_a_plan_holds_exactly_what_was_asked_for(options: PlanOptions) -> None:
    """The number of messages, duplicates, modifications and overtaken versions is exact, not a chance."""
    plan = make_plan(options)

    counts = count_messages(plan.messages)

    assert counts.messages == options.messages
    assert counts.duplicates == options.duplicate_count
    assert counts.modified == options.modification_count
    assert counts.out_of_order == round(options.modification_count * options.out_of_order / 100)
    assert counts.conflicts == 0


@given(plans)
@settings(max_examples=60, deadline=None)
def test_the_versions_of_a_trade_are_counted_from_one_without_gaps(options: PlanOptions) -> None:
    """A trade's versions are 1, 2, 3 and so on, each of them sent at least once."""
    versions = defaultdict(set)
    for message in make_plan(options).messages:
        versions[message.trade_id].add(message.version)

    assert all(seen == set(range(1, len(seen) + 1)) for seen in versions.values())


@given(plans)
@settings(max_examples=60, deadline=None)
def test_a_duplicate_follows_its_original(options: PlanOptions) -> None:
    """A duplicate carries the number of an earlier entry and the very same message."""
    first: dict[int, Message] = {}
    for entry in make_plan(options).entries:
        assert first.setdefault(entry.number, entry.message) == entry.message

    assert sorted(first) == list(range(len(first)))


def test_late_duplicates_come_in_another_call() -> None:
    """About half of the duplicates follow right behind their original, the others a whole call later."""
    entries = make_plan(PlanOptions(messages=10_000, duplicates=12.5)).entries
    first = {}
    late_gaps, other_gaps = [], []
    for place, entry in enumerate(entries):
        if entry.number in first:
            (late_gaps if entry.late else other_gaps).append(place - first[entry.number])
        first.setdefault(entry.number, place)

    assert 500 < len(late_gaps) < 750
    assert sum(gap >= LATE_AFTER for gap in late_gaps) > 0.9 * len(late_gaps)
    assert max(other_gaps) < 10


def test_seeds_give_different_trades() -> None:
    """Another seed gives other trades, so that a second run adds to the first."""
    one, two = (make_plan(PlanOptions(messages=50, seed=seed)) for seed in (1, 2))

    assert {m.trade_id for m in one.messages}.isdisjoint(m.trade_id for m in two.messages)


@given(st.integers(0, 2**128 - 1))
def test_trades_are_named_as_python_names_them(bits: int) -> None:
    """A trade's ID is a random UUID, written as `uuid` writes it."""
    assert messages._uuid(bits) == str(uuid.UUID(int=bits, version=4))


def test_some_modifications_move_a_trade_to_another_place() -> None:
    """A newer version has a new value, and sometimes another place in the hierarchy."""
    places = defaultdict(set)
    values = defaultdict(set)
    for message in make_plan(PlanOptions(messages=2_000, modify=20)).messages:
        places[message.trade_id].add(tuple(message.hierarchy.items()))
        values[message.trade_id].add(message.value)

    moved = [trade for trade, seen in places.items() if len(seen) > 1]
    modified = [trade for trade, seen in values.items() if len(seen) > 1]
    assert 0.1 < len(moved) / len(modified) < 0.5


def test_cancelled_versions_carry_no_value() -> None:
    """A cancellation is a newer version with the value 0.00, and a later version may revive the trade."""
    plan = make_plan(PlanOptions(messages=2_000, modify=40, cancel=50))

    cancelled = [message for message in plan.messages if message.cancelled]

    assert all(message.value == 0 and message.version > 1 for message in cancelled)
    assert len(cancelled) > 300


def test_a_custom_hierarchy_is_used_at_every_level() -> None:
    """A plan draws names from the levels that it is given, however many there are."""
    levels = {"Book": tuple(f"book {n}" for n in range(300))}

    plan = make_plan(PlanOptions(messages=3_000, levels=levels))

    assert len(Counter(message.hierarchy["Book"] for message in plan.messages)) == 300


@pytest.mark.parametrize(
    "wrong",
    [
        {"messages": 0},
        {"duplicates": -1},
        {"modify": 101},
        {"duplicates": 60, "modify": 40},
        {"run_id": "x" * 37},
    ],
)
def test_impossible_options_are_refused(wrong: dict) -> None:
    """Options that no plan can satisfy raise a ValueError that says which."""
    with pytest.raises(ValueError, match=r"not|no room"):
        PlanOptions(**wrong)


@pytest.mark.parametrize("value", ["34624.50", "0.10", "-0.01", "100000.00", "12345678901234567890.99"])
def test_values_are_written_digit_for_digit(value: str) -> None:
    """A value appears on the wire exactly as its decimal digits, never as a float's artefacts."""
    message = Message("t", Decimal(value), 1, {"RiskType": "PV"})

    assert f'"Value": {value},' in message.wire(1.0).decode()


@given(st.text(), st.dictionaries(st.text(), st.text(), max_size=3))
@settings(max_examples=50, deadline=None)
def test_texts_are_written_as_json_writes_them(name: str, hierarchy: dict[str, str]) -> None:
    """Names with quotes, control characters or letters of any alphabet are escaped as `json` escapes them."""
    wire = Message(name, Decimal(1), 1, hierarchy, run_id=name).wire(1.0).decode()

    assert f'"TradeID": {json.dumps(name)}, ' in wire
    assert f'"Hierarchy": {json.dumps(hierarchy)}, "RunID": {json.dumps(name)}' in wire


def test_the_wire_form_is_the_contracts() -> None:
    """The wire form has the contract's attributes; optional ones appear only when they say something."""
    place = {"RiskType": "Delta", "Region": "Côte d'Ivoire", "TradeDesk": "FX:Spot"}
    plain = Message("t-1", Decimal("1.50"), 3, place)
    marked = Message("t-1", Decimal("0.00"), 4, place, cancelled=True, run_id="run 7")

    assert json.loads(plain.wire(1616413258.8997078)) == {
        "TradeID": "t-1",
        "Value": 1.5,
        "Version": 3,
        "Timestamp": 1616413258.899708,
        "Hierarchy": place,
    }
    assert json.loads(marked.wire(1.0, wrapped=True))["RiskMessage"]["Cancelled"] is True
    assert json.loads(marked.wire(1.0))["RunID"] == "run 7"
