"""MapLambda of the stateless pipeline, with the ledger.

A batch of messages comes from the stream: their values are summed along the hierarchy, and written to
ReduceTable as one row, in one transaction with the position of the shard. Versions are not looked at.
"""

from typing import Any

from common.entries import entries_of_messages
from common.epoch import read_epoch
from common.latency import in_milliseconds
from common.ledger import Ledger
from common.records import kinesis_batch, window_answer
from common.reporting import Quarantine, report
from common.settings import MapSettings
from common.writes import rows_into


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Write what the messages add to the totals, exactly once."""
    settings = MapSettings.from_environ()
    epoch = read_epoch(settings.parameter_table_name)
    batch = kinesis_batch(event)
    if batch.records:
        ledger_key = batch.ledger_key(context.function_name)
        ledger = Ledger(settings.ledger_table_name, ledger_key, epoch)
        try:
            ledger.apply(
                entries_of_messages(batch, settings.hierarchy_levels, epoch),
                rows_into(
                    settings.reduce_table_name, ledger_key=ledger_key, shard_id=batch.shard_id, epoch=epoch
                ),
                Quarantine(settings.quarantine_table_name, "map", batch.shard_id),
            )
        finally:
            # Also when the batch fails: what is committed now is no news to the next invocation.
            report("map", ledger.counts, in_milliseconds(ledger.ages))
    return window_answer(event)
