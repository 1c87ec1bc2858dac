"""StateLambda, with a verdict on every message: applied, duplicate, stale, conflict or malformed.

StateTable keeps the newest version of each trade, so running the handler again on any part of the stream
changes nothing. Conflicts and malformed messages are set aside. If DynamoDB is busy, or time runs out, the
answer names the record with the first message that has to come again; the mapping needs
`ReportBatchItemFailures` for that.
"""

from collections import Counter
from typing import Any

from common.epoch import Epoch, read_epoch
from common.items import item_of_trade, trade_in_image
from common.quarantine import Quarantine
from common.records import ReceivedMessage, kinesis_batch, messages_in, report
from common.settings import StateSettings
from common.storage import BusyError, check_time
from common.trades import MalformedRecordError, Trade, decode_trade
from common.versions import Verdict, verdict_on_refused

# An equal version is refused as well: a message that comes twice must not count twice.
NEWER = "attribute_not_exists(#TradeID) OR #Version < :Version"


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Keep the newest version of each trade."""
    settings = StateSettings.from_environ()
    epoch = read_epoch(settings.parameter_table_name)
    batch = kinesis_batch(event)
    quarantine = Quarantine(settings.quarantine_table_name, "state", batch.shard_id)
    records, known = epoch.visible(batch), dict[str, Trade]()
    counts = Counter(records=len(batch.records), ignored=len(batch.records) - len(records))
    failures = []
    for message in messages_in(records):
        try:
            check_time(context, is_first=message.record is records[0])
            verdict, reason = keep(message, known, settings=settings, epoch=epoch)
            if verdict in (Verdict.CONFLICT, Verdict.MALFORMED):
                # Not after the loop: next to a newer version of the trade, a repeated conflict looks stale.
                quarantine.put([message.rejected(reason)], epoch=epoch.number)
        except BusyError:
            failures.append({"itemIdentifier": message.record.sequence_number})
            break
        counts[verdict.value] += 1
    report("state", counts)
    return {"batchItemFailures": failures}


def keep(
    message: ReceivedMessage, known: dict[str, Trade], *, settings: StateSettings, epoch: Epoch
) -> tuple[Verdict, str]:
    """Store the message's version of its trade if it is newer; return the verdict, and why it is set aside.

    `known` holds the stored versions that this batch has met; what they show to be old needs no write.
    """
    try:
        trade = decode_trade(message.data, settings.hierarchy_levels, message.arrived_at)
    except MalformedRecordError as error:
        return Verdict.MALFORMED, error.reason
    stored = known.get(trade.trade_id)
    if stored is None or stored.version < trade.version:
        item = item_of_trade(trade)
        values = {"Version": item["Version"]}
        refusal = epoch.write(settings.state_table_name, item, condition=NEWER, values=values)
        if refusal is None:
            known[trade.trade_id] = trade
            return Verdict.APPLIED, ""
        try:
            stored = known[trade.trade_id] = trade_in_image(refusal.item, settings.hierarchy_levels)
        except MalformedRecordError as error:
            problem = "what is stored under this trade's ID is no valid trade"
            return Verdict.CONFLICT, f"{problem}: {error.reason}"
    return verdict_on_refused(trade, stored)
