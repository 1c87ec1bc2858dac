"""Records with their meaning: what Map and Reduce apply, one `Entry` for each record of a batch.

An entry has what the record contains, and the rejections of what its stage cannot use. No record can make
these functions raise, since a record that fails its batch would block the shard. Pure: no AWS, no time.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from common.aggregation import Change, Delta
from common.epoch import Epoch
from common.items import trade_in_image
from common.records import Batch, ChangeRecord, KinesisRecord, Rejection, messages_in, padded
from common.rows import DeltaRow, row_in_image
from common.trades import MalformedRecordError, Trade, decode_trade

__all__ = [
    "Entry",
    "contents",
    "entries_of_changes",
    "entries_of_messages",
    "entries_of_rows",
    "rejections",
]

Content = TypeVar("Content")
Comparison = Callable[[Trade | None, Trade | None], Change]


@dataclass(frozen=True, slots=True)
class Entry(Generic[Content]):
    """A record at its position; a record without contents has no effect.

    A record of several messages has as many contents. A changed item can have a content and a rejection: if
    only its new image is invalid, the old one must still be subtracted. `is_ignored` marks records that have
    no effect because the pipeline was cleared since.
    """

    position: str
    contents: tuple[Content, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    is_ignored: bool = False


# The textbook ignores epochs: to it, everything belongs to this one.
ONLY_EPOCH = Epoch()


def contents(entries: Sequence[Entry[Content]]) -> list[Content]:
    """Return the contents of the entries that have an effect."""
    return [content for entry in entries for content in entry.contents]


def rejections(entries: Sequence[Entry[Any]]) -> list[Rejection]:
    """Return the records, and single messages of records, to set aside."""
    return [rejection for entry in entries for rejection in entry.rejections]


def entries_of_messages(
    batch: Batch[KinesisRecord], levels: Sequence[str], epoch: Epoch = ONLY_EPOCH
) -> list[Entry[Change]]:
    """Return what each message adds to the totals; every message counts, even a second one of its trade."""
    return [
        Entry(padded(record.sequence_number), is_ignored=True)
        if epoch.hides(record, batch.shard_id)
        else _messages(record, levels)
        for record in batch.records
    ]


def entries_of_changes(
    batch: Batch[ChangeRecord],
    levels: Sequence[str],
    epoch: Epoch = ONLY_EPOCH,
    *,
    compare: Comparison,
) -> list[Entry[Change]]:
    """Return what each change of StateTable does to the totals, by `compare(old trade, new trade)`.

    An image that is not a valid trade, or belongs to an older epoch, counts as absent on either side. So at
    any time the totals are the sum over the valid items of the table.
    """
    return [_change(record, levels, epoch, compare=compare) for record in batch.records]


def entries_of_rows(batch: Batch[ChangeRecord], epoch: Epoch = ONLY_EPOCH) -> list[Entry[DeltaRow]]:
    """Return the rows that were inserted into ReduceTable; a row that expires has no effect."""
    return [_row(record, epoch) for record in batch.records]


def _messages(record: KinesisRecord, levels: Sequence[str]) -> Entry[Change]:
    changes, rejected = [], []
    for message in messages_in([record]):
        try:
            trade = decode_trade(message.data, levels, message.arrived_at)
            changes.append(Change(((trade.path, Delta(trade.value, trade.count)),), trade.timestamp))
        except MalformedRecordError as error:
            rejected.append(message.rejected(error.reason))
    return Entry(padded(record.sequence_number), tuple(changes), tuple(rejected))


def _change(
    record: ChangeRecord, levels: Sequence[str], epoch: Epoch, *, compare: Comparison
) -> Entry[Change]:
    old_image, new_image = epoch.covered(record.old_image), epoch.covered(record.new_image)
    old, _ = _trade(old_image, levels)
    new, reason = _trade(new_image, levels)
    return Entry(
        padded(record.sequence_number),
        (compare(old, new),) if old or new else (),
        (_rejection(record, reason),) if reason else (),
        is_ignored=old_image is None and new_image is None,
    )


def _trade(image: Mapping[str, Any] | None, levels: Sequence[str]) -> tuple[Trade | None, str]:
    """Return the trade in an image, or the reason why there is none."""
    if image is None:
        return None, ""
    try:
        return trade_in_image(image, levels), ""
    except MalformedRecordError as error:
        return None, error.reason


def _row(record: ChangeRecord, epoch: Epoch) -> Entry[DeltaRow]:
    position = padded(record.sequence_number)
    if record.new_image is None:
        return Entry(position)
    if not epoch.covers(record.new_image):
        return Entry(position, is_ignored=True)
    if record.old_image is not None:
        reason = "the row was changed after it was written, and what it said before is added already"
        return Entry(position, rejections=(_rejection(record, reason),))
    try:
        return Entry(position, (row_in_image(record.new_image),))
    except MalformedRecordError as error:
        return Entry(position, rejections=(_rejection(record, error.reason),))


def _rejection(record: ChangeRecord, reason: str) -> Rejection:
    return Rejection(record.sequence_number, reason, json.dumps(record.new_image).encode())
