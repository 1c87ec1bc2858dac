"""A trade's risk, as the functions see it: decoded and checked once, exact, and never changed.

In go the bytes of a message from the stream, or the fields of an item of StateTable; out comes a `Trade`, or
a `MalformedRecordError` whose reason tells the sender what to mend. Whatever passes here can be stored in
DynamoDB, summed and written as a path: later steps do not check again. No AWS, no time, no environment.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from common.hierarchy import MAX_PATH_BYTES, leaf_path

__all__ = ["MalformedRecordError", "Trade", "decode_trade", "trade_from_fields"]

CENT = Decimal("0.01")
NANOSECOND = Decimal("1E-9")
NOTHING = Decimal("0.00")
# 15 digits before the point and 2 behind it: 10^21 such values still add up within DynamoDB's 38 digits.
MAX_VALUE_DIGITS = 15
MAX_VERSION_DIGITS = 18
MAX_TIMESTAMP_DIGITS = 11
MAX_TRADE_ID_BYTES = 2048
MAX_HIERARCHY_BYTES = 32_768
MAX_RUN_ID_CHARACTERS = 36
KINDS = {str: "text", bool: "true or false", type(None): "null", list: "a list", dict: "an object"}


class MalformedRecordError(ValueError):
    """A record is not what its stage reads; `reason` says why, to whoever sent it."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Trade:
    """One version of one trade's risk; a cancelled trade counts for nothing, whatever value it came with."""

    trade_id: str
    value: Decimal
    version: int
    timestamp: Decimal
    hierarchy: Mapping[str, str]
    path: str
    cancelled: bool = False
    run_id: str | None = None

    @property
    def count(self) -> int:
        """How many live trades this is: one, or none if it is cancelled."""
        return 0 if self.cancelled else 1


def decode_trade(data: bytes, levels: Sequence[str]) -> Trade:
    """Return the trade in a message of the stream.

    Shape: UTF-8 JSON, `{"TradeID": …, "Value": 34624.51, "Version": 3, "Timestamp": …, "Hierarchy": {…}}`,
    plain or inside `{"RiskMessage": …}`.

    Raises:
        MalformedRecordError: the bytes are anything else.
    """
    message = _parse(data)
    if isinstance(message, dict) and "RiskMessage" in message:
        message = message["RiskMessage"]
    if not isinstance(message, dict):
        raise MalformedRecordError(f"the message is {_kind(message)}, not an object with the trade's fields")
    return trade_from_fields(message, levels)


def trade_from_fields(fields: Mapping[str, Any], levels: Sequence[str]) -> Trade:
    """Return the trade with these fields; numbers must be Decimals, so that no float was ever near them.

    Raises:
        MalformedRecordError: a field is missing, of another kind, or out of its range.
    """
    cancelled = _cancelled(fields)
    value = _value(_number(fields, "Value"))
    hierarchy = _hierarchy(fields, levels)
    return Trade(
        trade_id=_text(_present(fields, "TradeID"), "`TradeID`", max_bytes=MAX_TRADE_ID_BYTES),
        value=NOTHING if cancelled else value,
        version=_version(_number(fields, "Version")),
        timestamp=_timestamp(_number(fields, "Timestamp")),
        hierarchy=hierarchy,
        path=_path(hierarchy, levels),
        cancelled=cancelled,
        run_id=_run_id(fields),
    )


def _parse(data: bytes) -> Any:
    try:
        return DECODER.decode(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise MalformedRecordError(f"the message is not UTF-8 text: byte {error.start} is wrong") from error
    except InvalidOperation as error:
        raise MalformedRecordError("the message holds a number that is larger than any computer's") from error
    except RecursionError as error:
        raise MalformedRecordError("the message nests lists or objects too deeply") from error
    except json.JSONDecodeError as error:
        raise MalformedRecordError(f"the message is not JSON: {error}") from error


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedRecordError(f"the message holds {name}, which is not a number that can be summed")


# Every number becomes a Decimal, digit for digit; `1e400` stays those five characters.
DECODER = json.JSONDecoder(parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse_constant)


def _present(fields: Mapping[str, Any], name: str) -> Any:
    try:
        return fields[name]
    except KeyError:
        raise MalformedRecordError(f"the field `{name}` is missing") from None


def _number(fields: Mapping[str, Any], name: str) -> Decimal:
    value = _present(fields, name)
    if not isinstance(value, Decimal):
        raise MalformedRecordError(f"`{name}` is {_kind(value)}, not a number")
    if not value.is_finite():
        raise MalformedRecordError(f"`{name}` is {value}, which is not a number that can be summed")
    # Without this, zero could come as 0E+400 and be written out with 400 zeros.
    return value or Decimal(0)


def _value(value: Decimal) -> Decimal:
    if value.adjusted() >= MAX_VALUE_DIGITS:
        raise MalformedRecordError(
            f"`Value` is {_shown(value)}, with more than {MAX_VALUE_DIGITS} digits before the point"
        )
    cents = value.quantize(CENT)
    if cents != value:
        raise MalformedRecordError(f"`Value` is {_shown(value)}, with more than 2 decimals")
    return cents


def _version(version: Decimal) -> int:
    if version < 0 or version.adjusted() >= MAX_VERSION_DIGITS or version != version.to_integral_value():
        raise MalformedRecordError(
            f"`Version` is {_shown(version)}, not a whole number from 0 of up to {MAX_VERSION_DIGITS} digits"
        )
    return int(version)


def _timestamp(timestamp: Decimal) -> Decimal:
    if timestamp < 0 or timestamp.adjusted() >= MAX_TIMESTAMP_DIGITS:
        raise MalformedRecordError(
            f"`Timestamp` is {_shown(timestamp)}, not a time in unix seconds (are these milliseconds?)"
        )
    # DynamoDB keeps 38 digits; what lies below a nanosecond is no time that anybody measured.
    return timestamp.quantize(NANOSECOND).normalize()


def _cancelled(fields: Mapping[str, Any]) -> bool:
    cancelled = fields.get("Cancelled", False)
    if not isinstance(cancelled, bool):
        raise MalformedRecordError(f"`Cancelled` is {_kind(cancelled)}, not true or false")
    return cancelled


def _run_id(fields: Mapping[str, Any]) -> str | None:
    if "RunID" not in fields:
        return None
    run_id = _text(fields["RunID"], "`RunID`", max_bytes=4 * MAX_RUN_ID_CHARACTERS)
    if len(run_id) > MAX_RUN_ID_CHARACTERS:
        raise MalformedRecordError(f"`RunID` has {len(run_id)} characters, more than {MAX_RUN_ID_CHARACTERS}")
    return run_id


def _hierarchy(fields: Mapping[str, Any], levels: Sequence[str]) -> dict[str, str]:
    names = _present(fields, "Hierarchy")
    if not isinstance(names, dict):
        raise MalformedRecordError(f"`Hierarchy` is {_kind(names)}, not an object with a name for each level")
    for level in levels:
        if level not in names:
            raise MalformedRecordError(f"`Hierarchy` has no level `{level}`; it needs {', '.join(levels)}")
    size = 0
    for level, name in names.items():
        _text(level, "the name of a level in `Hierarchy`", max_bytes=MAX_HIERARCHY_BYTES)
        _text(name, f"`{_shown(level)}` in `Hierarchy`", max_bytes=MAX_HIERARCHY_BYTES)
        size += len(level.encode()) + len(name.encode())
    if size > MAX_HIERARCHY_BYTES:
        raise MalformedRecordError(f"`Hierarchy` has {size} bytes, more than {MAX_HIERARCHY_BYTES}")
    return names


def _path(hierarchy: Mapping[str, str], levels: Sequence[str]) -> str:
    path = leaf_path([hierarchy[level] for level in levels])
    if (size := len(path.encode())) > MAX_PATH_BYTES:
        raise MalformedRecordError(
            f"the names in `Hierarchy` make a path of {size} bytes; a row's key holds {MAX_PATH_BYTES}"
        )
    return path


def _text(value: Any, what: str, *, max_bytes: int) -> str:
    if not isinstance(value, str):
        raise MalformedRecordError(f"{what} is {_kind(value)}, not text")
    if not value:
        raise MalformedRecordError(f"{what} is empty")
    try:
        size = len(value.encode())
    except UnicodeEncodeError as error:
        raise MalformedRecordError(
            f"{what} holds half of a surrogate pair (a broken emoji?) at place {error.start}"
        ) from error
    if size > max_bytes:
        raise MalformedRecordError(f"{what} has {size} bytes, more than {max_bytes}")
    return value


def _kind(value: Any) -> str:
    return KINDS.get(type(value), "a number" if isinstance(value, Decimal) else "binary or a list")


def _shown(value: Decimal | str) -> str:
    """Return a value so that it fits into a message, whatever its length."""
    shown = str(value)
    return shown if len(shown) <= 40 else f"{shown[:40]}…"
