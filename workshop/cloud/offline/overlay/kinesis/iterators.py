"""Kinesis shard iterators: what they may begin with, how long they last, and what they read.

AWS: an iterator may be requested with `StreamARN` alone; one that begins at a sequence number needs one of
this shard, and one that begins at a time needs a time that is not in the future. An iterator lasts five
minutes, a garbled one is an `InvalidArgumentException`. A GetRecords returns at most 10,000 records and
10 MiB, and the last one of a closed shard its child shards instead of another iterator. Source:
https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html and API_GetRecords there.

moto loses the stream of an iterator by ARN, fails with Python's errors for what is missing or garbled, reads
any number of records, and omits the child shards. Changed as above.
"""

import binascii
from base64 import b64decode, b64encode
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.kinesis.exceptions import InvalidArgumentError, ResourceNotFoundError
from moto.kinesis.models import KinesisBackend
from moto.kinesis.responses import KinesisResponse

from workshop.cloud.offline.overlay.correct import CLOCK, corrects
from workshop.cloud.offline.overlay.kinesis.next_tokens import TOLERATED_SECONDS
from workshop.cloud.offline.overlay.kinesis.shards import SHARDS

READ_RECORDS = 10_000
READ_BYTES = 10 * 1024 * 1024
AT, AFTER = "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"

_MOTO_GET_RECORDS_CALL = KinesisResponse.get_records


@dataclass(frozen=True)
class _Position:
    """Where an iterator stands: after the record of this number."""

    stream_name: str
    shard_id: str
    last: int

    def encoded(self) -> str:
        made_ms = int(CLOCK.now() * 1000)
        return b64encode(f"{self.stream_name}:{self.shard_id}:{self.last}:{made_ms}".encode()).decode()


def _read(shard_iterator: str) -> _Position:
    try:
        text = b64decode(shard_iterator, validate=True).decode()
        stream_name, shard_id, last, made_ms = text.split(":")
        position, age_ms = _Position(stream_name, shard_id, int(last)), CLOCK.now() * 1000 - int(made_ms)
    except (ValueError, binascii.Error) as error:
        raise InvalidArgumentError("Invalid ShardIterator.") from error
    if age_ms > TOLERATED_SECONDS * 1000:
        raise JsonRESTError(
            "ExpiredIteratorException",
            f"Iterator expired. The iterator was created {int(age_ms)} milliseconds ago, which is more than "
            f"the tolerated delay of {TOLERATED_SECONDS * 1000} milliseconds.",
        )
    return position


@corrects(KinesisBackend, "get_shard_iterator")
def _get_shard_iterator(  # noqa: PLR0913, PLR0917 # moto's arguments
    self: Any,
    stream_arn: str | None,
    stream_name: str | None,
    shard_id: str,
    shard_iterator_type: str,
    starting_sequence_number: str | None,
    at_timestamp: float | None,
) -> str:
    stream = self.describe_stream(stream_arn=stream_arn, stream_name=stream_name)
    if shard_id not in stream.shards:
        place = f"in stream {stream.stream_name} under account {self.account_id}"
        raise ResourceNotFoundError(f"Shard {shard_id} {place} does not exist")
    shard = stream.shards[shard_id]
    if shard_iterator_type in (AT, AFTER):
        number = _number(self, stream, shard, shard_iterator_type, starting_sequence_number)
        # For AT, a place between this record and the one before: their numbers are `SHARDS` apart.
        last = number - (shard_iterator_type == AT)
    elif shard_iterator_type == "AT_TIMESTAMP":
        last = shard.get_sequence_number_at(_moment(at_timestamp))
    elif shard_iterator_type == "LATEST":
        last = shard.get_max_sequence_number()
    elif shard_iterator_type == "TRIM_HORIZON":
        last = 0  # whatever has expired, the oldest record left comes next
    else:
        raise InvalidArgumentError(f"Invalid ShardIteratorType: {shard_iterator_type}")
    return _Position(stream.stream_name, shard_id, last).encoded()


def _number(backend: Any, stream: Any, shard: Any, kind: str, given: str | None) -> int:
    if given is None:
        raise InvalidArgumentError(
            f"Must specify startingSequenceNumber parameter for iterator of type {kind}. Current request has "
            "no startingSequenceNumber parameter."
        )
    first = shard.get_min_sequence_number()
    number = int(given) if given.isdecimal() else -1
    # Numbers of other shards leave another remainder.
    if number < first or (number - first) % SHARDS:
        raise InvalidArgumentError(
            f"StartingSequenceNumber {given} used in GetShardIterator on shard {shard.shard_id} in stream "
            f"{stream.stream_name} under account {backend.account_id} is invalid "
            "because it did not come from this stream."
        )
    return number


def _moment(given: Any) -> float:
    if given is None:
        raise InvalidArgumentError(
            "Must specify timestamp parameter for iterator of type AT_TIMESTAMP. Current request has no "
            "timestamp parameter."
        )
    seconds = float(given.timestamp() if hasattr(given, "timestamp") else given)
    if seconds > (now := CLOCK.now()):
        raise InvalidArgumentError(
            "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
            f"timestampInMillis: {int(seconds * 1000)}, currentTimestampInMillis: {int(now * 1000)}"
        )
    return seconds


@corrects(KinesisBackend, "get_records")
def _get_records(
    self: Any, stream_arn: str | None, shard_iterator: str, limit: int | None
) -> tuple[str | None, list[Any], int]:
    position = _read(shard_iterator)
    stream = self.describe_stream(stream_arn=stream_arn, stream_name=position.stream_name)
    shard = stream.get_shard(position.shard_id)
    records, last, millis_behind_latest = shard.get_records(position.last, limit or READ_RECORDS)
    # `data` is Base64: four characters for three bytes.
    sizes = accumulate(len(record.data) * 3 // 4 for record in records)
    fitting = sum(size <= READ_BYTES for size in sizes)
    if records and fitting < len(records):
        # One at least, so that the reader gets on.
        records, last, millis_behind_latest = shard.get_records(position.last, max(fitting, 1))
    is_at_end = not shard.records or int(last) >= shard.get_max_sequence_number()
    if not shard.is_open and is_at_end:
        return None, records, millis_behind_latest
    following = _Position(stream.stream_name, shard.shard_id, int(last))
    return following.encoded(), records, millis_behind_latest


@corrects(KinesisResponse, "get_records")
def _get_records_call(self: Any) -> Any:
    answer = _MOTO_GET_RECORDS_CALL(self)
    if answer.result["NextShardIterator"] is None:
        position = _read(self._get_param("ShardIterator"))
        stream = self.kinesis_backend.describe_stream(self._get_param("StreamARN"), position.stream_name)
        answer.result["ChildShards"] = [
            {
                "ShardId": child.shard_id,
                "ParentShards": [parent for parent in (child.parent, child.adjacent_parent) if parent],
                "HashKeyRange": child.to_json()["HashKeyRange"],
            }
            for child in stream.shards.values()
            if position.shard_id in (child.parent, child.adjacent_parent)
        ]
    return answer
