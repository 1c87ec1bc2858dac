"""QuarantineTable, where a function sets aside the records that it cannot use, each with the reason.

Raising would block the shard, since Lambda would retry the batch until the record expires; dropping the
record would lose it. The item's key consists of stage, shard and sequence number (and the message's number in
a record of several), so that a retry writes the same item again. `workshop quarantine` lists the table.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from common.items import Item, number, text
from common.records import Rejection
from common.storage import write_all

__all__ = ["Quarantine"]

# A DynamoDB item holds 400 KB, a Kinesis record up to 10 MiB.
MAX_RAW_BYTES = 262_144
# A conflict quotes both contents, which can be large as well.
MAX_REASON_LENGTH = 2_000


@dataclass(frozen=True, slots=True)
class Quarantine:
    """The quarantine of one invocation; without a shard, records are filed under their stream."""

    table: str
    stage: str
    shard_id: str | None

    def put(self, rejections: Iterable[Rejection], *, epoch: int = 0) -> None:
        """Write these records, with the number of the epoch that they belong to; may be repeated.

        Raises:
            BusyError: DynamoDB did not take all of them.
        """
        items = {rejection.name: self._item(rejection, epoch) for rejection in rejections}
        write_all(self.table, list(items.values()))

    def _item(self, rejection: Rejection, epoch: int) -> Item:
        raw = rejection.raw
        item = {
            "RecordID": text(f"{self.stage}#{self.shard_id or 'stream'}#{rejection.name}"),
            "Stage": text(self.stage),
            "Reason": text(rejection.reason[:MAX_REASON_LENGTH]),
            "RawData": text(_readable(raw[:MAX_RAW_BYTES])),
            "RawBytes": number(len(raw)),
            "Time": text(datetime.now(UTC).isoformat(timespec="milliseconds")),
        }
        return {**item, "Epoch": number(epoch)} if epoch else item


def _readable(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return f"base64:{base64.b64encode(raw).decode()}"
