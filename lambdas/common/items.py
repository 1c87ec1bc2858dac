"""DynamoDB's own JSON (`{"S": "PV"}`, `{"N": "120"}`) to Python values and back, without losing a digit.

The functions write items in this form themselves, so that no float can slip in on the way. No AWS call.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

__all__ = ["Item", "number", "number_map", "plain", "plain_item", "text"]

Item = dict[str, Any]


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

    What no table of the pipelines holds (lists, sets, binary) comes back as it is, for a check to refuse.
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
    except InvalidOperation:  # only an event that was made by hand can hold one
        return value
