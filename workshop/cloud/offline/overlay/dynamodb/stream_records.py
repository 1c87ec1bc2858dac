"""Stream records are written as on AWS: one per change of an item, none for a write that changes nothing.

AWS: a put or update that leaves the item as it was writes no record; an update that creates an item writes
one INSERT with the complete new image; records have `eventVersion` 1.1, the table's region, a creation time
of whole seconds and `SizeBytes` of keys and images. Source:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html and
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html (the three examples there pin `SizeBytes`).

moto writes a MODIFY for an unchanged item, `eventVersion` 1.0, always `us-east-1`, its own time with
microseconds, the length of its JSON as size, and one shard id for all tables.

Changed: `StreamShard.add` skips unchanged items; `StreamRecord` fills the fields in. Sequence numbers stay
moto's: first number plus position in `StreamShard.items`.
"""

import hashlib
from typing import Any

from moto.dynamodb.models.table import StreamRecord, StreamShard
from moto.moto_api._internal import mock_random

from workshop.cloud.offline.overlay.correct import CLOCK, corrects
from workshop.cloud.offline.overlay.sizes import attributes_size, item_size

EVENT_VERSION = "1.1"
ID_BITS = 128
NEW_IMAGES = ("NEW_IMAGE", "NEW_AND_OLD_IMAGES")
OLD_IMAGES = ("OLD_IMAGE", "NEW_AND_OLD_IMAGES")
NESTED = ("M", "L")
_MOTO_INITIALIZE_SHARD = StreamShard.__init__


@corrects(StreamRecord, "__init__")
def _initialize_record(  # noqa: PLR0913, PLR0917 # moto's signature
    self: Any, table: Any, stream_type: str, event_name: str, old: Any, new: Any, seq: int
) -> None:
    item = old if old is not None else new
    keys = {name: item.attrs[name].to_regular_json() for name in table.table_key_attrs}
    change: dict[str, Any] = {
        "StreamViewType": stream_type,
        "ApproximateCreationDateTime": CLOCK.second(),
        "SequenceNumber": str(seq),
        "SizeBytes": attributes_size(keys),
        "Keys": keys,
    }
    # Each image counts in full, so the keys count up to three times, as in AWS's examples.
    for image, stored, wanted in (("NewImage", new, NEW_IMAGES), ("OldImage", old, OLD_IMAGES)):
        if stored is not None and stream_type in wanted:
            change[image] = _image(stored.attrs)
            change["SizeBytes"] += item_size(stored)
    self.record = {
        "eventID": f"{mock_random.getrandbits(ID_BITS):032x}",
        "eventName": event_name,
        "eventSource": "aws:dynamodb",
        "eventVersion": EVENT_VERSION,
        "awsRegion": table.region_name,
        "dynamodb": change,
    }


@corrects(StreamShard, "__init__")
def _initialize_shard(self: Any, account_id: str, table: Any) -> None:
    """Give each stream's shard its own id in AWS's form: creation in milliseconds and eight hex digits."""
    _MOTO_INITIALIZE_SHARD(self, account_id, table)
    self.created_on = CLOCK.moment()
    stream = f"{table.table_arn}/stream/{table.latest_stream_label}"
    self.id = f"shardId-{int(CLOCK.now() * 1000):020d}-{hashlib.sha256(stream.encode()).hexdigest()[:8]}"


@corrects(StreamShard, "add")
def _add(self: Any, old: Any, new: Any) -> None:
    if old is None or new is None or not _same(old.attrs, new.attrs):
        name = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
        number = self.starting_sequence_number + len(self.items)
        view = self.table.stream_specification["StreamViewType"]
        self.items.append(StreamRecord(self.table, view, name, old, new, number))


def _image(attributes: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.to_regular_json() if value.type in NESTED else {value.type: value.value}
        for name, value in attributes.items()
    }


def _same(old: dict[str, Any], new: dict[str, Any]) -> bool:
    return old.keys() == new.keys() and all(_same_value(old[name], new[name]) for name in old)


def _same_value(old: Any, new: Any) -> bool:
    if old.type != new.type:
        return False
    if old.type == "M":
        return _same(old.value, new.value)
    if old.type == "L":
        return len(old.value) == len(new.value) and all(map(_same_value, old.value, new.value))
    if old.type in ("SS", "NS", "BS"):
        # The members of a set have no order: writing them in another one changes nothing.
        return set(old.value) == set(new.value)
    return bool(old.value == new.value)  # numbers are in canonical form
