"""What StateTable says the totals must be: the exact sum over its valid trades.

It decides which items count by the functions' documentation, with code of its own: an item that is not a
valid trade counts for nothing, and neither does one of an older epoch.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workshop.pipeline.operations.epoch import epoch_number
from workshop.pipeline.truth import Truth, roll_up_paths, stateful_truth

__all__ = ["StateSum", "SummedTrade", "sum_of_state", "valid_trade"]

# The limits within which a trade is a risk message; MapLambda counts no other.
VALUE_LIMIT = Decimal(10) ** 15
VERSION_LIMIT = Decimal(10) ** 18
TIMESTAMP_LIMIT = Decimal(10) ** 11
CENT_EXPONENT = -2
TEXT_BYTES = 2048
HIERARCHY_BYTES = 32_768
RUN_ID_CHARACTERS = 36


@dataclass(frozen=True)
class SummedTrade:
    """The newest version of one trade, as far as the totals need it."""

    trade_id: str
    value: Decimal
    version: int
    hierarchy: Mapping[str, str]
    cancelled: bool


@dataclass(frozen=True)
class StateSum:
    """The totals over the trades, and the ids of items that are none."""

    truth: Truth
    invalid: tuple[str, ...]


def sum_of_state(items: Iterable[Mapping[str, Any]], order: Sequence[str], *, epoch: int) -> StateSum:
    """Return the sum over the items that belong to this epoch."""
    trades, invalid = [], []
    for item in items:
        if epoch_number(item) < epoch:
            continue
        trade = valid_trade(item, order)
        if trade is None:
            invalid.append(str(item.get("TradeID")))
        else:
            trades.append(trade)
    return StateSum(stateful_truth(trades, order), tuple(sorted(invalid)))


def valid_trade(item: Mapping[str, Any], order: Sequence[str]) -> SummedTrade | None:
    """Return the trade that an item of StateTable holds, or None if the totals must not count it."""
    fields = {**item, "Hierarchy": _hierarchy(item.get("Hierarchy"))}
    is_valid = (
        _is_text(fields.get("TradeID"), TEXT_BYTES)
        and _is_number(fields.get("Value"), VALUE_LIMIT)
        and _has_decimals(fields["Value"], CENT_EXPONENT)
        and _is_number(fields.get("Version"), VERSION_LIMIT)
        and fields["Version"] >= 0
        and _has_decimals(fields["Version"], 0)
        and _is_number(fields.get("Timestamp"), TIMESTAMP_LIMIT)
        and fields["Timestamp"] >= 0
        and isinstance(fields.get("Cancelled", False), bool)
        and _is_run_id(fields.get("RunID", "none"))
        and _has_path(fields["Hierarchy"], order)
    )
    if not is_valid:
        return None
    return SummedTrade(
        fields["TradeID"],
        fields["Value"],
        int(fields["Version"]),
        fields["Hierarchy"],
        cancelled=fields.get("Cancelled", False),
    )


def _hierarchy(hierarchy: Any) -> Any:
    """Return the names by level; variants that keep them as JSON text are read as well."""
    if not isinstance(hierarchy, str):
        return hierarchy
    try:
        return json.loads(hierarchy)
    except (ValueError, RecursionError):
        return None


def _has_path(hierarchy: Any, order: Sequence[str]) -> bool:
    if not isinstance(hierarchy, Mapping) or not all(level in hierarchy for level in order):
        return False
    texts = [text for pair in hierarchy.items() for text in pair]
    if not all(_is_text(text, HIERARCHY_BYTES) for text in texts):
        return False
    fits = sum(len(text.encode()) for text in texts) <= HIERARCHY_BYTES
    return fits and len(roll_up_paths(hierarchy, order)[-1].encode()) <= TEXT_BYTES


def _is_run_id(value: Any) -> bool:
    return _is_text(value, 4 * RUN_ID_CHARACTERS) and len(value) <= RUN_ID_CHARACTERS


def _is_text(value: Any, max_bytes: int) -> bool:
    if not isinstance(value, str) or not value:
        return False
    try:
        return len(value.encode()) <= max_bytes
    except UnicodeEncodeError:
        return False


def _is_number(value: Any, limit: Decimal) -> bool:
    return isinstance(value, Decimal) and value.is_finite() and abs(value) < limit


def _has_decimals(value: Decimal, exponent: int) -> bool:
    return value == value.quantize(Decimal(1).scaleb(exponent))
