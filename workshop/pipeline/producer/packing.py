"""How a producer packs many messages into a record, as JSON Lines, without changing their order.

A record goes to one shard as a whole, so its messages cannot each go by their trade. They go by *buckets*: a
trade's bucket follows from its ID alone, a record holds messages of one bucket, and the bucket is its
partition key. So all messages of a trade still share a shard, and lie there in the order of sending.

Pure functions; nothing is sent here.
"""

import hashlib
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from workshop.errors import ConfigurationError
from workshop.pipeline.messages import PlannedMessage
from workshop.pipeline.producer.put_calls import RECORD_BYTES, Outgoing

__all__ = ["BUCKETS", "Packing", "bucket_of", "buckets_of_fullest_lane", "key_of", "packed", "packing_of"]

# Enough for a few dozen shards to get about the same each, and few enough that records fill up soon.
BUCKETS = 256
# Kinesis counts records in payload units of 25 KB: a full one holds the most messages for its price.
PAYLOAD_UNIT_BYTES = 25_000
# A function writes them one after the other, in the seconds of one invocation.
MOST_MESSAGES = 1_000
USUAL_MESSAGE_BYTES = 200
LARGEST_WINDOW = 25_000

# A message's place in the plan, the message, and what goes over the wire for it.
Wired = tuple[int, PlannedMessage, bytes]


@dataclass(frozen=True)
class Packing:
    """How much a record may hold, as numbers of messages and of bytes; a larger message goes alone."""

    messages: int = MOST_MESSAGES
    size_bytes: int = RECORD_BYTES

    @property
    def window(self) -> int:
        """How many messages a producer packs at once, so that records are well filled and few overflow."""
        most = BUCKETS * min(self.messages, self.size_bytes // USUAL_MESSAGE_BYTES) * 3 // 4
        # All of a window are dated at once, and held until they are sent.
        return min(most, LARGEST_WINDOW)


def packing_of(text: str) -> Packing | None:
    """Return what `--pack N` or `--pack auto` asks for; None for one message a record.

    Raises:
        ConfigurationError: the text is neither.
    """
    if text == "auto":
        return Packing(size_bytes=PAYLOAD_UNIT_BYTES)
    if not (text.isdecimal() and text.isascii() and 1 <= int(text[:9]) <= MOST_MESSAGES):
        raise ConfigurationError(
            f"`{text}` messages cannot be packed into a record; choose 1 to {MOST_MESSAGES:,}, or `auto`"
        )
    return Packing(int(text)) if int(text) > 1 else None


def bucket_of(trade_id: str) -> int:
    """Return the bucket of a trade, a number below `BUCKETS`."""
    return zlib.crc32(trade_id.encode()) % BUCKETS


def key_of(bucket: int) -> str:
    """Return the partition key of the records of a bucket."""
    return f"bucket-{bucket:03}"


@cache
def buckets_of_fullest_lane(shards: int, parallel: int = 1) -> int:
    """Return how many buckets fall to the fullest lane, each of so many shards having `parallel` lanes.

    A shard has the keys whose MD5 falls into its part of the range. AWS does not say by which hash Lambda
    deals a shard's keys out to batches that it works on at the same time: CRC-32 stands for it.
    """
    counts: Counter[tuple[int, int]] = Counter()
    for key in (key_of(bucket).encode() for bucket in range(BUCKETS)):
        place = int.from_bytes(hashlib.md5(key, usedforsecurity=False).digest(), "big")
        counts[place * shards >> 128, zlib.crc32(key) % parallel] += 1
    return max(counts.values())


def packed(messages: Iterable[Wired], packing: Packing) -> Iterator[list[Outgoing]]:
    """Yield the calls that send these messages, each with at most one record of a bucket.

    Were two records of a bucket in one call, the stream could refuse the first alone, and put an older
    version of a trade behind a newer one. A late duplicate goes into a later record than its original.
    """
    buckets: dict[int, list[_Record]] = {}
    for place, entry, data in messages:
        records = buckets.setdefault(bucket_of(entry.message.trade_id), [_Record()])
        if not records[-1].takes(entry, data, packing):
            records.append(_Record())
        records[-1].add(place, entry, data)
    for number in range(max(map(len, buckets.values()), default=0)):
        yield [
            records[number].outgoing(key_of(bucket))
            for bucket, records in buckets.items()
            if number < len(records)
        ]


@dataclass
class _Record:
    """A record that is being filled."""

    places: list[int] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    numbers: set[int] = field(default_factory=set)
    size_bytes: int = len(key_of(0))

    def takes(self, entry: PlannedMessage, data: bytes, packing: Packing) -> bool:
        """Whether the message may go into this record."""
        if not self.lines:
            return True
        fits = len(self.lines) < packing.messages and self.size_bytes + 1 + len(data) <= packing.size_bytes
        return fits and not (entry.late and entry.number in self.numbers)

    def add(self, place: int, entry: PlannedMessage, data: bytes) -> None:
        """Put a message behind the others."""
        self.size_bytes += len(data) + bool(self.lines)
        self.places.append(place)
        self.lines.append(data)
        self.numbers.add(entry.number)

    def outgoing(self, key: str) -> Outgoing:
        """Return the record as it is sent."""
        return Outgoing(tuple(self.places), key, b"\n".join(self.lines))
