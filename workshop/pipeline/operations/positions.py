"""How far Map and Reduce have come: positions in LedgerTable, compared with the ends of the tables' streams.

A record beyond a position is on its way, comes again and again because its batch fails, or was given up. No
reader can tell which. A position that is moved to the end of its shard settles it: whatever lies before it
has no effect any more, whenever it is delivered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workshop.clock import Clock
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
    """One function's position in one shard (`item` is None if the ledger has none), and the shard's end."""

    ledger_key: str
    item: Mapping[str, Any] | None
    end: str

    @property
    def is_behind(self) -> bool:
        """Whether the shard holds records beyond the position."""
        return self.end > _position(self.item)


class Positions:
    """The positions of Map and Reduce in one stateful pipeline."""

    def __init__(self, cloud: Cloud, outputs: Mapping[str, str], *, clock: Clock) -> None:
        self._dynamodb = cloud.client("dynamodb")
        self._streams = cloud.client("dynamodbstreams")
        self._outputs = outputs
        self._ledger = outputs["LedgerTableName"]
        self._clock = clock
        self._stream_arns: dict[str, str] = {}

    def look(self) -> tuple[ShardPosition, ...]:
        """Return the position in each shard of both tables' streams; reads what lies beyond it."""
        return tuple(each for stage in STAGES for each in self._look_at(*stage))

    def move_to_end(self, seen: ShardPosition) -> dict[str, Any]:
        """Return the action that moves a position to its shard's end, if it is as it was seen."""
        now = int(self._clock.now())
        values: dict[str, Any] = {
            ":Position": {"S": seen.end},
            ":Chunk": {"N": "0"},
            ":ChunkOf": {"S": ""},
            ":UpdatedAt": {"N": str(now)},
            ":TimeToLive": {"N": str(now + SECONDS_TO_KEEP)},
        }
        sets = ", ".join(f"#{name[1:]} = {name}" for name in values)
        condition = "attribute_not_exists(#Position)"
        names = {f"#{name[1:]}": name[1:] for name in values}
        if seen.item:
            condition = "#Position = :SeenPosition AND #Chunk = :SeenChunk"
            values |= {":SeenPosition": seen.item["Position"], ":SeenChunk": seen.item["Chunk"]}
        return {
            "Update": {
                "TableName": self._ledger,
                "Key": {"LedgerKey": {"S": seen.ledger_key}},
                "UpdateExpression": f"SET {sets}",
                "ConditionExpression": condition,
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": values,
            }
        }

    def _look_at(self, function: str, table: str) -> Iterator[ShardPosition]:
        stream = self._stream_of(self._outputs[table])
        for shard in stream_shards(self._streams, stream) if stream else ():
            key = f"{self._outputs[function]}#{stream}#{shard}"
            answer = self._dynamodb.get_item(
                TableName=self._ledger, Key={"LedgerKey": {"S": key}}, ConsistentRead=True
            )
            item = answer.get("Item")
            yield ShardPosition(key, item, self._end(stream, shard, _position(item)))

    def _stream_of(self, table: str) -> str:
        if table not in self._stream_arns:
            described = self._dynamodb.describe_table(TableName=table)["Table"]
            self._stream_arns[table] = described.get("LatestStreamArn", "")
        return self._stream_arns[table]

    def _end(self, stream: str, shard: str, position: str) -> str:
        """Return the position of the last record in a shard, or the one given if nothing lies beyond it."""
        last = position
        for page in read_pages(self._streams, stream, shard, after=position.lstrip("0")):
            last = page[-1]["dynamodb"]["SequenceNumber"].zfill(SEQUENCE_DIGITS)
        return last


def _position(item: Mapping[str, Any] | None) -> str:
    return str(item["Position"]["S"]) if item else "0" * SEQUENCE_DIGITS
