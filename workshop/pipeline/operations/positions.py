"""How far Map and Reduce have come: positions in LedgerTable, compared with the ends of the tables' streams.

A record beyond a position is on its way, comes again and again because its batch fails, or was given up. No
reader can tell which. A position that is moved to the end of its shard settles it: whatever lies before it
has no effect any more, whenever it is delivered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workshop.clock import Clock
from workshop.pipeline.operations.actions import read_item, update
from workshop.pipeline.table_changes import read_pages, stream_shards

if TYPE_CHECKING:
    from workshop.cloud.connection import Cloud

__all__ = ["SEQUENCE_DIGITS", "Positions", "ShardPosition"]

# The ledger keeps sequence numbers as text of this width, so that they sort as the numbers do.
SEQUENCE_DIGITS = 129
SECONDS_TO_KEEP = 400 * 24 * 3600
STAGES = (("MapLambdaName", "StateTableName"), ("ReduceLambdaName", "ReduceTableName"))


@dataclass(frozen=True)
class ShardPosition:
    """One function's position in one shard (`item` is empty if the ledger has none), and the shard's end."""

    ledger_key: str
    item: Mapping[str, Any]
    end: str

    @property
    def is_behind(self) -> bool:
        """Whether the shard holds records beyond the position."""
        return self.end > _position(self.item)


class Positions:
    """The positions of Map and Reduce in one stateful pipeline; a look calls `beat` again and again."""

    def __init__(
        self, cloud: Cloud, outputs: Mapping[str, str], *, clock: Clock, beat: Callable[[], None]
    ) -> None:
        self._cloud = cloud
        self._dynamodb = cloud.client("dynamodb")
        self._stages = [(outputs[function], _stream_of(cloud, outputs[table])) for function, table in STAGES]
        self._ledger = outputs["LedgerTableName"]
        self._clock = clock
        self._beat = beat

    def look(self) -> tuple[ShardPosition, ...]:
        """Return the position in each shard of both tables' streams; reads what lies beyond it."""
        return tuple(each for stage in self._stages for each in self._look_at(*stage))

    def move_to_end(self, seen: ShardPosition) -> dict[str, Any]:
        """Return the action that moves a position to its shard's end, if it is as it was seen."""
        now = int(self._clock.now())
        to = {"Position": seen.end, "Chunk": 0, "ChunkOf": "", "UpdatedAt": now}
        there = {name: seen.item.get(name) for name in ("Position", "Chunk")}
        key, to["TimeToLive"] = {"LedgerKey": seen.ledger_key}, now + SECONDS_TO_KEEP
        return {"Update": update(self._ledger, key, seen=there, to=to)}

    def _look_at(self, function: str, stream: str) -> Iterator[ShardPosition]:
        for shard in stream_shards(self._cloud, stream) if stream else ():
            key = f"{function}#{stream}#{shard}"
            item = read_item(self._dynamodb, self._ledger, {"LedgerKey": key})
            yield ShardPosition(key, item, self._end(stream, shard, _position(item)))

    def _end(self, stream: str, shard: str, position: str) -> str:
        """Return the position of the last record in a shard, or the one given if nothing lies beyond it."""
        last = position
        for page in read_pages(self._cloud, stream, shard, after=position.lstrip("0"), beat=self._beat):
            last = page[-1]["dynamodb"]["SequenceNumber"].zfill(SEQUENCE_DIGITS)
        return last


def _stream_of(cloud: Cloud, table: str) -> str:
    return str(cloud.client("dynamodb").describe_table(TableName=table)["Table"].get("LatestStreamArn", ""))


def _position(item: Mapping[str, Any]) -> str:
    return str(item.get("Position", "0" * SEQUENCE_DIGITS))
