"""The epoch: a number that `workshop clear` raises, so that everything older counts as absent.

Older are records of the stream up to the marker in their shard, and items of StateTable and ReduceTable that
carry a smaller number. A pipeline is empty at once in this way, even with messages in flight. Each invocation
reads the epoch first, once; a pipeline that was never cleared has epoch 0 and no item.

Shape: `{"Parameter": "epoch", "Number": 3, "Starts": {shard id: sequence number}, "Emptying": true}` in
ParameterTable; every attribute but the key may be missing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from common.items import OPTIONAL, Item, number
from common.records import Batch, KinesisRecord, padded
from common.storage import Statement, read_item

__all__ = ["EPOCH_KEY", "Epoch", "read_epoch"]

EPOCH_KEY = {"Parameter": {"S": "epoch"}}

Image = TypeVar("Image", bound=Mapping[str, Any])


@dataclass(frozen=True, slots=True)
class Epoch:
    """The epoch as one invocation read it: from `item` of `table`, or neither without live settings.

    While `emptying`, `workshop clear` is still deleting old totals, so nothing may be added to them.
    """

    number: int = 0
    starts: Mapping[str, str] = field(default_factory=dict)
    emptying: bool = False
    table: str = ""
    item: Mapping[str, Any] = field(default_factory=dict)

    def hides(self, record: KinesisRecord, shard_id: str | None) -> bool:
        """Whether a record came before the marker that `workshop clear` put into its shard."""
        start = self.starts.get(shard_id or "")
        return start is not None and padded(record.sequence_number) <= padded(start)

    def visible(self, batch: Batch[KinesisRecord]) -> list[KinesisRecord]:
        """Return the records of a batch that belong to this epoch."""
        return [record for record in batch.records if not self.hides(record, batch.shard_id)]

    def covers(self, image: Mapping[str, Any]) -> bool:
        """Whether an item or image belongs to this epoch or to a later one."""
        return _number(image, "Epoch") >= self.number

    def covered(self, image: Image | None) -> Image | None:
        """Return the image, or None if it belongs to an older epoch."""
        return image if image is not None and self.covers(image) else None

    def stamp(self, item: Item) -> Item:
        """Return an item of StateTable or ReduceTable with the number of this epoch, for later stages."""
        return {**item, "Epoch": number(self.number)} if self.number else item

    def insert(self, table: str, item: Item) -> Statement:
        """Return the statement that stores an item of this epoch if there is none with its key.

        It is refused as well by an item of an older epoch, which `replace` then takes for absent.
        """
        item = self.stamp(item)
        names = ", ".join(f"'{name}': ?" for name in item)
        return {"Statement": f'INSERT INTO "{table}" VALUE {{{names}}}', "Parameters": list(item.values())}

    def replace(self, table: str, item: Item, *, condition: str, values: Sequence[Item]) -> Statement:
        """Return the statement that puts an item of this epoch in place of a stored one.

        The condition is PartiQL, with a question mark for each of `values`. It must hold unless the stored
        item belongs to an older epoch.
        """
        [(key, own), *others] = self.stamp(item).items()
        changes = [f'SET "{name}" = ?' for name, _ in others]
        # An update leaves alone what it does not name.
        changes += [f'REMOVE "{name}"' for name in OPTIONAL if name not in item]
        guard = f'"Epoch" IS MISSING AND ({condition})'
        if self.number:
            guard = f'"Epoch" IS MISSING OR "Epoch" < ? OR ("Epoch" = ? AND ({condition}))'
            values = [number(self.number), number(self.number), *values]
        return {
            "Statement": f'UPDATE "{table}" {" ".join(changes)} WHERE "{key}" = ? AND ({guard})',
            "Parameters": [*(value for _, value in others), own, *values],
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def is_after(self, image: Mapping[str, Any]) -> bool:
        """Whether an item belongs to a later epoch, so that this invocation read its own too early."""
        return _number(image, "Epoch") > self.number


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
    # An image that was written by hand may hold anything; treat it as epoch 0 instead of failing the batch.
    return int(text) if text.isdecimal() else 0
