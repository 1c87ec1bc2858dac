"""A trade's risk: decoded from a message of the stream, or from the fields of an item, and checked once.

The result is an immutable `Trade`, or a `MalformedRecordError` whose reason tells the sender what to correct.
Every `Trade` can be stored in DynamoDB, summed exactly and written as a path, so later stages do not check
again. Pure: no AWS, no time, no environment.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, NoReturn

__all__ = [
    "MAX_LEVELS",
    "MAX_PATH_BYTES",
    "ROOT",
    "SEPARATOR",
    "MalformedRecordError",
    "Trade",
    "decode_trade",
    "escape_name",
    "leaf_path",
    "trade_from_fields",
]

# The path of the row that sums up everything. `workshop/pipeline/truth.py` has the name, and the rules for
# paths, once more on purpose: what the totals are compared with must share no code with what computes them.
ROOT = "Grand Total"
SEPARATOR = ":"
# A path is the key of a row in AggregateTable, and a DynamoDB partition key has at most 2,048 bytes.
MAX_PATH_BYTES = 2048
# One leaf with all its ancestors must fit into one transaction of 100 actions, beside the bookkeeping.
MAX_LEVELS = 90
CENT = Decimal("0.01")
NANOSECOND = Decimal("1E-9")
NOTHING = Decimal("0.00")
# 15 digits before the point and 2 after it: 10^21 such values still add up within DynamoDB's 38 digits.
MAX_VALUE_DIGITS = 15
MAX_VERSION_DIGITS = 18
MAX_TIMESTAMP_DIGITS = 11
MAX_TRADE_ID_BYTES = 2048
MAX_HIERARCHY_BYTES = 32_768
MAX_RUN_ID_CHARACTERS = 36
# Up to 32 KB each, in a function of 256 MB.
REMEMBERED_HIERARCHIES = 1024
KINDS = {str: "text", bool: "true or false", type(None): "null", list: "a list", dict: "an object"}


class MalformedRecordError(ValueError):
    """A record that its stage cannot use; `reason` tells the sender why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Trade:
    """One version of one trade's risk; a cancelled trade has value 0, whatever its message said."""

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
        """The number of live trades: 1, or 0 if this one is cancelled."""
        return 0 if self.cancelled else 1


def escape_name(name: str, *, top: bool = False) -> str:
    """Return a name as it is written inside a path; `top` means that it is the path's first name.

    >>> escape_name("10:30 %"), escape_name("#1"), escape_name("Grand Total", top=True)
    ('10%3A30 %25', '%231', 'Grand%20Total')
    """
    if top and name == ROOT:
        return "Grand%20Total"
    if name.isalnum():
        return name
    escaped = name.replace("%", "%25").replace(SEPARATOR, "%3A")
    # Rows whose key begins with `#` are the pipeline's own bookkeeping.
    return f"%23{escaped[1:]}" if escaped.startswith("#") else escaped


def leaf_path(names: Sequence[str]) -> str:
    """Return the path of a trade with these names, from the top level down.

    >>> leaf_path(["PV", "FXSpot", "EMEA"])
    'PV:FXSpot:EMEA'
    """
    return SEPARATOR.join(escape_name(name, top=depth == 0) for depth, name in enumerate(names))


def decode_trade(data: bytes, levels: Sequence[str], arrived_at: Decimal | None = None) -> Trade:
    """Return the trade in a message of the stream.

    A message without a version is version 0, so any later one wins; without a timestamp it is as old as its
    record, which came at `arrived_at` (unix seconds).

    Shape: UTF-8 JSON, `{"TradeID": …, "Value": 34624.51, "Version": 3, "Timestamp": …, "Hierarchy": {…}}`,
    plain or inside `{"RiskMessage": …}`; Version and Timestamp may be missing.

    Raises:
        MalformedRecordError: the bytes have any other shape, or `trade_from_fields` refuses the fields.
    """
    message = _parse(data)
    if isinstance(message, dict) and "RiskMessage" in message:
        message = message["RiskMessage"]
    if not isinstance(message, dict):
        raise MalformedRecordError(f"the message is {_kind(message)}, not an object with the trade's fields")
    defaults = {"Version": Decimal(0)} | ({"Timestamp": arrived_at} if arrived_at is not None else {})
    return trade_from_fields({**defaults, **message}, levels)


def trade_from_fields(fields: Mapping[str, Any], levels: Sequence[str]) -> Trade:
    """Return the trade with these fields; numbers must be `Decimal`, since a float may have lost digits.

    Raises:
        MalformedRecordError: a field is missing, of the wrong type, or out of range.
    """
    cancelled = _cancelled(fields)
    value = _value(_number(fields, "Value"))
    hierarchy, path = _hierarchy(fields, levels)
    return Trade(
        trade_id=_text(_present(fields, "TradeID"), "`TradeID`", max_bytes=MAX_TRADE_ID_BYTES),
        value=NOTHING if cancelled else value,
        version=_version(_number(fields, "Version")),
        timestamp=_timestamp(_number(fields, "Timestamp")),
        hierarchy=hierarchy,
        path=path,
        cancelled=cancelled,
        run_id=_run_id(fields),
    )


def _parse(data: bytes) -> Any:
    try:
        return DECODER.decode(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise MalformedRecordError(f"the message is not UTF-8 text: byte {error.start} is wrong") from error
    except InvalidOperation as error:
        raise MalformedRecordError(
            "the message holds a number whose exponent is too large to read"
        ) from error
    except RecursionError as error:
        raise MalformedRecordError("the message nests lists or objects too deeply") from error
    except json.JSONDecodeError as error:
        raise MalformedRecordError(f"the message is not JSON: {error}") from error


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedRecordError(f"the message holds {name}, which is not a number that can be summed")


# Numbers become Decimals, digit by digit: a float would turn 0.1 into a sum of powers of two, 1e400 into inf.
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
    # A zero such as 0E+400 would be written out with 400 zeros.
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
    # DynamoDB keeps 38 digits, and no clock measures less than a nanosecond.
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


def _hierarchy(fields: Mapping[str, Any], levels: Sequence[str]) -> tuple[dict[str, str], str]:
    """Return the name of each level, and the path that they make."""
    names = _present(fields, "Hierarchy")
    if not isinstance(names, dict):
        raise MalformedRecordError(f"`Hierarchy` is {_kind(names)}, not an object with a name for each level")
    pairs = tuple(names.items())
    try:
        return names, _path(pairs, tuple(levels))
    except TypeError:
        # A name that is a list or an object cannot be looked up; the checks say what is wrong with it.
        return names, _path.__wrapped__(pairs, tuple(levels))


# A few hundred hierarchies come again and again, so each is checked once.
@lru_cache(maxsize=REMEMBERED_HIERARCHIES)
def _path(pairs: tuple[tuple[str, str], ...], levels: tuple[str, ...]) -> str:
    hierarchy = dict(pairs)
    for level in levels:
        if level not in hierarchy:
            raise MalformedRecordError(f"`Hierarchy` has no level `{level}`; it needs {', '.join(levels)}")
    size = 0
    for level, name in pairs:
        _text(level, "the name of a level in `Hierarchy`", max_bytes=MAX_HIERARCHY_BYTES)
        _text(name, f"`{_shown(level)}` in `Hierarchy`", max_bytes=MAX_HIERARCHY_BYTES)
        size += len(level.encode()) + len(name.encode())
    if size > MAX_HIERARCHY_BYTES:
        raise MalformedRecordError(f"`Hierarchy` has {size} bytes, more than {MAX_HIERARCHY_BYTES}")
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
            f"{what} holds half of a surrogate pair (a broken emoji?) at character {error.start}"
        ) from error
    if size > max_bytes:
        raise MalformedRecordError(f"{what} has {size} bytes, more than {max_bytes}")
    return value


def _kind(value: Any) -> str:
    return KINDS.get(type(value), "a number" if isinstance(value, Decimal) else "binary or a list")


def _shown(value: Decimal | str) -> str:
    """Return a value shortened so that it fits into a message."""
    shown = str(value)
    return shown if len(shown) <= 40 else f"{shown[:40]}…"
