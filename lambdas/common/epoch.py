"""The epoch of a pipeline's data, which each function reads first.

`workshop clear` raises the epoch. Whatever belongs to an older one counts as absent from then on: records of
the stream up to the marker that was put into their shard, items of StateTable, rows of ReduceTable. So a
pipeline is empty at once, whatever is still on its way. In goes the item `epoch` of ParameterTable, out comes
a value that the stages ask. A pipeline that was never cleared has no such item, and epoch 0. No AWS, no time.

Shape: `{"Parameter": "epoch", "Number": 3, "Starts": {shard id: sequence number}, "Emptying": true}`;
every attribute but the key may be missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from common.items import Item, number
from common.records import Batch, KinesisRecord, padded
from common.storage import BusyError, Refusal, put, read_item, write

__all__ = ["EPOCH_KEY", "Epoch", "read_epoch"]

EPOCH_KEY = {"Parameter": {"S": "epoch"}}

Image = TypeVar("Image", bound=Mapping[str, Any])


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one invocation goes by; `table` is where it was read, empty where there are no live settings.

    While `emptying`, old totals are still being deleted, so nothing may be added to them.
    """

    number: int = 0
    starts: Mapping[str, str] = field(default_factory=dict)
    emptying: bool = False
    table: str = ""
    item: Mapping[str, Any] = field(default_factory=dict)

    def hides(self, record: KinesisRecord, shard_id: str | None) -> bool:
        """Whether a record came into its shard before the pipeline was cleared."""
        start = self.starts.get(shard_id or "")
        return start is not None and padded(record.sequence_number) <= padded(start)

    def visible(self, batch: Batch[KinesisRecord]) -> list[KinesisRecord]:
        """Return the records of a batch that came after the pipeline was cleared."""
        return [record for record in batch.records if not self.hides(record, batch.shard_id)]

    def covers(self, image: Mapping[str, Any]) -> bool:
        """Whether an item, or an image of one, belongs to this epoch or to a later one."""
        return _number(image, "Epoch") >= self.number

    def covered(self, image: Image | None) -> Image | None:
        """Return the image, or None in place of one that is older than this epoch."""
        return image if image is not None and self.covers(image) else None

    def stamp(self, item: Item) -> Item:
        """Return an item of StateTable or ReduceTable with what tells later stages when it was written."""
        return {**item, "Epoch": number(self.number)} if self.number else item

    def write(self, table: str, item: Item, *, condition: str, values: Item) -> Refusal | None:
        """Put an item of this epoch if the condition holds; return the refusal if it does not.

        An item of an older epoch counts as absent, so the condition does not see it.

        Raises:
            BusyError: an item of a later epoch is there, so this invocation read the epoch too early.
        """
        if self.number:
            guard = f"attribute_not_exists(#Epoch) OR #Epoch < :Epoch OR (#Epoch = :Epoch AND ({condition}))"
            values = {**values, "Epoch": number(self.number)}
        else:
            guard = f"attribute_not_exists(#Epoch) AND ({condition})"
        refusal = write(put(table, self.stamp(item), condition=guard, values=values))
        if refusal and _number(refusal.item, "Epoch") > self.number:
            raise BusyError("the pipeline was cleared during this invocation; the batch has to come again")
        return refusal


def read_epoch(table: str) -> Epoch:
    """Return the epoch in ParameterTable, with a consistent read; without a table there is only epoch 0."""
    item = (read_item(table, EPOCH_KEY) if table else None) or {}
    starts = item.get("Starts", {}).get("M", {})
    return Epoch(
        number=_number(item, "Number"),
        starts={shard: next(iter(start.values())) for shard, start in starts.items()},
        emptying=item.get("Emptying", {}).get("BOOL") is True,
        table=table,
        item=item,
    )


def _number(image: Mapping[str, Any], name: str) -> int:
    text = image.get(name, {}).get("N", "0")
    # An image that was written by hand may hold anything; what is no whole number is as good as absent.
    return int(text) if text.isdecimal() else 0
