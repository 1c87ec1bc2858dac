"""MapLambda of the stateful pipeline: sums what changed in StateTable, and writes the sum as a row.

Changes come from the table's stream, each with the item before it and after it. `difference` says what one
change does to the totals, and `store` writes what a batch of them does to ReduceTable.
"""

from collections import Counter
from decimal import Decimal
from typing import Any

from common.aggregation import Change, Delta, Summary, summarise
from common.clock import unix_time
from common.entries import contents, entries_of_changes, rejections
from common.latency import in_milliseconds
from common.records import batch_hash, change_batch, window_answer
from common.reporting import Quarantine, report
from common.rows import item_of_row, rows_of
from common.settings import MapSettings
from common.storage import put, write
from common.trades import Trade


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Write what the changes do to the totals."""
    settings, now = MapSettings.from_environ(), unix_time()
    batch = change_batch(event)
    entries = entries_of_changes(batch, settings.hierarchy_levels, compare=difference)
    counts = Counter(records=len(entries), quarantined=len(rejections(entries)))
    Quarantine(settings.quarantine_table_name, "map", batch.shard_id).put(rejections(entries))
    summary = summarise(contents(entries), now=now, source=batch.range)
    counts += store(summary, event, table=settings.reduce_table_name, now=now)
    report("map", counts, in_milliseconds(summary.ages))
    return window_answer(event)


def difference(old: Trade | None, new: Trade | None) -> Change:
    """Return what a change of a trade does to the totals of its leaves; None is a trade that is not there."""
    deltas = []
    # Your code here: so far, only what is new counts.
    if new is not None:
        deltas.append((new.path, Delta(new.value, new.count)))
    return Change(tuple(deltas), new.timestamp if new is not None else None)


def store(summary: Summary, event: dict[str, Any], *, table: str, now: Decimal) -> Counter[str]:
    """Write the sum of a batch into a table, as one row if it fits; return what was done, counted."""
    counts = Counter[str]()
    for row in rows_of(summary, now=now):
        write(put(table, item_of_row(row)))
        counts["rows"] += 1
    return counts
