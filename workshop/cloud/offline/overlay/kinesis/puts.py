"""Kinesis puts: the sizes of records and requests, and hash keys, are checked before anything is written.

AWS: a PutRecords request holds 500 records and 10 MiB, partition keys included, of records with up to 1 MiB
each unless the stream is configured otherwise, which PutRecord has as well; an explicit hash key is below
2^128. Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html and API_PutRecord.

moto takes 5 MiB per request, a single record of any size, decodes all data to count it, and writes the
records before a wrong hash key. Changed as above.
"""

from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.kinesis.exceptions import InvalidArgumentError, RecordSizeExceedsLimit, TooManyRecords
from moto.kinesis.models import KinesisBackend

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.overlay.kinesis.shards import put_all

REQUEST_RECORDS = 500
REQUEST_BYTES = 10 * 1024 * 1024
RECORD_BYTES = 1024 * 1024
# The most that a partition key takes: 256 characters.
KEY_BYTES = 256 * 4
HASH_KEYS = 2**128


@corrects(KinesisBackend, "put_record")
def _put_record(  # moto's arguments
    self: Any,
    stream_arn: str | None,
    stream_name: str | None,
    partition_key: str,
    explicit_hash_key: str | None,
    data: str,
) -> tuple[str, str]:
    stream = self.describe_stream(stream_arn=stream_arn, stream_name=stream_name)
    _check_presence({"PartitionKey": partition_key, "Data": data}, "")
    _check_hash_key(explicit_hash_key)
    if (size := _size(data, partition_key)) > RECORD_BYTES:
        text = "Value at 'data' failed to satisfy constraint: Member must have length less than or equal to"
        raise JsonRESTError("ValidationException", f"1 validation error detected: {text} {RECORD_BYTES}")
    put: tuple[str, str] = stream.put_record(partition_key, explicit_hash_key, data)
    self._send_stream_metrics(stream.stream_name, incoming_bytes=size, incoming_records=1)
    return put


@corrects(KinesisBackend, "put_records")
def _put_records(
    self: Any, stream_arn: str | None, stream_name: str | None, records: list[dict[str, Any]]
) -> dict[str, Any]:
    stream = self.describe_stream(stream_arn=stream_arn, stream_name=stream_name)
    if len(records) > REQUEST_RECORDS:
        raise TooManyRecords
    size = _checked_size(records)
    for record in records:
        if "ExplicitHashKey" in record:
            _check_hash_key(record["ExplicitHashKey"])
    put = put_all(stream, records)
    self._send_stream_metrics(stream.stream_name, incoming_bytes=size, incoming_records=len(records))
    return {"FailedRecordCount": 0, "Records": put}


def _checked_size(records: list[dict[str, Any]]) -> int:
    """Return what AWS counts for all records; raises if one lacks something or is too large, or all are."""
    data: list[Any] = [record.get("Data") for record in records]
    keys: list[Any] = [record.get("PartitionKey") for record in records]
    if None in data or None in keys:
        for position, record in enumerate(records, 1):
            _check_presence(record, f"records.{position}.member.")
    if (size := _total(data, keys)) > REQUEST_BYTES:
        raise InvalidArgumentError("Records size exceeds 10 MB limit")
    # None can be too large where no text is as long.
    if max(map(len, data), default=0) + KEY_BYTES > RECORD_BYTES:
        sizes = list(map(_size, data, keys))
        if (largest := max(sizes)) > RECORD_BYTES:
            raise RecordSizeExceedsLimit(position=sizes.index(largest) + 1)
    return size


def _total(data: list[str], keys: list[str]) -> int:
    """Return the size of all records together, without a call for each."""
    padding = "".join([text[-2:] for text in data]).count("=")
    return sum(map(len, data)) * 3 // 4 - padding + len("".join(keys).encode())


def _size(data: str, partition_key: str) -> int:
    """Return what AWS counts: the data as it is once decoded, and the key beside it."""
    return len(data) * 3 // 4 - data.endswith("=") - data.endswith("==") + len(partition_key.encode())


def _check_presence(record: dict[str, Any], where: str) -> None:
    # The model leaves the key open, since other kinds of resources take records without one.
    for name in ("PartitionKey", "Data"):
        if record.get(name) is None:
            place = f"{where}{name[0].lower()}{name[1:]}"
            text = f"Value null at '{place}' failed to satisfy constraint: Member must not be null"
            raise JsonRESTError("ValidationException", f"1 validation error detected: {text}")


def _check_hash_key(key: str | None) -> None:
    if key and int(key) >= HASH_KEYS:
        raise InvalidArgumentError(
            "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
            f"Specified value was {key}"
        )
