"""MapLambda of the stateful pipeline: sums what changed in StateTable, and writes one row for each batch.

Changes of StateTable come from its stream. The row's key is a hash of the batch, and the row is written only
if that key is new: a batch that comes a second time, cut in the same way, has no second effect.
"""

from collections import Counter
from typing import Any

from common.aggregation import summarise
from common.clock import unix_time
from common.entries import contents, entries_of_changes, rejections
from common.quarantine import Quarantine
from common.records import batch_hash, change_batch, window_answer
from common.report import report
from common.rows import item_of_row, rows_of
from common.settings import MapSettings
from common.storage import put, write

FIRST_TIME = "attribute_not_exists(#MessageHash)"


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Write what the changes do to the totals, once for each batch."""
    settings, now = MapSettings.from_environ(), unix_time()
    batch = change_batch(event)
    entries = entries_of_changes(batch, settings.hierarchy_levels)
    counts = Counter(records=len(entries), quarantined=len(rejections(entries)))
    Quarantine(settings.quarantine_table_name, "map", batch.shard_id).put(rejections(entries))
    summary = summarise(contents(entries), now=now)
    for row in rows_of(summary, key=batch_hash(event), now=now):
        refusal = write(put(settings.reduce_table_name, item_of_row(row), condition=FIRST_TIME))
        counts["repeated" if refusal else "rows"] += 1
    report("map", counts)
    return window_answer(event)
