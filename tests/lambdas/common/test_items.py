"""How values are written as items of DynamoDB and read back: numbers, trades."""

import json
from decimal import Decimal
from typing import Any

import pytest
from common.items import item_of_trade, number, plain, plain_item, trade_in_image
from common.trades import MalformedRecordError, Trade, decode_trade
from hypothesis import given
from hypothesis import strategies as st

from tests.lambdas.handler_bench import LEVELS, message

TRADE = decode_trade(message("t-1", "34624.51", version=3), LEVELS)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**30), max_value=10**30))
def test_numbers_are_written_without_losing_a_digit(value: Decimal) -> None:
    """A number is written out without an exponent, and read back equal."""
    written = number(value)

    assert "E" not in written["N"]
    assert plain(written) == value


def test_what_the_pipelines_do_not_use_is_left_as_it_is() -> None:
    """Sets, lists and binary come back in DynamoDB's own form, so that a check can refuse them."""
    item = {"s": {"SS": ["a"]}, "l": {"L": []}, "n": {"NULL": True}, "b": {"B": "eA=="}, "x": {"N": "abc"}}

    assert plain_item(item) == {**item, "n": None, "x": "abc"}


@pytest.mark.parametrize("more", [{}, {"Cancelled": True}, {"RunID": "run-7"}])
def test_a_trade_survives_its_item(more: dict[str, Any]) -> None:
    """The item that State writes gives the same trade to Map."""
    trade = decode_trade(message("t-1", "34624.51", version=3, **more), LEVELS)

    assert trade_in_image(item_of_trade(trade), LEVELS) == trade


def test_the_hierarchy_may_be_json_text() -> None:
    """An item whose hierarchy is JSON text, as other writers store it, is the same trade."""
    item = item_of_trade(TRADE) | {"Hierarchy": {"S": json.dumps(dict(TRADE.hierarchy))}}

    assert trade_in_image(item, LEVELS) == TRADE


@pytest.mark.parametrize(
    ("attribute", "value", "reason"),
    [
        ("Value", {"S": "5.00"}, "`Value` is text, not a number"),
        ("Value", {"N": "1.005"}, "more than 2 decimals"),
        ("Value", {"N": "NaN"}, "`Value` is NaN, which is not a number"),
        ("Value", {"NS": ["1"]}, "`Value` is an object, not a number"),
        ("Version", {"N": "1.5"}, "not a whole number"),
        ("Hierarchy", {"S": "PV:FX"}, "`Hierarchy` is text that is not JSON"),
        ("Hierarchy", {"S": "[" * 100_000}, "`Hierarchy` is text that is not JSON"),
        ("Hierarchy", {"S": "9" * 5_000}, "`Hierarchy` is text that is not JSON"),
        ("Hierarchy", {"S": "[1]"}, "`Hierarchy` is a list, not an object"),
        ("Hierarchy", {"M": {"RiskType": {"S": "PV"}}}, "no level `TradeDesk`"),
        ("Cancelled", {"NULL": True}, "`Cancelled` is null"),
    ],
)
def test_an_item_that_is_no_trade_is_refused(attribute: str, value: dict[str, Any], reason: str) -> None:
    """An item that somebody else wrote is refused with a reason if it is no valid trade."""
    with pytest.raises(MalformedRecordError, match=reason):
        trade_in_image(item_of_trade(TRADE) | {attribute: value}, LEVELS)


def test_a_trade_is_never_changed() -> None:
    """A trade is a value: its fields cannot be assigned."""
    with pytest.raises(AttributeError):
        TRADE.value = Decimal(1)  # type: ignore[misc] # the point of the test

    assert isinstance(TRADE, Trade)
