"""Rows of ReduceTable: MapLambda writes one for each batch, ReduceLambda finds it in the table's stream.

A summary that is too large for an item becomes several rows of whole leaves. A row shows the sum at every
path, for people to read, but counts trades only by leaf; the sums above the leaves are computed anew from
these, and checked. Pure: no AWS call, no time, no environment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

from common.aggregation import Delta, Summary, roll_up
from common.hierarchy import ancestors_of, split_leaves
from common.items import Item, number, number_map, plain_item, text
from common.latency import BUCKETS
from common.records import RecordRange
from common.trades import MAX_LEVELS, MAX_PATH_BYTES, ROOT, SEPARATOR, MalformedRecordError

__all__ = ["DeltaRow", "item_of_row", "row_in_image", "rows_of"]

# DynamoDB takes items up to 400 KB; the rest is a margin for what surrounds the paths.
MAX_ROW_BYTES = 290_000
BYTES_BESIDE_A_PATH = 25
MAX_DELTA_DIGITS = 24
MAX_COUNT_DIGITS = 15
# How the names of buckets begin, here as in AggregateTable.
FINE = "A"
SECONDS_TO_KEEP = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class DeltaRow:
    """One row: deltas by leaf, with the number of records that were summed and a histogram of their ages.

    `source` says which records these are. It is the same in all parts of a row that had to be split, of which
    this is number `part` of `parts`, counted from 1. Like the first timestamp, it is there to be looked at in
    ReduceTable: Reduce does not read it back.

    Units: all times are Unix seconds; `ages` maps a bucket of `latency` to a number of messages.
    """

    key: str
    leaves: Mapping[str, Delta]
    message_count: int
    mapped_at: Decimal
    ages: Mapping[int, int]
    first_timestamp: Decimal | None = None
    mean_timestamp: Decimal | None = None
    source: RecordRange | None = None
    part: int = 1
    parts: int = 1


def rows_of(summary: Summary, *, key: str = "", now: Decimal) -> list[DeltaRow]:
    """Return the rows of a summary: one if it fits into an item, else several, each a set of whole leaves.

    The first row carries the message count and the ages of all of them. A summary without leaves gives no
    row. Without a `key` the rows get a random one.

    Units: `now` in Unix seconds.
    """
    key = key or uuid4().hex
    runs = split_leaves(summary.leaves, limit=MAX_ROW_BYTES, cost=_bytes_of_path)
    rows = [
        DeltaRow(
            key=f"{key}-{part}" if part else key,
            leaves={leaf: summary.leaves[leaf] for leaf in run},
            message_count=0,
            mapped_at=now,
            ages={},
            first_timestamp=summary.first_timestamp,
            mean_timestamp=summary.mean_timestamp,
            source=summary.source,
            part=part + 1,
            parts=len(runs),
        )
        for part, run in enumerate(runs)
    ]
    return (
        [replace(rows[0], message_count=summary.message_count, ages=summary.ages), *rows[1:]] if rows else []
    )


def item_of_row(row: DeltaRow) -> Item:
    """Return the item of ReduceTable that holds this row; DynamoDB deletes it a week after `mapped_at`.

    Shape: `{"MessageHash": {"S": …}, "Deltas": {"M": {"PV": {"N": "12.5"}, …}}, "Trades": {"M": …}, …}`, with
    every path in `Deltas` and only leaves in `Trades`.
    """
    paths = roll_up(row.leaves)
    item = {
        "MessageHash": text(row.key),
        "Deltas": number_map({path: delta.value for path, delta in paths.items()}),
        "Trades": number_map({leaf: delta.trades for leaf, delta in row.leaves.items()}),
        "MessageCount": number(row.message_count),
        "MappedAt": number(row.mapped_at),
        "Latency": number_map({f"{FINE}{bucket:03}": count for bucket, count in row.ages.items()}),
        "TimeToLive": number(int(row.mapped_at) + SECONDS_TO_KEEP),
    }
    if row.first_timestamp is not None and row.mean_timestamp is not None:
        item["FirstTimestamp"] = number(row.first_timestamp)
        item["MeanTimestamp"] = number(row.mean_timestamp)
    return item | _source_attributes(row)


def row_in_image(image: Mapping[str, Any]) -> DeltaRow:
    """Return the row that an image holds.

    Raises:
        MalformedRecordError: the item was written by hand or by other code, and cannot be added to totals.
    """
    fields = plain_item(image)
    deltas = _numbers(fields, "Deltas", digits=MAX_DELTA_DIGITS, decimals=2)
    trades = _numbers(fields, "Trades", digits=MAX_COUNT_DIGITS)
    ages = _numbers(fields, "Latency", digits=MAX_COUNT_DIGITS) if "Latency" in fields else {}
    return DeltaRow(
        key=str(fields.get("MessageHash")),
        leaves=_leaves(deltas, trades),
        message_count=int(_checked(fields.get("MessageCount"), "`MessageCount`", digits=MAX_COUNT_DIGITS)),
        mapped_at=_checked(fields.get("MappedAt"), "`MappedAt`", digits=11, decimals=9),
        ages={_bucket(name): int(count) for name, count in ages.items()},
        mean_timestamp=_mean_timestamp(fields),
    )


def _mean_timestamp(fields: Mapping[str, Any]) -> Decimal | None:
    # It says how old messages are, and nothing about amounts: that is no reason to set a row aside.
    try:
        return _checked(fields.get("MeanTimestamp"), "`MeanTimestamp`", digits=15, decimals=9)
    except MalformedRecordError:
        return None


def _source_attributes(row: DeltaRow) -> Item:
    attributes: Item = {}
    if row.source is not None:
        if row.source.shard_id is not None:
            attributes["ShardId"] = text(row.source.shard_id)
        attributes["FirstSequenceNumber"] = text(row.source.first_sequence_number)
        attributes["LastSequenceNumber"] = text(row.source.last_sequence_number)
    if row.parts > 1:
        attributes |= {"PartNumber": number(row.part), "PartCount": number(row.parts)}
    return attributes


def _leaves(deltas: Mapping[str, Decimal], trades: Mapping[str, Decimal]) -> dict[str, Delta]:
    above = {path for leaf in trades for path in ancestors_of(leaf)}
    for leaf in trades:
        _check_leaf(leaf, above)
    leaves = {leaf: Delta(deltas.get(leaf, Decimal(0)), int(count)) for leaf, count in trades.items()}
    sums = {path: delta.value for path, delta in roll_up(leaves).items()}
    wrong = sorted(path for path in sums.keys() | deltas.keys() if sums.get(path) != deltas.get(path))
    if wrong:
        raise MalformedRecordError(f"`Deltas` does not sum up to `{wrong[0]}` from the leaves in `Trades`")
    return leaves


def _check_leaf(leaf: str, above: set[str]) -> None:
    names = leaf.split(SEPARATOR)
    if not all(names) or leaf.startswith("#") or names[0] == ROOT:
        raise MalformedRecordError(f"`{leaf[:40]}` in `Trades` is not a path of the roll-up")
    if len(names) > MAX_LEVELS or len(leaf.encode()) > MAX_PATH_BYTES:
        raise MalformedRecordError(f"`{leaf[:40]}…` in `Trades` is too long for a path")
    if leaf in above:
        raise MalformedRecordError(f"`{leaf[:40]}` in `Trades` has paths below it, so it is no leaf")


def _numbers(fields: Mapping[str, Any], name: str, *, digits: int, decimals: int = 0) -> dict[str, Decimal]:
    numbers = fields.get(name)
    if not isinstance(numbers, dict):
        raise MalformedRecordError(f"`{name}` is missing or is not a map of numbers")
    return {
        key: _checked(value, f"`{key[:40]}` in `{name}`", digits=digits, decimals=decimals)
        for key, value in numbers.items()
    }


def _checked(value: Any, what: str, *, digits: int, decimals: int = 0) -> Decimal:
    if not isinstance(value, Decimal) or not value.is_finite():
        raise MalformedRecordError(f"{what} is missing or is not a number")
    checked = value or Decimal(0)
    if checked.adjusted() >= digits or checked != round(checked, decimals):
        raise MalformedRecordError(f"{what} has more than {digits} digits or more than {decimals} decimals")
    return checked


def _bucket(name: str) -> int:
    # Rows that were written before an upgrade count in buckets twice as wide, and may still have to be added.
    width = 1 if name.startswith(FINE) else 2
    digits = name.removeprefix(FINE)
    if not (digits.isdecimal() and len(digits) <= 3 and int(digits) * width < BUCKETS):
        raise MalformedRecordError(f"`{name[:40]}` in `Latency` is not a bucket")
    return int(digits) * width


def _bytes_of_path(path: str) -> int:
    # A leaf stands in two maps, so each path is counted twice.
    return 2 * (len(path.encode()) + BYTES_BESIDE_A_PATH)
