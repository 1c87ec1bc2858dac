"""What Map and Reduce write: their steps as actions on ReduceTable and AggregateTable.

The ledger commits these actions in one transaction with its own. Nothing is written here.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from common.aggregation import Change, Delta
from common.entries import Entry
from common.epoch import Epoch
from common.items import number, text
from common.ledger import Planner
from common.rows import DeltaRow, item_of_row
from common.steps import Cursor, Progress, map_step, reduce_step
from common.storage import Action, BusyError, put, update

__all__ = ["PROGRESS_ROW", "add_totals", "rows_into", "totals_into"]

# No path begins with `#`, since `escape_name` escapes it. `workshop/pipeline/aggregates.py` has the key once
# more: the workshop reads the tables as any client would, and shares no code with the functions.
PROGRESS_ROW = "#progress"


def rows_into(table: str, *, ledger_key: str, shard_id: str | None, epoch: Epoch) -> Planner[Change]:
    """Return how MapLambda plans its steps: rows for ReduceTable, with keys made from shard and positions."""

    def plan(
        entries: Sequence[Entry[Change]], cursor: Cursor, now: Decimal
    ) -> tuple[list[Action], Cursor, Mapping[int, int]]:
        step = map_step(entries, cursor, ledger_key=ledger_key, shard_id=shard_id, now=now)
        # Of the rows of a summary the first one alone has ages.
        ages = {bucket: count for row in step.rows for bucket, count in row.ages.items()}
        return [put(table, epoch.stamp(item_of_row(row))) for row in step.rows], step.cursor, ages

    return plan


def totals_into(table: str, *, epoch: Epoch) -> Planner[DeltaRow]:
    """Return how ReduceLambda plans its steps: additions to the rows of AggregateTable.

    A step raises a BusyError while a clear is deleting old totals: what is added now would go with them.
    """

    def plan(
        entries: Sequence[Entry[DeltaRow]], cursor: Cursor, now: Decimal
    ) -> tuple[list[Action], Cursor, Mapping[int, int]]:
        step = reduce_step(entries, cursor, now=now)
        if epoch.emptying and (step.additions or step.progress.row_count):
            raise BusyError(
                f"`workshop clear` is still emptying `{table}`, so nothing was added; the batch comes again "
                "(if the command was interrupted, run it once more)"
            )
        progress = step.progress
        return add_totals(table, step.additions, progress=progress, now=now), step.cursor, progress.ages

    return plan


def add_totals(
    table: str, additions: Mapping[str, Delta], *, progress: Progress, now: Decimal
) -> list[Action]:
    """Return the actions that add these deltas and raise the revision; none if there is nothing to add.

    A reader that finds the same revision before and after a scan has seen no half of a commit.
    """
    if not additions and not progress.row_count:
        return []
    counts: dict[str, int | Decimal] = {
        "Revision": 1,
        "RowCount": progress.row_count,
        "MessageCount": progress.message_count,
    }
    if progress.ages:
        counts["AgeSeconds"] = progress.age_seconds
    counts.update({f"A{bucket:03}": count for bucket, count in sorted(progress.ages.items())})
    bookkeeping = update(
        table,
        {"Identifier": text(PROGRESS_ROW)},
        plus={name: number(count) for name, count in counts.items()},
        to={"UpdatedAt": number(now)},
    )
    return [bookkeeping, *(_add(table, path, delta) for path, delta in sorted(additions.items()))]


def _add(table: str, path: str, delta: Delta) -> Action:
    plus = {"Value": number(delta.value), "Trades": number(delta.trades)}
    return update(table, {"Identifier": text(path)}, plus=plus)
