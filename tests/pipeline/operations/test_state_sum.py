"""Which items of StateTable count: the commands decide as MapLambda does, by code of their own."""

from decimal import Decimal
from typing import Any

import pytest
from common.items import trade_in_image
from common.trades import MalformedRecordError

from workshop.pipeline.operations.state_sum import sum_of_state, valid_trade

LEVELS = ("RiskType", "TradeDesk", "Region")
NAMES = {"RiskType": "PV", "TradeDesk": "FX:Spot", "Region": "EMEA"}
TRADE: dict[str, Any] = {
    "TradeID": "1",
    "Value": Decimal("1.25"),
    "Version": Decimal(3),
    "Timestamp": Decimal("1750000000.25"),
    "Hierarchy": NAMES,
}
CHANGES: list[dict[str, Any]] = [
    {},
    {"Value": Decimal("1.255")},
    {"Value": Decimal("-999999999999999.99")},
    {"Value": Decimal(1000000000000000)},
    {"Value": Decimal("1E+20")},
    {"Value": "1.25"},
    {"Value": None},
    {"Version": Decimal("1.5")},
    {"Version": Decimal(-1)},
    {"Version": Decimal(10) ** 18},
    {"Version": Decimal(10) ** 18 - 1},
    {"Timestamp": Decimal(-1)},
    {"Timestamp": Decimal(10) ** 11},
    {"Timestamp": "now"},
    {"Hierarchy": {**NAMES, "Region": ""}},
    {"Hierarchy": {**NAMES, "Other": "more"}},
    {"Hierarchy": {**NAMES, "Other": Decimal(1)}},
    {"Hierarchy": {"RiskType": "PV"}},
    {"Hierarchy": {**NAMES, "Region": "x" * 2040}},
    {"Hierarchy": {**NAMES, "Other": "x" * 32_760}},
    {"Hierarchy": '{"RiskType": "PV", "TradeDesk": "FX", "Region": "EMEA"}'},
    {"Hierarchy": "PV"},
    {"Cancelled": True},
    {"Cancelled": "yes"},
    {"RunID": "r" * 36},
    {"RunID": "r" * 37},
    {"RunID": ""},
]


def image_of(fields: dict[str, Any]) -> dict[str, Any]:
    """Return an item in DynamoDB's own form."""
    return {name: attribute(value) for name, value in fields.items()}


def attribute(value: Any) -> dict[str, Any]:
    """Return a value in DynamoDB's own form."""
    if isinstance(value, dict):
        return {"M": image_of(value)}
    kinds: dict[type, str] = {str: "S", bool: "BOOL", type(None): "NULL", Decimal: "N"}
    plain = f"{value:f}" if isinstance(value, Decimal) else value
    return {kinds[type(value)]: True if value is None else plain}


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_the_same_items_count_as_in_the_functions(change: dict[str, Any]) -> None:
    """An item is a valid trade for the commands exactly if it is one for MapLambda, with the same value."""
    fields = TRADE | change
    try:
        expected = trade_in_image(image_of(fields), LEVELS).value
    except MalformedRecordError:
        expected = None

    trade = valid_trade(fields, LEVELS)

    assert (trade.value if trade else None) == expected or (trade is not None and trade.cancelled)
    assert (trade is None) is (expected is None)


def test_items_of_older_epochs_do_not_count() -> None:
    """What a clear has left behind is neither a trade nor an error."""
    items = [TRADE, TRADE | {"TradeID": "2", "Epoch": Decimal(2)}, TRADE | {"TradeID": "3", "Value": None}]

    found = sum_of_state(items, LEVELS, epoch=2)

    assert (found.truth.trades["Grand Total"], found.invalid) == (1, ())
