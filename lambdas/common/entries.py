"""Records with what they mean: the step from what Lambda delivers to what a stage works on.

In goes a batch, out comes an `Entry` for each record, in the order of the shard: with its content, or with
the rejection of a record that its stage cannot use. Nothing raises because of a record's data, so that a bad
record can never stop a shard. No AWS call, no time, no environment.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from common.aggregation import Change, Delta
from common.epoch import Epoch
from common.items import trade_in_image
from common.records import Batch, ChangeRecord, KinesisRecord, Rejection, padded
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
    """A record at its position; without content it has no effect.

    A changed item can have both: its valid old image still has to be subtracted when the new one is bad.
    `is_ignored` says that the record would have an effect, if the pipeline had not been cleared since.
    """

    position: str
    content: Content | None
    rejection: Rejection | None = None
    is_ignored: bool = False


# For variants that know nothing of epochs: everything belongs to it.
ONLY_EPOCH = Epoch()


def contents(entries: Sequence[Entry[Content]]) -> list[Content]:
    """Return what the entries hold, without those that have no effect."""
    return [entry.content for entry in entries if entry.content is not None]


def rejections(entries: Sequence[Entry[Any]]) -> list[Rejection]:
    """Return the records that are to be set aside."""
    return [entry.rejection for entry in entries if entry.rejection is not None]


def entries_of_messages(
    batch: Batch[KinesisRecord], levels: Sequence[str], epoch: Epoch = ONLY_EPOCH
) -> list[Entry[Change]]:
    """Return what each message adds to the totals; every message counts, whatever its trade and version."""
    return [
        Entry(padded(record.sequence_number), None, is_ignored=True)
        if epoch.hides(record, batch.shard_id)
        else _message(record, levels)
        for record in batch.records
    ]


def entries_of_changes(
    batch: Batch[ChangeRecord],
    levels: Sequence[str],
    epoch: Epoch = ONLY_EPOCH,
    *,
    compare: Comparison,
) -> list[Entry[Change]]:
    """Return what each change of StateTable does to the totals: its new image minus its old one.

    `compare` subtracts. An image that is no valid trade counts for nothing, whether it is added or taken
    away. So the totals are the sum over the valid items of the table at any time. An image of an older epoch
    is as good as absent.
    """
    return [_change(record, levels, epoch, compare=compare) for record in batch.records]


def entries_of_rows(batch: Batch[ChangeRecord], epoch: Epoch = ONLY_EPOCH) -> list[Entry[DeltaRow]]:
    """Return the rows that were written to ReduceTable; rows that expired have no effect."""
    return [_row(record, epoch) for record in batch.records]


def _message(record: KinesisRecord, levels: Sequence[str]) -> Entry[Change]:
    position = padded(record.sequence_number)
    try:
        trade = decode_trade(record.data, levels)
        delta = Delta(trade.value, trade.count)
        return Entry(position, Change(((trade.path, delta),), trade.timestamp))
    except MalformedRecordError as error:
        return Entry(position, None, Rejection(record.sequence_number, error.reason, record.data))


def _change(
    record: ChangeRecord, levels: Sequence[str], epoch: Epoch, *, compare: Comparison
) -> Entry[Change]:
    old_image, new_image = epoch.covered(record.old_image), epoch.covered(record.new_image)
    old, _ = _trade(old_image, levels)
    new, reason = _trade(new_image, levels)
    return Entry(
        padded(record.sequence_number),
        compare(old, new) if old or new else None,
        _rejection(record, reason) if reason else None,
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
        return Entry(position, None)
    if not epoch.covers(record.new_image):
        return Entry(position, None, is_ignored=True)
    if record.old_image is not None:
        reason = "the row was changed after it was written, and what it said before is added already"
        return Entry(position, None, _rejection(record, reason))
    try:
        return Entry(position, row_in_image(record.new_image))
    except MalformedRecordError as error:
        return Entry(position, None, _rejection(record, error.reason))


def _rejection(record: ChangeRecord, reason: str) -> Rejection:
    return Rejection(record.sequence_number, reason, json.dumps(record.new_image).encode())
