"""Numbers have up to 38 significant digits, are computed exactly, and are written without an exponent.

AWS keeps up to 38 significant digits, trims leading and trailing zeros and refuses more; magnitudes from
1E-130 to 9.9…E+125 are allowed. It answers in plain digits, never with an exponent. Source:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html; the
messages are those that AWS sends (recorded in https://github.com/mhart/dynalite, `test/putItem.js`).

moto stores the text as it came, computes with Python's default of 28 digits, answers `1.2E+29`, and accepts
39.

Changed: sums and differences are exact, and a result that needs more than 38 digits is refused; what AWS
does then is not documented, and a sum of money must not be rounded silently. Values get their canonical form
where a request is parsed, in `dynamodb.wire`.
"""

import re
from decimal import Context, Decimal, localcontext
from typing import Any

from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models.dynamo_type import DynamoType, Item

from workshop.cloud.offline.overlay.correct import corrects

__all__ = ["NumberError", "canonical_number"]

MAXIMUM_DIGITS = 38
MAXIMUM_EXPONENT = 125
MINIMUM_EXPONENT = -130

# Most numbers are canonical already: a match spares them the way through `Decimal`.
_CANONICAL = re.compile(r"0|-?(?:[1-9]\d{0,37}|(?:0|[1-9]\d{0,17})\.\d{0,19}[1-9])")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
# The sum of the largest and the smallest number has 256 digits, so 300 never round.
_EXACT = Context(prec=300, Emax=999, Emin=-999)

_MOTO_ADD = DynamoType.__add__
_MOTO_SUBTRACT = DynamoType.__sub__
_MOTO_UPDATES = Item.update_with_attribute_updates
_MOTO_PROJECT = Item.project


class NumberError(MockValidationException):  # type: ignore[misc] # moto is untyped
    """A text is not a number, or the number is outside the range of DynamoDB."""


def canonical_number(text: str) -> str:
    """Return the number as AWS writes it.

    Raises:
        NumberError: not a number, too large, too small, or more than 38 significant digits.
    """
    if _CANONICAL.fullmatch(text):
        return text
    if not _NUMBER.fullmatch(text):
        raise NumberError(f"The parameter cannot be converted to a numeric value: {text}")
    return _plain(Decimal(text))


def _plain(number: Decimal) -> str:
    if _CANONICAL.fullmatch(text := str(number)):
        return text
    sign, digits, exponent = number.as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    significant = text.rstrip("0")
    if not significant:
        return "0"
    _check(len(significant), number.adjusted())
    # Every zero that was cut off at the end is one more power of ten.
    shift = int(exponent) + len(text) - len(significant)
    return ("-" if sign else "") + _place_point(significant, shift)


def _check(digit_count: int, magnitude: int) -> None:
    if magnitude > MAXIMUM_EXPONENT:
        raise NumberError(
            "Number overflow. Attempting to store a number with magnitude larger than supported range"
        )
    if magnitude < MINIMUM_EXPONENT:
        raise NumberError(
            "Number underflow. Attempting to store a number with magnitude smaller than supported range"
        )
    if digit_count > MAXIMUM_DIGITS:
        raise NumberError("Attempting to store more than 38 significant digits in a Number")


def _place_point(significant: str, shift: int) -> str:
    if shift >= 0:
        return significant + "0" * shift
    whole = significant[:shift] or "0"
    return f"{whole}.{significant[shift:].rjust(-shift, '0')}"


@corrects(DynamoType, "__add__")
def _add(self: Any, other: Any) -> Any:
    if self.type == other.type == "N":
        return _number(_EXACT.add(Decimal(self.value), Decimal(other.value)))
    return _MOTO_ADD(self, other)


@corrects(DynamoType, "__sub__")
def _subtract(self: Any, other: Any) -> Any:
    if self.type == other.type == "N":
        return _number(_EXACT.subtract(Decimal(self.value), Decimal(other.value)))
    return _MOTO_SUBTRACT(self, other)


def _number(number: Decimal) -> Any:
    # Past `DynamoType.__init__`, which looks for lists and maps.
    value = object.__new__(DynamoType)
    value.type, value.value = "N", _plain(number)
    return value


@corrects(Item, "update_with_attribute_updates")
def _update_with_attribute_updates(self: Any, attribute_updates: dict[str, Any]) -> None:
    """Apply the older form of updates, whose ADD moto computes in the calling thread's decimal context."""
    with localcontext(_EXACT):
        _MOTO_UPDATES(self, attribute_updates)
    vars(self).pop("size_bytes", None)
    # moto writes a sum as Python does, with an exponent where `Decimal` keeps one.
    for name in attribute_updates:
        if (value := self.attrs.get(name)) is not None and value.type == "N":
            value.value = canonical_number(value.value)


@corrects(Item, "project")
def _project(self: Any, projection_expressions: list[list[str]]) -> Any:
    """Select attributes; moto sends numbers through `str(Decimal)` on the way, which writes exponents."""
    item = _MOTO_PROJECT(self, projection_expressions)
    for value in item.attrs.values():
        _write_plainly(value)
    return item


def _write_plainly(value: Any) -> None:
    if value.type == "N" and "E" in value.value:
        value.value = canonical_number(value.value)
    elif value.type == "NS":
        value.value = [canonical_number(member) for member in value.value]
    elif value.type in ("M", "L"):
        for part in value.value.values() if value.type == "M" else value.value:
            _write_plainly(part)
