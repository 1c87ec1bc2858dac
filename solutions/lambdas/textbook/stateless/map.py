"""MapLambda of the stateless pipeline: sums a batch of messages, and writes the sum as a row.

Up to 5,000 messages come from the stream at a time. `store` writes what they add to the totals to its table.
"""

from collections import Counter
from decimal import Decimal
from typing import Any

from common.aggregation import Summary, summarise
from common.clock import unix_time
from common.entries import contents, entries_of_messages, rejections
from common.latency import in_milliseconds
from common.records import batch_hash, kinesis_batch, window_answer
from common.reporting import Quarantine, report
from common.rows import item_of_row, rows_of
from common.settings import MapSettings
from common.storage import put, write


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Write what the messages add to the totals."""
    settings, now = MapSettings.from_environ(), unix_time()
    batch = kinesis_batch(event)
    entries = entries_of_messages(batch, settings.hierarchy_levels)
    counts = Counter(records=len(entries), quarantined=len(rejections(entries)))
    Quarantine(settings.quarantine_table_name, "map", batch.shard_id).put(rejections(entries))
    summary = summarise(contents(entries), now=now, source=batch.range)
    counts += store(summary, event, table=settings.reduce_table_name, now=now)
    report("map", counts, in_milliseconds(summary.ages))
    return window_answer(event)


def store(summary: Summary, event: dict[str, Any], *, table: str, now: Decimal) -> Counter[str]:
    """Write the sum of a batch into a table, as one row if it fits; return what was done, counted."""
    counts = Counter[str]()
    ### BEGIN SOLUTION stateless-batch-guard
    # DynamoDB looks whether the key is new in the step that writes: a second delivery finds it taken.
    for row in rows_of(summary, key=batch_hash(event), now=now):
        refusal = write(put(table, item_of_row(row), condition="attribute_not_exists(#MessageHash)"))
        counts["repeated" if refusal else "rows"] += 1
    ### STARTER
    # for row in rows_of(summary, now=now):
    #     write(put(table, item_of_row(row)))
    #     counts["rows"] += 1
    ### END SOLUTION
    return counts
