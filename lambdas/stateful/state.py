"""StateLambda: takes each trade of a batch of messages to its item in StateTable.

Messages can come twice, and an older version of a trade after a newer one. What becomes of those is decided
where the item is written, in `keep`.
"""

from collections import Counter
from typing import Any

from common.items import item_of_trade
from common.records import kinesis_batch, messages_in
from common.reporting import Quarantine, ages_of, report
from common.settings import StateSettings
from common.storage import update, write
from common.trades import MalformedRecordError, Trade, decode_trade


def handler(event: dict[str, Any], _context: Any) -> None:
    """Store the trades of a batch, and set aside what is no trade."""
    settings = StateSettings.from_environ()
    batch = kinesis_batch(event)
    quarantine = Quarantine(settings.quarantine_table_name, "state", batch.shard_id)
    counts, timestamps = Counter(records=len(batch.records)), []
    for message in messages_in(batch.records):
        try:
            trade = decode_trade(message.data, settings.hierarchy_levels, message.arrived_at)
            counts["applied" if keep(trade, settings.state_table_name) else "refused"] += 1
            timestamps.append(trade.timestamp)
        except MalformedRecordError as error:
            quarantine.put([message.rejected(error.reason)])
            counts["malformed"] += 1
    report("state", counts, ages_of(timestamps))


def keep(trade: Trade, table: str) -> bool:
    """Store this version of the trade; return whether it was stored."""
    item = item_of_trade(trade)
    key = {"TradeID": item.pop("TradeID")}
    # An update leaves alone what it does not name, and a trade may come back after it was cancelled.
    item.setdefault("Cancelled", {"BOOL": False})
    write(update(table, key, to=item))
    return True
