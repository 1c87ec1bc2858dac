"""Records of a source as the JSON that a function receives.

In: what the Kinesis and DynamoDB backends hold. Out: `SourceRecord`, a record whose JSON is made once and
kept as bytes, so that a retry sends exactly what the first attempt sent: same records, same key order, same
numbers. What is compared, counted and aged stands beside the bytes; nobody parses them again.
"""

import base64
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from workshop.cloud.offline.runtime.arns import SourceReference

__all__ = [
    "Origin",
    "SourceRecord",
    "dynamodb_record",
    "dynamodb_text",
    "encode",
    "encode_event",
    "kinesis_record",
    "kinesis_text",
]

IMAGES = ("NewImage", "OldImage")


@dataclass(frozen=True, slots=True)
class Origin:
    """What all records of one shard have in common."""

    source: SourceReference
    shard_id: str
    role_arn: str


# Not frozen, as other values are of which each message has one: those take three times as long to make.
@dataclass(slots=True)
class SourceRecord:
    """One record of a shard.

    ``position`` is its sequence number as an integer and orders the records of one shard; ``key`` decides
    its slot.
    """

    shard_id: str
    position: int
    key: str
    arrived_at: float
    encoded: bytes

    @property
    def sequence_number(self) -> str:
        """The sequence number as it stands in the event."""
        return str(self.position)


def encode(document: object) -> bytes:
    """Return compact JSON as UTF-8, binary values as base64; equal documents give equal bytes."""
    return _text(document).encode()


def encode_event(records: Iterable[bytes], envelope: dict[str, Any] | None = None) -> bytes:
    """Return the event: the encoded records, then the fields that a tumbling window adds."""
    body = b'{"Records":[' + b",".join(records) + b"]"
    return body + b"," + encode(envelope)[1:] if envelope else body + b"}"


def kinesis_record(
    origin: Origin, *, position: int, partition_key: str, data: str, arrived_at: float
) -> dict[str, Any]:
    """Return the event record of one Kinesis record; ``data`` is base64 already.

    Source: the event in https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html, arrival in
    milliseconds.
    """
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": partition_key,
            "sequenceNumber": str(position),
            "data": data,
            "approximateArrivalTimestamp": round(arrived_at, 3),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{origin.shard_id}:{position}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": origin.role_arn,
        "awsRegion": origin.source.region,
        "eventSourceARN": origin.source.arn,
    }


def kinesis_text(origin: Origin, *, position: int, partition_key: str, data: str, arrived_at: float) -> bytes:
    """Return the same record encoded, joined around what all records of a shard share.

    The data goes from PutRecords into the event as the text that it came in.
    """
    name, end = _shared_text(origin)
    return (
        f'{{"kinesis":{{"kinesisSchemaVersion":"1.0","partitionKey":{encode_basestring(partition_key)},'
        f'"sequenceNumber":"{position}","data":{encode_basestring(data)},'
        f'"approximateArrivalTimestamp":{round(arrived_at, 3)!r}}},{name}{position}{end}'
    ).encode()


@lru_cache(maxsize=64)
def _shared_text(origin: Origin) -> tuple[str, str]:
    """Return what stands between the arrival and the number in the event's id, and what follows it."""
    record = kinesis_record(origin, position=0, partition_key="", data="", arrived_at=0.0)
    shared = encode({name: record[name] for name in record if name != "kinesis"}).decode()
    name, end = shared[1:].split(f"{origin.shard_id}:0", 1)
    return name + f"{origin.shard_id}:", end


def dynamodb_record(origin: Origin, stream_record: dict[str, Any], arrived_at: float) -> dict[str, Any]:
    """Return the event record of one DynamoDB stream record.

    The backend says version 1.0 and always us-east-1; an event says 1.1 and the table's region, and the
    creation time has whole seconds.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html.
    """
    change = stream_record["dynamodb"]
    images = {name: change[name] for name in ("Keys", *IMAGES) if name in change}
    return {
        "eventID": stream_record["eventID"],
        "eventName": stream_record["eventName"],
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": origin.source.region,
        "dynamodb": {
            "ApproximateCreationDateTime": float(int(arrived_at)),
            **images,
            "SequenceNumber": change["SequenceNumber"],
            "SizeBytes": change["SizeBytes"],
            "StreamViewType": change["StreamViewType"],
        },
        "eventSourceARN": origin.source.arn,
    }


def dynamodb_text(origin: Origin, stream_record: dict[str, Any], arrived_at: float) -> tuple[bytes, str]:
    """Return the same record encoded, and its keys encoded, which decide its slot."""
    change = stream_record["dynamodb"]
    keys = _text(change["Keys"])
    images = "".join(f'"{name}":{_text(change[name])},' for name in IMAGES if name in change)
    text = (
        f'{{"eventID":"{stream_record["eventID"]}","eventName":"{stream_record["eventName"]}",'
        f'"eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"{origin.source.region}",'
        f'"dynamodb":{{"ApproximateCreationDateTime":{float(int(arrived_at))!r},"Keys":{keys},{images}'
        f'"SequenceNumber":"{change["SequenceNumber"]}","SizeBytes":{change["SizeBytes"]},'
        f'"StreamViewType":"{change["StreamViewType"]}"}},"eventSourceARN":"{origin.source.arn}"}}'
    )
    return text.encode(), keys


def _as_base64(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"`{value!r}` has no JSON form")


def _text_maker() -> Callable[[object], str]:
    """Return what writes compact JSON."""
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:  # another Python than CPython
        return json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, default=_as_base64).encode
    # What `JSONEncoder.encode` makes anew for each document, which takes it as long as the document.
    parts_of = make(None, _as_base64, encode_basestring, None, ":", ",", False, False, True)
    return lambda document: "".join(parts_of(document, 0))


_text = _text_maker()
