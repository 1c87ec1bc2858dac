"""What Lambda hands to a function: the event's dict, turned into small values.

In goes an event of an event source mapping on a Kinesis stream or a DynamoDB stream, out comes a `Batch` of
records of one shard. Only the envelope is read here: what a record holds is checked by `trades`, `images`
and `rows`. No AWS call, no time, no environment.
"""

import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Generic, TypeVar

__all__ = [
    "MARKER",
    "Batch",
    "ChangeRecord",
    "KinesisRecord",
    "RecordRange",
    "UnknownShardError",
    "batch_hash",
    "change_batch",
    "kinesis_batch",
    "padded",
    "window_answer",
]

# Sequence numbers have up to 129 digits in Kinesis and up to 40 in DynamoDB; they are compared as text of
# one width, since no number type of DynamoDB holds them.
SEQUENCE_DIGITS = 129

# What `workshop clear` puts into every shard: its place in the shard is all that it says.
MARKER = b'{"Marker": "workshop clear"}'

Record = TypeVar("Record", "KinesisRecord", "ChangeRecord")


class UnknownShardError(RuntimeError):
    """An event does not say which one shard its records come from, so no position can be kept for it."""


@dataclass(frozen=True, slots=True)
class KinesisRecord:
    """A record of a Kinesis stream."""

    sequence_number: str
    data: bytes


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """A record of a table's stream: what an item was before a change and what it is afterwards.

    `old_image` is None for an item that was new, `new_image` for one that was deleted.
    """

    sequence_number: str
    old_image: Mapping[str, Any] | None
    new_image: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class RecordRange:
    """The records that a row was summed from: those of one shard from the first to the last, both included.

    `shard_id` is None where the event did not tell, as on a DynamoDB stream outside of a tumbling window.
    """

    shard_id: str | None
    first_sequence_number: str
    last_sequence_number: str


@dataclass(frozen=True, slots=True)
class Batch(Generic[Record]):
    """The records of one invocation; `shard_id` is None where the event does not tell."""

    source_arn: str
    shard_id: str | None
    records: tuple[Record, ...]

    @property
    def range(self) -> RecordRange | None:
        """Which records these are; None for an empty batch."""
        if not self.records:
            return None
        first, last = self.records[0].sequence_number, self.records[-1].sequence_number
        return RecordRange(self.shard_id, first, last)

    def lane(self, function_name: str) -> str:
        """Return the name under which the ledger keeps this function's position in this shard.

        Raises:
            UnknownShardError: the event does not name the shard.
        """
        if self.shard_id is None:
            raise UnknownShardError(
                f"the event of `{self.source_arn}` names no shard, so `{function_name}` cannot keep its "
                "position; set `TumblingWindowInSeconds` on the event source mapping"
            )
        return f"{function_name}#{self.source_arn}#{self.shard_id}"


def padded(sequence_number: str) -> str:
    """Return a sequence number as a position: text that sorts as the number does."""
    return sequence_number.zfill(SEQUENCE_DIGITS)


def kinesis_batch(event: Mapping[str, Any]) -> Batch[KinesisRecord]:
    """Return the records of an event of a Kinesis stream, without the markers in it.

    Shape: `{"Records": [{"eventID": "shardId-000000000000:4954…", "eventSourceARN": …,
    "kinesis": {"sequenceNumber": "4954…", "data": base64, …}, …}]}`

    Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html

    Raises:
        UnknownShardError: the records come from several shards, which no mapping ever sends.
    """
    records = event["Records"]
    shards = {record["eventID"].partition(":")[0] for record in records}
    if len(shards) > 1:
        raise UnknownShardError(
            f"the event mixes records of the shards {', '.join(sorted(shards))}; send one shard at a time"
        )
    return Batch(
        source_arn=_source_arn(event),
        shard_id=shards.pop() if shards else None,
        records=tuple(
            KinesisRecord(record["kinesis"]["sequenceNumber"], data)
            for record in records
            if (data := b64decode(record["kinesis"]["data"])) != MARKER
        ),
    )


def change_batch(event: Mapping[str, Any]) -> Batch[ChangeRecord]:
    """Return the records of an event of a table's stream; inside a tumbling window it names its shard.

    Shape: `{"Records": [{"dynamodb": {"SequenceNumber": …, "OldImage": …, "NewImage": …}, …}],
    "shardId": …, "eventSourceARN": …, "window": …, "state": {}}`; the last event of a window may be empty.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html
    """
    changes = [record["dynamodb"] for record in event["Records"]]
    return Batch(
        source_arn=_source_arn(event),
        shard_id=event.get("shardId"),
        records=tuple(
            ChangeRecord(change["SequenceNumber"], change.get("OldImage"), change.get("NewImage"))
            for change in changes
        ),
    )


def window_answer(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a function must answer: inside a tumbling window the state, which we leave as it is."""
    return {"state": event.get("state") or {}} if "window" in event else {}


def batch_hash(event: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the records of an event: the same when the same batch comes again.

    A batch that is cut in another way has another hash, whatever records it shares with this one.
    """
    return sha256(json.dumps(event["Records"], sort_keys=True).encode()).hexdigest()


def _source_arn(event: Mapping[str, Any]) -> str:
    if "eventSourceARN" in event:
        return str(event["eventSourceARN"])
    return str(event["Records"][0]["eventSourceARN"]) if event["Records"] else ""
