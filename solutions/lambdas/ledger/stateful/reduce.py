"""ReduceLambda, with the ledger; the same in both pipelines.

Rows of ReduceTable come from its stream and are added to AggregateTable, in one transaction with the position
of the shard. What does not fit into one transaction is added sub-tree by sub-tree, so that after every commit
each total equals the sum of what lies below it.
"""

from typing import Any

from common.entries import entries_of_rows
from common.epoch import read_epoch
from common.latency import in_milliseconds
from common.ledger import Ledger
from common.records import change_batch, window_answer
from common.reporting import Quarantine, report
from common.settings import ReduceSettings
from common.writes import totals_into


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Add the rows to the totals, exactly once."""
    settings = ReduceSettings.from_environ()
    epoch = read_epoch(settings.parameter_table_name)
    batch = change_batch(event)
    if batch.records:  # the last event of a tumbling window may be empty
        ledger = Ledger(settings.ledger_table_name, batch.ledger_key(context.function_name), epoch)
        try:
            ledger.apply(
                entries_of_rows(batch, epoch),
                totals_into(settings.aggregate_table_name, epoch=epoch),
                Quarantine(settings.quarantine_table_name, "reduce", batch.shard_id),
            )
        finally:
            # Also when the batch fails: what is committed now is no news to the next invocation.
            report("reduce", ledger.counts, in_milliseconds(ledger.ages))
    return window_answer(event)
