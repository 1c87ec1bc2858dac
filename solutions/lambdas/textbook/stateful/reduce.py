"""ReduceLambda: adds rows of ReduceTable to the totals in AggregateTable; the same in both pipelines.

Rows come from the table's stream and are summed, then added in one transaction; beyond 100 actions there are
several, each of whole sub-trees. `token_of` gives the token by which DynamoDB knows one that comes again.
"""

from collections import Counter
from decimal import Decimal
from hashlib import sha256
from typing import Any

from common.aggregation import add_up
from common.clock import unix_time
from common.entries import contents, entries_of_rows, rejections
from common.latency import in_milliseconds
from common.records import batch_hash, change_batch, window_answer
from common.reporting import Quarantine, report
from common.settings import ReduceSettings
from common.steps import chunks, progress_of, with_root
from common.storage import transact
from common.writes import add_totals


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Add the rows to the totals."""
    settings = ReduceSettings.from_environ()
    batch = change_batch(event)
    entries = entries_of_rows(batch)
    counts = Counter(records=len(entries), quarantined=len(rejections(entries)))
    Quarantine(settings.quarantine_table_name, "reduce", batch.shard_id).put(rejections(entries))
    rows = contents(entries)
    leaves = add_up(delta for row in rows for delta in row.leaves.items())
    # A token stands for the same actions, byte for byte: the time of this invocation must not be among them.
    now = max((row.mapped_at for row in rows), default=Decimal(0))
    for number, chunk in enumerate(chunks(leaves)):
        additions = with_root({leaf: leaves[leaf] for leaf in chunk})
        progress = progress_of(rows if number == 0 else [], now=now)
        actions = add_totals(settings.aggregate_table_name, additions, progress=progress, now=now)
        transact(actions, token=token_of(event, number))
        counts["commits"] += 1
    ages = progress_of(rows, now=unix_time()).ages
    report("reduce", counts, in_milliseconds(ages))
    return window_answer(event)


def token_of(event: dict[str, Any], number: int) -> str | None:
    """Return the token of the batch's transaction with this number, up to 36 characters; None is no token."""
    ### BEGIN SOLUTION reduce-request-token
    return sha256(f"{batch_hash(event)}-{number}".encode()).hexdigest()[:36]
    ### STARTER
    # return None
    ### END SOLUTION
