"""MapLambda of the stateful pipeline, with the ledger.

Changes of StateTable come from its stream: what each adds to the totals and takes away is summed along the
hierarchy, and written to ReduceTable as one row, in one transaction with the position of the shard.
"""

from typing import Any

from common.aggregation import Change, Delta
from common.entries import entries_of_changes
from common.epoch import read_epoch
from common.latency import in_milliseconds
from common.ledger import Ledger
from common.records import change_batch, window_answer
from common.reporting import Quarantine, report
from common.settings import MapSettings
from common.trades import Trade
from common.writes import rows_into


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Write what the changes do to the totals, exactly once."""
    settings = MapSettings.from_environ()
    epoch = read_epoch(settings.parameter_table_name)
    batch = change_batch(event)
    if batch.records:  # the last event of a tumbling window may be empty
        ledger_key = batch.ledger_key(context.function_name)
        ledger = Ledger(settings.ledger_table_name, ledger_key, epoch)
        try:
            ledger.apply(
                entries_of_changes(batch, settings.hierarchy_levels, epoch, compare=difference),
                rows_into(
                    settings.reduce_table_name, ledger_key=ledger_key, shard_id=batch.shard_id, epoch=epoch
                ),
                Quarantine(settings.quarantine_table_name, "map", batch.shard_id),
            )
        finally:
            # Also when the batch fails: what is committed now is no news to the next invocation.
            report("map", ledger.counts, in_milliseconds(ledger.ages))
    return window_answer(event)


def difference(old: Trade | None, new: Trade | None) -> Change:
    """Return what a change of a trade does to the totals of its leaves; None is a trade that is not there."""
    deltas = []
    if old is not None:
        deltas.append((old.path, -Delta(old.value, old.count)))
    if new is not None:
        deltas.append((new.path, Delta(new.value, new.count)))
    return Change(tuple(deltas), new.timestamp if new is not None else None)
