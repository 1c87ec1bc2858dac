"""DynamoDB's JSON (`{"S": "PV"}`, `{"N": "120"}`) to Python values and back, without losing a digit.

StateLambda writes a trade as an item of StateTable, and MapLambda reads it from the images in the table's
stream. The functions build this JSON themselves, so that no float can slip in. Pure: no AWS call.
"""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from common.trades import MalformedRecordError, Trade, trade_from_fields

__all__ = [
    "OPTIONAL",
    "Item",
    "item_of_trade",
    "number",
    "number_map",
    "plain",
    "plain_item",
    "text",
    "trade_in_image",
]

Item = dict[str, Any]

# What `item_of_trade` writes only of some trades.
OPTIONAL = ("Cancelled", "RunID")


def text(value: str) -> Item:
    """Return a string attribute."""
    return {"S": value}


def number(value: Decimal | int) -> Item:
    """Return a number attribute, written out without an exponent.

    >>> number(Decimal("1E+3"))
    {'N': '1000'}
    """
    return {"N": f"{value:f}" if isinstance(value, Decimal) else str(value)}


def number_map(values: Mapping[str, Decimal] | Mapping[str, int]) -> Item:
    """Return a map attribute of numbers."""
    return {"M": {name: number(value) for name, value in values.items()}}


def plain_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the Python values of an item or image; see `plain`."""
    return {name: plain(attribute) for name, attribute in item.items()}


def plain(attribute: Mapping[str, Any]) -> Any:
    """Return text as str, a number as Decimal, a flag as bool, a map as dict, NULL as None.

    Lists, sets and binary, which no table of the pipelines holds, are returned as they are, so that a check
    can refuse them.
    """
    [(kind, value)] = attribute.items()
    if kind == "N":
        return _decimal(value)
    if kind == "M":
        return plain_item(value)
    if kind == "NULL":
        return None
    return value if kind in ("S", "BOOL") else attribute


def _decimal(value: str) -> Any:
    try:
        return Decimal(value)
    except InvalidOperation:  # only an event that was written by hand can contain one
        return value


def item_of_trade(trade: Trade) -> Item:
    """Return the item of StateTable for this version; a cancelled trade stays as a tombstone of value 0.

    Without a tombstone, an older version that arrives late would bring the trade back.
    """
    item = {
        "TradeID": text(trade.trade_id),
        "Value": number(trade.value),
        "Version": number(trade.version),
        "Timestamp": number(trade.timestamp),
        "Hierarchy": {"M": {level: text(name) for level, name in trade.hierarchy.items()}},
    }
    if trade.cancelled:
        item["Cancelled"] = {"BOOL": True}
    if trade.run_id is not None:
        item["RunID"] = text(trade.run_id)
    return item


def trade_in_image(image: Mapping[str, Any], levels: Sequence[str]) -> Trade:
    """Return the trade in an image of StateTable; its `Hierarchy` may be a map or JSON text.

    Raises:
        MalformedRecordError: somebody else wrote the item, and it is not a valid trade.
    """
    fields = plain_item(image)
    hierarchy = fields.get("Hierarchy")
    if isinstance(hierarchy, str):
        fields["Hierarchy"] = _parse_hierarchy(hierarchy)
    return trade_from_fields(fields, levels)


def _parse_hierarchy(hierarchy: str) -> Any:
    try:
        return json.loads(hierarchy)
    except (ValueError, RecursionError) as error:  # Python refuses integers of thousands of digits, too
        raise MalformedRecordError(f"`Hierarchy` is text that is not JSON: {error}") from error
