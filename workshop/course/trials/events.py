"""Events made by hand, in the shape that an event source mapping gives them on AWS.

They are made of messages, changes of items, or rows, as the dict that a handler gets. Sequence numbers
grow with `start`: the same arguments are the same delivery, a higher `start` is a later one.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html and
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from workshop.pipeline.messages import Message
from workshop.pipeline.truth import DEFAULT_ORDER, roll_up_paths

__all__ = ["NOW", "change_event", "kinesis_event", "reduce_row", "row_event", "state_item"]

# A moment that events happen at, so that the same delivery has the same bytes.
NOW = 1_750_000_000
KINESIS_NUMBERS = 49590338271490256608559692538361571095921575989136588898
DYNAMODB_NUMBERS = 4421584500000000017450439091
KINESIS_SHARD = "shardId-00000000000{}"
DYNAMODB_SHARD = "shardId-00000001750000000000-0000000{}"
WINDOW = {"start": "2025-06-15T15:00:00Z", "end": "2025-06-15T15:15:00Z"}


def kinesis_event(
    messages: Iterable[Message | bytes], *, source_arn: str, shard: int = 0, start: int = 0
) -> dict[str, Any]:
    """Return the event that brings messages (or raw bytes) of one shard to StateLambda."""
    return {
        "Records": [
            _kinesis_record(message, source_arn, KINESIS_SHARD.format(shard), KINESIS_NUMBERS + start + place)
            for place, message in enumerate(messages)
        ]
    }


def change_event(
    changes: Iterable[tuple[Message | None, Message | None]],
    *,
    source_arn: str,
    shard: int = 0,
    start: int = 0,
    window: bool = True,
) -> dict[str, Any]:
    """Return the event that brings changes of StateTable to MapLambda, each as (before, after).

    Without `window` it is the event of a mapping that has no tumbling window, and names no shard.
    """
    images = [
        (None if old is None else state_item(old), None if new is None else state_item(new))
        for old, new in changes
    ]
    return _stream_event(images, "TradeID", source_arn, shard, start, window=window)


def row_event(
    rows: Iterable[Mapping[str, Any]],
    *,
    source_arn: str,
    shard: int = 0,
    start: int = 0,
    window: bool = True,
) -> dict[str, Any]:
    """Return the event that brings new rows of ReduceTable, as `reduce_row` makes them, to ReduceLambda."""
    images = [(None, row) for row in rows]
    return _stream_event(images, "MessageHash", source_arn, shard, start, window=window)


def state_item(message: Message) -> dict[str, Any]:
    """Return a message as the item that StateTable holds."""
    item: dict[str, Any] = {
        "TradeID": message.trade_id,
        "Value": message.value,
        "Version": message.version,
        "Timestamp": Decimal(NOW),
        "Hierarchy": dict(message.hierarchy),
    }
    return {**item, "Cancelled": True} if message.cancelled else item


def reduce_row(
    messages: Sequence[Message], *, key: str = "", order: Sequence[str] = DEFAULT_ORDER
) -> dict[str, Any]:
    """Return the row of ReduceTable that new trades add up to; worked out here, not by the handlers."""
    deltas: dict[str, Decimal] = {}
    trades: dict[str, int] = {}
    for message in messages:
        paths = roll_up_paths(message.hierarchy, order)
        for path in paths:
            deltas[path] = deltas.get(path, Decimal(0)) + message.value
        trades[paths[-1]] = trades.get(paths[-1], 0) + 1
    return {
        "MessageHash": key or "-".join(message.trade_id for message in messages),
        "Deltas": deltas,
        "Trades": trades,
        "MessageCount": len(messages),
        "MappedAt": Decimal(NOW),
        "Latency": {},
        "TimeToLive": NOW + 7 * 24 * 3600,
        "FirstTimestamp": Decimal(NOW),
        "MeanTimestamp": Decimal(NOW),
    }


def _kinesis_record(message: Message | bytes, source_arn: str, shard: str, number: int) -> dict[str, Any]:
    data = message if isinstance(message, bytes) else message.wire(NOW)
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "by hand" if isinstance(message, bytes) else message.trade_id,
            "sequenceNumber": str(number),
            "data": b64encode(data).decode(),
            "approximateArrivalTimestamp": float(NOW),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard}:{number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": f"arn:aws:iam::{source_arn.split(':')[4]}:role/by-hand",
        "awsRegion": source_arn.split(":")[3],
        "eventSourceARN": source_arn,
    }


def _stream_event(
    images: Iterable[tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]],
    key: str,
    source_arn: str,
    shard: int,
    start: int,
    *,
    window: bool,
) -> dict[str, Any]:
    records = [
        _stream_record(old, new, key, source_arn, DYNAMODB_NUMBERS + start + place)
        for place, (old, new) in enumerate(images)
    ]
    if not window:
        return {"Records": records}
    return {
        "Records": records,
        "window": WINDOW,
        "state": {},
        "shardId": DYNAMODB_SHARD.format(shard),
        "eventSourceARN": source_arn,
        "isFinalInvokeForWindow": False,
        "isWindowTerminatedEarly": False,
    }


def _stream_record(
    old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, key: str, source_arn: str, number: int
) -> dict[str, Any]:
    some = new if new is not None else old
    if some is None:
        raise ValueError("a change has an item before it, after it, or both")
    change: dict[str, Any] = {
        "ApproximateCreationDateTime": float(NOW),
        "Keys": {key: {"S": some[key]}},
        "SequenceNumber": str(number),
        "SizeBytes": 200,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    if old is not None:
        change["OldImage"] = _image(old)
    if new is not None:
        change["NewImage"] = _image(new)
    return {
        "eventID": f"{number:032x}",
        "eventName": "INSERT" if old is None else "REMOVE" if new is None else "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": source_arn.split(":")[3],
        "dynamodb": change,
        "eventSourceARN": source_arn,
    }


def _image(item: Mapping[str, Any]) -> dict[str, Any]:
    serializer = TypeSerializer()
    return {name: serializer.serialize(value) for name, value in item.items()}
