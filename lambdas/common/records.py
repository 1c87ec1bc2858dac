"""Both ends of an invocation: the batch that Lambda delivers, and what the function answers.

An event of an event source mapping (Kinesis stream or DynamoDB stream) becomes a `Batch` of records of one
shard. A producer may pack many messages into one record of Kinesis, as JSON Lines, since fewer records cost
less to send, to read and to deliver. Positions, as in ledger and partial answer, are those of records: the
messages of one come, and come again, together. `trades`, `items` and `rows` check what is in there. Pure.
"""

import json
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any, Generic, TypeVar

__all__ = [
    "MARKER",
    "Batch",
    "ChangeRecord",
    "KinesisRecord",
    "ReceivedMessage",
    "RecordRange",
    "Rejection",
    "UnknownShardError",
    "batch_hash",
    "change_batch",
    "kinesis_batch",
    "messages_in",
    "padded",
    "unpack",
    "window_answer",
]

# Sequence numbers have up to 129 digits in Kinesis and up to 40 in DynamoDB Streams. DynamoDB's numbers hold
# only 38 digits, so we compare positions as text of one width.
SEQUENCE_DIGITS = 129

# `workshop clear` puts this record into every shard: all records before it belong to an older epoch. The
# command has its own copy of the text (`workshop/pipeline/operations/clear.py`), since the workshop and the
# functions share no code; a test compares the two.
MARKER = b'{"Marker": "workshop clear"}'

# JSON text may begin with a byte order mark, although it should not.
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

Record = TypeVar("Record", "KinesisRecord", "ChangeRecord")


class UnknownShardError(RuntimeError):
    """The event names no shard, or several, so the ledger cannot keep a position for it."""


@dataclass(frozen=True, slots=True)
class KinesisRecord:
    """A record of a Kinesis stream, and when it arrived there, in unix seconds."""

    sequence_number: str
    data: bytes
    arrived_at: Decimal | None


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """A record of a table's stream: an item before and after a change.

    `old_image` is None for an inserted item, `new_image` for a deleted one.
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
class Rejection:
    """A record to set aside, with a reason that its sender understands; `raw` is the record as it came.

    Of a record with several messages it is one of them, the `number`th, counted from 1.
    """

    sequence_number: str
    reason: str
    raw: bytes
    number: int | None = None

    @property
    def name(self) -> str:
        """What it is called within its shard: the same each time that the record comes."""
        return self.sequence_number if self.number is None else f"{self.sequence_number}#{self.number}"


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message, and the record that it came in; `number` counts from 1 and is None if it came alone."""

    record: KinesisRecord
    data: bytes
    number: int | None = None

    @property
    def arrived_at(self) -> Decimal | None:
        """When its record arrived, in unix seconds."""
        return self.record.arrived_at

    def rejected(self, reason: str) -> Rejection:
        """Return this message as one to set aside."""
        return Rejection(self.record.sequence_number, reason, self.data, self.number)


@dataclass(frozen=True, slots=True)
class Batch(Generic[Record]):
    """The records of one invocation; `shard_id` is None if the event does not name the shard."""

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

    def ledger_key(self, function_name: str) -> str:
        """Return the key of the LedgerTable item that holds this function's position in this shard.

        Shape: `function#event source ARN#shard id`. The ARN of a table's stream contains the stream's label,
        so a stream that was made anew begins at a position of its own.

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
    """Return a sequence number as a position: text that sorts like the number."""
    return sequence_number.zfill(SEQUENCE_DIGITS)


def kinesis_batch(event: Mapping[str, Any]) -> Batch[KinesisRecord]:
    """Return the records of an event of a Kinesis stream, without the markers of `workshop clear`.

    Shape: `{"Records": [{"eventID": "shardId-000000000000:4954…", "eventSourceARN": …,
    "kinesis": {"sequenceNumber": "4954…", "data": base64, "approximateArrivalTimestamp": 1750000000.123, …},
    …}]}`

    Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html

    Raises:
        UnknownShardError: the records come from several shards; a mapping never mixes them.
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
            KinesisRecord(kinesis["sequenceNumber"], data, _arrival(kinesis))
            for kinesis in (record["kinesis"] for record in records)
            if (data := b64decode(kinesis["data"])) != MARKER
        ),
    )


def change_batch(event: Mapping[str, Any]) -> Batch[ChangeRecord]:
    """Return the records of an event of a table's stream.

    Such an event names its shard only if the mapping has a tumbling window. The last event of a window may
    have no records.

    Shape: `{"Records": [{"dynamodb": {"SequenceNumber": …, "OldImage": …, "NewImage": …}, …}],
    "shardId": …, "eventSourceARN": …, "window": …, "state": {}}`

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


def messages_in(records: Iterable[KinesisRecord]) -> Iterator[ReceivedMessage]:
    """Yield the messages of these records in their order."""
    for record in records:
        parts = unpack(record.data)
        for number, data in enumerate(parts, start=1):
            yield ReceivedMessage(record, data, number if len(parts) > 1 else None)


def unpack(data: bytes) -> list[bytes]:
    r"""Return the messages in the data of a record: one on each line, or else the whole as one.

    >>> unpack(b'{"TradeID": "a"}\n{"TradeID": "b"}\n')
    [b'{"TradeID": "a"}', b'{"TradeID": "b"}']
    """
    text = data.removeprefix(BYTE_ORDER_MARK)
    lines = [line for line in map(_strip, text.split(b"\n")) if line]
    # A single message may be written over several lines, and so may something that is no message at all.
    if len(lines) < 2 or not any(map(_looks_like_a_message, lines)) or _is_one_document(text):
        return [text]
    return lines


def window_answer(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a function must answer: in a tumbling window the state, unchanged, else nothing.

    Lambda retries a batch whose answer lacks the state. We do not use it: the ledger remembers more.
    """
    return {"state": event.get("state") or {}} if "window" in event else {}


def batch_hash(event: Mapping[str, Any]) -> str:
    """Return the SHA-256 of an event's records: the same if the same batch is delivered again.

    A batch that Lambda cuts differently has another hash, even if it shares records with this one.
    """
    return sha256(json.dumps(event["Records"], sort_keys=True).encode()).hexdigest()


def _arrival(kinesis: Mapping[str, Any]) -> Decimal | None:
    # Lambda always sends it; an event that somebody writes by hand may lack it.
    arrived_at = kinesis.get("approximateArrivalTimestamp")
    return None if arrived_at is None else Decimal(str(arrived_at))


def _source_arn(event: Mapping[str, Any]) -> str:
    if "eventSourceARN" in event:
        return str(event["eventSourceARN"])
    return str(event["Records"][0]["eventSourceARN"]) if event["Records"] else ""


def _strip(line: bytes) -> bytes:
    # What JSON takes for white space; a line that ends in CR LF leaves the CR.
    return line.strip(b" \t\r")


def _looks_like_a_message(line: bytes) -> bool:
    return line.startswith(b"{") and line.endswith(b"}")


def _is_one_document(text: bytes) -> bool:
    try:
        json.loads(text, parse_int=str)
    except (ValueError, RecursionError):  # of two messages, the second is too much for the parser
        return False
    return True
