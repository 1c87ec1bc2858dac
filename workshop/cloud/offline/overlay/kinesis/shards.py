"""Kinesis shards: sequence numbers, arrival times, hash key ranges, and constant time per record.

AWS: sequence numbers have 56 digits, increase within a shard and are unique in their stream; a stream that
is deleted and created again continues above the old ones. Arrival times have milliseconds. A shard includes
both ends of its hash key range. After a split or merge the closed parents keep their records, new records go
to the children, and the last GetRecords of a closed shard has no `NextShardIterator`. Source:
https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html and
https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html

moto numbers the records of each shard 1, 2, 3 …, lists all records for each put and read (1.7 ms per put at
100,000 records), stamps its own time, fails for a hash key at the end of a range, moves records to the
children and keeps writing to the parent.

Changed: a sequence number is composed of the stream's creation time, the record's number in the shard, and
the shard, so the next record is found without a search. `Shard.records` stays what it was: sequence number →
record, in order.
"""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import count, islice
from typing import Any

from moto.core.utils import unix_time
from moto.kinesis.exceptions import InvalidArgumentError
from moto.kinesis.models import Record, Shard, Stream
from moto.utilities.utils import md5_hash

from workshop.cloud.offline.keeping.records import STEP as SHARDS
from workshop.cloud.offline.keeping.records import new_records
from workshop.cloud.offline.overlay.correct import CLOCK, corrects

__all__ = ["SHARDS", "count_after", "put_all", "records_after"]

# 49, 13 digits of milliseconds, 35 for the record, 6 for the shard: 56 digits, which begin and end as AWS's
# usually do. The time comes first, so that a stream created again continues above the old numbers.
RECORDS = 10**35
LONGEST_KEY = 256
MILLISECONDS = 10**13

_MOTO_INITIALIZE_SHARD = Shard.__init__
_MOTO_SHARD_FOR_KEY = Stream.get_shard_for_key
# Many records of a request come within the same millisecond.
_unix_time = lru_cache(maxsize=1)(unix_time)
_MOTO_SPLIT = Stream.split_shard
_MOTO_MERGE = Stream.merge_shards


@corrects(Record, "__init__")
def _initialize_record(
    self: Any,
    partition_key: str,
    data: str,
    sequence_number: int,
    explicit_hash_key: str,
    moment: Any = None,
) -> None:
    self.partition_key = partition_key
    self.data = data
    self.sequence_number = sequence_number
    self.explicit_hash_key = explicit_hash_key
    self.created_at_datetime = moment or CLOCK.moment()
    self.created_at = _unix_time(self.created_at_datetime)


@corrects(Shard, "__init__")
def _initialize_shard(self: Any, *arguments: Any, **named: Any) -> None:
    _MOTO_INITIALIZE_SHARD(self, *arguments, **named)
    self.created_ms = int(CLOCK.now() * 1000)
    self.records = new_records()


def _number(self: Any, position: int) -> int:
    """Return the sequence number of the shard's record number `position`, counted from 1."""
    prefix: int = 49 * MILLISECONDS + self.created_ms
    shard: int = self._shard_id
    return (prefix * RECORDS + position) * SHARDS + shard


def _position(self: Any, sequence_number: int) -> int:
    """Return the number of the last record up to `sequence_number`, whether or not it exists."""
    return max(0, (sequence_number - _number(self, 0)) // SHARDS)


@corrects(Shard, "get_min_sequence_number")
def _first_number(self: Any) -> int:
    return _number(self, 0)


@corrects(Shard, "get_max_sequence_number")
def _last_number(self: Any) -> Any:
    if self.records:
        return next(reversed(self.records))
    # Where all have expired, numbers go on all the same.
    return vars(self).get("last_number", _number(self, 0))


@corrects(Shard, "put_record")
def _put_record(self: Any, partition_key: str, data: str, explicit_hash_key: str) -> str:
    number = _last_number(self) + SHARDS  # the next position in the same shard
    self.records[number] = Record(partition_key, data, number, explicit_hash_key)
    return str(number)


@corrects(Shard, "get_records")
def _get_records(self: Any, last_sequence_id: str, limit: int | None) -> tuple[list[Any], int, int]:
    """Return the records after a sequence number, the last one's number, and how many ms it lies behind."""
    last = int(last_sequence_id)
    found = list(islice(records_after(self, last), limit))
    if not found:
        return found, last, 0
    newest = self.records[_last_number(self)]
    return found, found[-1].sequence_number, int((newest.created_at - found[-1].created_at) * 1000)


def records_after(shard: Any, sequence_number: int) -> Iterator[Any]:
    """Return the records behind a sequence number, whether or not a record has it."""
    first = _position(shard, sequence_number) + 1
    if shard.records and _number(shard, first) not in shard.records:
        # What came before the oldest record has expired.
        first = max(first, _position(shard, next(iter(shard.records))))
    for position in count(first):
        if (record := shard.records.get(_number(shard, position))) is None:
            return
        yield record


def count_after(shard: Any, sequence_number: int) -> int:
    """Return how many records lie behind a sequence number."""
    if not shard.records:
        return 0
    behind = _position(shard, _last_number(shard)) - _position(shard, sequence_number)
    return max(0, min(behind, len(shard.records)))


@corrects(Shard, "get_sequence_number_at")
def _number_at(self: Any, at_timestamp: float) -> int:
    """Return the number of the last record that came before a time, 0 if none did."""
    if not self.records:
        return 0
    # Records go only from the front, so there are no gaps between their numbers.
    numbers = range(next(iter(self.records)), _last_number(self) + 1, SHARDS)
    earlier = bisect_left(numbers, at_timestamp, key=lambda number: self.records[number].created_at)
    return numbers[earlier - 1] if earlier else 0


@corrects(Stream, "get_shard_for_key")
def _get_shard_for_key(self: Any, partition_key: str, explicit_hash_key: str) -> Any:
    if not isinstance(partition_key, str) or len(partition_key) > LONGEST_KEY or explicit_hash_key:
        _MOTO_SHARD_FOR_KEY(self, partition_key, explicit_hash_key)  # checks both arguments
    elif len(self.shards) == 1:
        # The only shard is open, and takes every key.
        return next(iter(self.shards.values()))
    # moto's ranges exclude their last key, and after a split or merge it finds the closed parent.
    key = int(explicit_hash_key) if explicit_hash_key else _hash(partition_key)
    for candidate in self.shards.values():
        if candidate.is_open and candidate.starting_hash <= key <= candidate.ending_hash:
            return candidate
    raise InvalidArgumentError(f"no open shard of stream {self.stream_name} takes the hash key {key}")


@corrects(Stream, "put_record")
def _put_into_stream(self: Any, partition_key: str, explicit_hash_key: str, data: str) -> tuple[str, str]:
    # Without moto's own mappings, which push records into functions; there are none here.
    shard = self.get_shard_for_key(partition_key, explicit_hash_key)
    return shard.put_record(partition_key, data, explicit_hash_key), shard.shard_id


def put_all(stream: Any, entries: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Put records as PutRecords names them, in their order; return the number and the shard of each."""
    by_shard: dict[Any, _NewRecords] = {}
    put, moment = [], CLOCK.moment()
    for entry in entries:
        key, explicit_key = entry["PartitionKey"], entry.get("ExplicitHashKey")
        shard = stream.get_shard_for_key(key, explicit_key)
        if (new := by_shard.get(shard)) is None:
            new = by_shard[shard] = _NewRecords(shard)
        number = new.number = new.number + SHARDS
        new.records[number] = Record(key, entry["Data"], number, explicit_key, moment)
        put.append({"SequenceNumber": str(number), "ShardId": new.shard_id})
    for shard, new in by_shard.items():
        shard.records.update(new.records)
    return put


class _NewRecords:
    """Where records of one call go: the last number in a shard, and what is to come after it."""

    def __init__(self, shard: Any) -> None:
        self.number = _last_number(shard)
        self.records: dict[int, Any] = {}
        # moto puts it together each time.
        self.shard_id: str = shard.shard_id


@corrects(Stream, "split_shard")
def _split_shard(self: Any, shard_to_split: str, new_starting_hash_key: str) -> None:
    with _records_kept(self, shard_to_split):
        _MOTO_SPLIT(self, shard_to_split, new_starting_hash_key)


@corrects(Stream, "merge_shards")
def _merge_shards(self: Any, shard_to_merge: str, adjacent_shard_to_merge: str) -> None:
    with _records_kept(self, shard_to_merge, adjacent_shard_to_merge):
        _MOTO_MERGE(self, shard_to_merge, adjacent_shard_to_merge)


@contextmanager
def _records_kept(stream: Any, *shard_ids: str) -> Iterator[None]:
    """Hide the records of shards that are being closed: moto would put them into the child shards again."""
    kept = {shard_id: stream.shards[shard_id].records for shard_id in shard_ids}
    for shard_id in shard_ids:
        stream.shards[shard_id].records = OrderedDict()
    try:
        yield
    finally:
        for shard_id, records in kept.items():
            stream.shards[shard_id].records = records


def _hash(partition_key: str) -> int:
    return int.from_bytes(md5_hash(partition_key.encode()).digest(), "big")
