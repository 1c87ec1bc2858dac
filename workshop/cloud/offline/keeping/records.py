"""The records of streams, of Kinesis and of tables: they behave as moto's dict and list do."""

import copy
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, overload

from moto.dynamodb.models.table import StreamRecord
from moto.kinesis.models import Record

from workshop.cloud.offline.keeping.memory import MEMORY
from workshop.cloud.offline.keeping.spilling import Spilling

__all__ = ["STEP", "Records", "StreamRecords", "new_records", "new_stream_records"]

# How far the sequence numbers of neighbours in a shard of Kinesis lie apart.
STEP = 10**6
# What Python's objects take besides their texts, for a record, and for an attribute in an image.
RECORD_BYTES = 500
STREAM_RECORD_BYTES = 1500
ATTRIBUTE_BYTES = 350
FIELDS = attrgetter("partition_key", "data", "sequence_number", "explicit_hash_key", "created_at")


class Records(Spilling, Mapping[int, Any]):
    """The records of a shard of Kinesis by sequence number; these are evenly spaced."""

    __hash__ = object.__hash__
    __eq__ = object.__eq__

    def __init__(self, number: int) -> None:
        super().__init__(number)
        # The sequence number of the place 0.
        self._origin = 0

    def adopt(self, records: dict[int, Any]) -> None:
        """Take over what moto has put into a dict of its own."""
        for sequence_number, record in records.items():
            self[sequence_number] = record

    def restore(self, rows: Iterable[tuple[int, bytes]]) -> None:
        """Take in what was kept."""
        super().restore(rows)
        if self._held:
            self._origin = self._held[0].sequence_number - self._held_from * STEP

    def __setitem__(self, sequence_number: int, record: Any) -> None:
        self.update({sequence_number: record})

    def update(self, records: Mapping[int, Any]) -> None:
        """Append records whose numbers follow each other."""
        place, first = self._end, next(iter(records))
        if not self:
            self._origin = first - place * STEP
        following = range(self._origin + place * STEP, self._origin + (place + len(records)) * STEP, STEP)
        if list(records) != list(following):
            raise ValueError(f"{first} does not follow the last sequence number of its shard")
        self._extend(list(records.values()))

    def __getitem__(self, sequence_number: int) -> Any:
        if sequence_number not in self:
            raise KeyError(sequence_number)
        return self._at((sequence_number - self._origin) // STEP)

    def __contains__(self, sequence_number: object) -> bool:
        if not isinstance(sequence_number, int):
            return False
        place, rest = divmod(sequence_number - self._origin, STEP)
        return not rest and self._first <= place < self._end

    def __iter__(self) -> Iterator[int]:
        return (self._origin + place * STEP for place in range(self._first, self._end))

    def __reversed__(self) -> Iterator[int]:
        return (self._origin + place * STEP for place in range(self._end - 1, self._first - 1, -1))

    def __copy__(self) -> OrderedDict[int, Any]:
        return OrderedDict(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> OrderedDict[int, Any]:
        return copy.deepcopy(OrderedDict(self), memo)

    @staticmethod
    def plain(record: Any) -> tuple[Any, ...]:
        """Return the record's fields."""
        fields: tuple[Any, ...] = FIELDS(record)
        return fields

    @staticmethod
    def record(plain: tuple[Any, ...]) -> Any:
        """Return moto's object."""
        record = object.__new__(Record)
        record.partition_key, record.data, record.sequence_number, *rest = plain
        record.explicit_hash_key, record.created_at = rest
        record.created_at_datetime = datetime.fromtimestamp(record.created_at, UTC).replace(tzinfo=None)
        return record

    @staticmethod
    def sizes(records: Iterable[Any]) -> list[int]:
        """Return about how many bytes of memory each record takes."""
        return [RECORD_BYTES + len(record.data) + len(record.partition_key) for record in records]

    @staticmethod
    def arrived(record: Any) -> float:
        """Return when it came."""
        return float(record.created_at)


class StreamRecords(Spilling, Sequence[Any]):
    """The records of a table's stream."""

    __hash__ = object.__hash__
    __eq__ = object.__eq__

    def adopt(self, records: Iterable[Any]) -> None:
        """Take over what moto has put into a list of its own."""
        for record in records:
            self.append(record)

    def append(self, record: Any) -> None:
        """As a list does."""
        self._extend([record])

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        places = range(self._first, self._end)[index]
        return self._at(places) if isinstance(places, int) else [self._at(place) for place in places]

    def __copy__(self) -> list[Any]:
        return list(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> list[Any]:
        return copy.deepcopy(list(self), memo)

    def drop_before(self, sequence_number: int) -> None:
        """Forget what the first row still has of records that had expired before a restart."""
        if self:
            self.drop_first(max(0, sequence_number - int(self[0].record["dynamodb"]["SequenceNumber"])))

    @staticmethod
    def plain(record: Any) -> Any:
        """Return the record as a dict."""
        return record.record

    @staticmethod
    def record(plain: Any) -> Any:
        """Return moto's object."""
        record = object.__new__(StreamRecord)
        record.record = plain
        return record

    @staticmethod
    def sizes(records: Iterable[Any]) -> list[int]:
        """Return about how many bytes of memory each record takes."""
        return [_size_of_change(record.record["dynamodb"]) for record in records]

    @staticmethod
    def arrived(record: Any) -> float:
        """Return when it came."""
        moment = record.record["dynamodb"]["ApproximateCreationDateTime"]
        return float(moment.replace(tzinfo=UTC).timestamp())


def _size_of_change(change: Mapping[str, Any]) -> int:
    attributes = len(change.get("NewImage", ())) + len(change.get("OldImage", ()))
    return int(STREAM_RECORD_BYTES + attributes * ATTRIBUTE_BYTES + 2 * change["SizeBytes"])


def new_records() -> Any:
    """Return what a new shard of Kinesis has its records in: moto's kind where nothing can leave memory."""
    number = MEMORY.next_number()
    return OrderedDict() if number is None else Records(number)


def new_stream_records() -> Any:
    """Return what a table's stream has its records in, likewise."""
    number = MEMORY.next_number()
    return [] if number is None else StreamRecords(number)
