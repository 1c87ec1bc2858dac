"""StateLambda, with a verdict on every message: applied, duplicate, stale, conflict or malformed.

A batch of messages comes from the stream, and StateTable keeps the newest version of each trade. Running it
again on any part of the stream changes nothing. What cannot be used is set aside; when DynamoDB is busy, the
answer names the first message that has to come again, which needs `ReportBatchItemFailures` on the mapping.
"""

from collections import Counter
from typing import Any

from common.entries import Rejection
from common.epoch import Epoch
from common.images import item_of_trade
from common.live_settings import read_epoch
from common.quarantine import Quarantine
from common.records import KinesisRecord, kinesis_batch
from common.report import report
from common.settings import StateSettings
from common.storage import BusyError, put, write
from common.trades import MalformedRecordError, Trade, decode_trade
from common.versions import ConflictError, Verdict, stored_trade, verdict_on

# An equal version is refused as well: what comes twice must not count twice.
NEWER = "attribute_not_exists(#TradeID) OR #Version < :Version"


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Keep the newest version of each trade."""
    settings = StateSettings.from_environ()
    epoch = read_epoch(settings.parameter_table_name)
    batch = kinesis_batch(event)
    quarantine = Quarantine(settings.quarantine_table_name, "state", batch.shard_id, epoch)
    records, known = epoch.visible(batch), dict[str, Trade]()
    counts = Counter(records=len(batch.records), ignored=len(batch.records) - len(records))
    failures = []
    for record in records:
        try:
            counts[take(record, known, settings=settings, quarantine=quarantine)] += 1
        except BusyError:
            failures.append({"itemIdentifier": record.sequence_number})
            break
    report("state", counts)
    return {"batchItemFailures": failures}


def take(
    record: KinesisRecord, known: dict[str, Trade], *, settings: StateSettings, quarantine: Quarantine
) -> str:
    """Keep the record's trade or set the record aside; return what became of it."""
    try:
        return keep(record, known, settings=settings, epoch=quarantine.epoch).value
    except MalformedRecordError as error:
        # At once: after a newer version of the trade, a repeated conflict would only look stale.
        quarantine.put([Rejection(record.sequence_number, error.reason, record.data)])
        return "conflict" if isinstance(error, ConflictError) else "malformed"


def keep(record: KinesisRecord, known: dict[str, Trade], *, settings: StateSettings, epoch: Epoch) -> Verdict:
    """Store the record's version of its trade unless an equal or newer one is there.

    `known` holds the versions that this batch has met in the table: what they show to be old needs no write.
    """
    trade = decode_trade(record.data, settings.hierarchy_levels)
    standing = known.get(trade.trade_id)
    if standing is None or standing.version < trade.version:
        item = epoch.stamp(item_of_trade(trade))
        condition, values = epoch.condition(NEWER, {"Version": item["Version"]})
        refusal = write(put(settings.state_table_name, item, condition=condition, values=values))
        if refusal and epoch.is_older_than(refusal.item):
            raise BusyError("the pipeline was cleared while this batch was at work; it has to come again")
        standing = stored_trade(refusal.item, settings.hierarchy_levels) if refusal else None
        known[trade.trade_id] = standing or trade
    return verdict_on(trade, standing) if standing else Verdict.NEWER
