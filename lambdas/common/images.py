"""Trades as items of StateTable: what StateLambda writes, and what MapLambda finds in the table's stream.

In goes a `Trade` and out comes its item, or the other way round. No AWS call, no time, no environment.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from common.items import Item, number, plain_item, text
from common.trades import MalformedRecordError, Trade, trade_from_fields

__all__ = ["item_of_trade", "trade_in_image"]


def item_of_trade(trade: Trade) -> Item:
    """Return the item that keeps this version; a cancelled trade stays as a tombstone of value 0."""
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
    """Return the trade that an image holds; its `Hierarchy` may be a map or JSON text.

    Raises:
        MalformedRecordError: the item was written by hand or by other code, and is no valid trade.
    """
    fields = plain_item(image)
    hierarchy = fields.get("Hierarchy")
    if isinstance(hierarchy, str):
        fields["Hierarchy"] = _parse_hierarchy(hierarchy)
    return trade_from_fields(fields, levels)


def _parse_hierarchy(hierarchy: str) -> Any:
    try:
        return json.loads(hierarchy)
    except (json.JSONDecodeError, RecursionError) as error:
        raise MalformedRecordError(f"`Hierarchy` is text that is not JSON: {error}") from error
