"""Where records that a function cannot use are set aside, with the reason: they neither block nor vanish.

A record's key is made from its stage, shard and sequence number: setting it aside again, after a failure,
writes the same item. `workshop quarantine` lists what is there.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from common.entries import Rejection
from common.epoch import Epoch
from common.items import Item, number, text
from common.storage import write_all

__all__ = ["Quarantine"]

# An item of DynamoDB ends at 400 KB, and a record of Kinesis can have 10 MiB.
MAX_RAW_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Where one invocation sets records aside."""

    table: str
    stage: str
    shard_id: str | None
    epoch: Epoch = field(default_factory=Epoch)

    def put(self, rejections: Iterable[Rejection]) -> None:
        """Keep these records; may be repeated."""
        items = {rejection.sequence_number: self._item(rejection) for rejection in rejections}
        write_all(self.table, list(items.values()))

    def _item(self, rejection: Rejection) -> Item:
        raw = rejection.raw
        item = {
            "RecordID": text(f"{self.stage}#{self.shard_id or 'stream'}#{rejection.sequence_number}"),
            "Stage": text(self.stage),
            "Reason": text(rejection.reason),
            "RawData": text(_readable(raw[:MAX_RAW_BYTES])),
            "RawBytes": number(len(raw)),
            "Time": text(datetime.now(UTC).isoformat(timespec="milliseconds")),
        }
        return self.epoch.stamp(item)


def _readable(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return f"base64:{base64.b64encode(raw).decode()}"
