"""How much of a batch fits into one transaction, and where the ledger stands afterwards.

A step takes the longest prefix of the pending entries that DynamoDB accepts at once, and says what to write
and where to move the ledger's cursor. A single record can be too much; then a step is a chunk of it: of a row
of ReduceTable a run of whole leaves, of a record with thousands of messages some of its rows. Pure: no AWS,
no time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256

from common.aggregation import Change, Delta, add_up, roll_up, summarise
from common.entries import Entry, contents
from common.hierarchy import paths_down_to, split_leaves, tree_order
from common.latency import later, total_seconds
from common.records import RecordRange, padded
from common.rows import DeltaRow, rows_of
from common.trades import ROOT

__all__ = [
    "START",
    "Cursor",
    "MapStep",
    "Progress",
    "ReduceStep",
    "chunks",
    "map_step",
    "progress_of",
    "reduce_step",
    "with_root",
]

# 12 rows of 300 KB stay under the 4 MB that one transaction may carry.
MAX_ROWS = 12
# 100 actions of a transaction less the ledger, the epoch, the bookkeeping row and the root.
MAX_PATHS = 96
SHORTEST_SEQUENCE_NUMBER = 21


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a shard was applied: every record up to `position`, completely.

    If `chunk_of` lies further on, a part of the record there is applied as well: to Reduce `chunk` is a
    number of its leaves, to Map a number of the rows that it makes.
    """

    position: str = padded("0")
    chunk: int = 0
    chunk_of: str = ""


START = Cursor()


@dataclass(frozen=True, slots=True)
class MapStep:
    """Rows to put into ReduceTable."""

    rows: list[DeltaRow]
    cursor: Cursor


@dataclass(frozen=True, slots=True)
class Progress:
    """What a commit adds to the bookkeeping row: rows that are complete now, their messages, and the ages.

    `age_seconds` is the sum of these ages, which gives their mean.
    """

    row_count: int
    message_count: int
    ages: Mapping[int, int]
    age_seconds: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class ReduceStep:
    """Deltas to add to AggregateTable: for leaves, all their ancestors and the root."""

    additions: Mapping[str, Delta]
    progress: Progress
    cursor: Cursor


def map_step(
    entries: Sequence[Entry[Change]],
    cursor: Cursor,
    *,
    ledger_key: str,
    shard_id: str | None,
    now: Decimal,
) -> MapStep:
    """Return the step for as many entries as fit, from the first one on, or else for a part of the first."""
    taken = _up_to_chunk(entries, cursor)
    while True:
        key = sha256(f"{ledger_key}|{taken[0].position}|{taken[-1].position}".encode()).hexdigest()
        first, last = (_sequence_number(entry.position) for entry in (taken[0], taken[-1]))
        summary = summarise(contents(taken), now=now, source=RecordRange(shard_id, first, last))
        # An entry gives the same rows each time, so that their number says how far it was applied.
        done = cursor.chunk if taken[0].position == cursor.chunk_of else 0
        rows = rows_of(summary, key=key, now=now)[done:]
        if len(rows) <= MAX_ROWS:
            return MapStep(rows, _moved(cursor, taken[-1].position))
        if len(taken) == 1:
            return MapStep(rows[:MAX_ROWS], Cursor(cursor.position, done + MAX_ROWS, taken[0].position))
        taken = taken[: len(taken) // 2]


def _up_to_chunk(entries: Sequence[Entry[Change]], cursor: Cursor) -> Sequence[Entry[Change]]:
    """Return the entries before the one that was applied in part, or that one alone, or all."""
    for place, entry in enumerate(entries):
        if entry.position == cursor.chunk_of:
            return entries[: place or 1]
    return entries


def _moved(cursor: Cursor, position: str) -> Cursor:
    """Return the cursor at a position; a chunk of a record further on stays applied."""
    is_left = cursor.chunk_of > position
    return Cursor(position, cursor.chunk, cursor.chunk_of) if is_left else Cursor(position)


def _sequence_number(position: str) -> str:
    # A position is padded to one width; the streams themselves write numbers of 21 digits or more.
    return position.lstrip("0").zfill(SHORTEST_SEQUENCE_NUMBER)


def reduce_step(entries: Sequence[Entry[DeltaRow]], cursor: Cursor, *, now: Decimal) -> ReduceStep:
    """Return the step for as many whole rows as fit, or else for as many leaves of the first row."""
    paths: set[str] = set()
    count = 0
    for entry in entries:
        paths.update(path for leaf in _leaves_left(entry, cursor) for path in paths_down_to(leaf))
        if len(paths) > MAX_PATHS:
            break
        count += 1
    if count:
        return _whole_rows(entries[:count], cursor, now=now)
    [row] = entries[0].contents
    return _part_of_row(row, cursor, position=entries[0].position)


def _whole_rows(entries: Sequence[Entry[DeltaRow]], cursor: Cursor, *, now: Decimal) -> ReduceStep:
    leaves = add_up(
        (leaf, row.leaves[leaf])
        for entry in entries
        for row in entry.contents
        for leaf in _leaves_left(entry, cursor)
    )
    return ReduceStep(
        with_root(leaves),
        progress_of(contents(entries), now=now),
        _moved(cursor, entries[-1].position),
    )


def _part_of_row(row: DeltaRow, cursor: Cursor, *, position: str) -> ReduceStep:
    done = cursor.chunk if position == cursor.chunk_of else 0
    run = chunks(tree_order(row.leaves)[done:])[0]
    return ReduceStep(
        with_root({leaf: row.leaves[leaf] for leaf in run}),
        Progress(row_count=0, message_count=0, ages={}),
        Cursor(cursor.position, done + len(run), position),
    )


def _leaves_left(entry: Entry[DeltaRow], cursor: Cursor) -> list[str]:
    leaves = [leaf for row in entry.contents for leaf in tree_order(row.leaves)]
    return leaves[cursor.chunk :] if entry.position == cursor.chunk_of else leaves


def chunks(leaves: Iterable[str]) -> list[list[str]]:
    """Return the leaves in runs that, with all their ancestors, fit into one transaction each."""
    return split_leaves(leaves, limit=MAX_PATHS, cost=lambda _: 1)


def with_root(leaves: Mapping[str, Delta]) -> dict[str, Delta]:
    """Return the deltas of the leaves, of every path above them, and of the Grand Total."""
    if not leaves:
        return {}
    [(_, total)] = add_up((ROOT, delta) for delta in leaves.values()).items()
    return {**roll_up(leaves), ROOT: total}


def progress_of(rows: Sequence[DeltaRow], *, now: Decimal) -> Progress:
    """Return what these rows add to the bookkeeping when they are committed `now`."""
    ages: dict[int, int] = {}
    seconds = Decimal(0)
    for row in rows:
        moved = later(row.ages, float(now - row.mapped_at) * 1000)
        for bucket, count in moved.items():
            ages[bucket] = ages.get(bucket, 0) + count
        mean = None if row.mean_timestamp is None else float(now - row.mean_timestamp)
        seconds += total_seconds(moved, mean)
    return Progress(len(rows), sum(row.message_count for row in rows), ages, seconds)
