"""Emptying a pipeline while messages are on their way, so that none of them has an effect afterwards.

A marker goes into every shard of the stream; then the epoch is raised, and says for each shard where its
marker lies. From then on the functions treat everything older as absent, so nothing is added to what the
command deletes. The positions in LedgerTable stay: they describe the streams, not the data.

Only the ledger's handlers know epochs. With others, everything is deleted again and again until nothing new
turns up. After an interrupted run, the next one empties the pipeline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workshop.clock import Clock, SystemClock
from workshop.deploy.finding import find_stack
from workshop.errors import NotSettledError
from workshop.pipeline.operations.actions import MAX_ACTIONS, takes_effect, transact
from workshop.pipeline.operations.epoch import EpochState, change_epoch, epoch_check, epoch_number, read_epoch
from workshop.pipeline.operations.hold import end_interrupted_rebuild
from workshop.pipeline.settle import Quiet, quiet_of, watch

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kinesis import KinesisClient

    from workshop.cloud.connection import Cloud

__all__ = ["MARKER", "TIMEOUT_SECONDS", "Cleared", "clear"]

# The functions leave out records that are exactly this.
MARKER = b'{"Marker": "workshop clear"}'
KEYS = {
    "AggregateTable": "Identifier",
    "StateTable": "TradeID",
    "ReduceTable": "MessageHash",
    "QuarantineTable": "RecordID",
}
BATCH_WRITE_ITEMS = 25
THREADS = 8
ATTEMPTS = 10
# How long nothing old may turn up before a pipeline counts as empty: an invocation that began before the
# clear may still write to StateTable. What comes even later has no effect, but lies there.
QUIET_SECONDS = 1.0
QUIET_SECONDS_WITHOUT_EPOCHS = 6.0
# A batch that fails again and again stays pending for ever.
STUCK_SECONDS = 30.0
TIMEOUT_SECONDS = 300.0
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Cleared:
    """What was done: the epoch that has begun, and how many items were deleted from each table."""

    stack: str
    epoch: int
    deleted: Mapping[str, int] = field(default_factory=dict)


def clear(
    cloud: Cloud,
    stack: str,
    *,
    clock: Clock | None = None,
    on_step: Callable[[str], None] | None = None,
    keep_game: bool = False,
) -> Cleared:
    """Empty a pipeline; may be repeated, also while another run is at work.

    The score and the rounds of a game go as well, unless `keep_game` says that it goes on.

    Raises:
        StackNotFoundError: no such stack is there.
        NotSettledError: old items keep coming.
    """
    found = find_stack(cloud, stack)
    clock = clock or SystemClock()
    clearing = _Clearing(cloud, found.outputs, clock=clock, keep_game=keep_game)
    say = on_step or (lambda _: None)
    if found.variant == "ledger":
        say("raising the epoch")
        epoch = clearing.raise_epoch()
        say("deleting what belongs to older ones")
        clearing.empty_totals(epoch)
        clearing.delete_until_quiet(clock.sleep, older_than=epoch)
    else:
        epoch = clearing.epoch()
        say("deleting until nothing comes any more")
        clearing.forget_the_game()
        clearing.delete_until_quiet(quiet_of(cloud, found.outputs, clock=clock), older_than=None)
    # One that is still at work finds that the epoch has changed, and ends by itself.
    if end_interrupted_rebuild(cloud, found.name, found.outputs, clock=clock):
        say("a rebuild was interrupted: its hold on StateLambda's event source mapping is over")
    return Cleared(found.name, epoch, clearing.deleted)


class _Clearing:
    """One run of the command."""

    def __init__(
        self, cloud: Cloud, outputs: Mapping[str, str], *, clock: Clock, keep_game: bool = False
    ) -> None:
        self._keeps_game = keep_game
        self._dynamodb: DynamoDBClient = cloud.client("dynamodb")
        self._kinesis: KinesisClient = cloud.client("kinesis")
        self._stream = outputs["StreamName"]
        self._parameters = outputs["ParameterTableName"]
        self._tables = {name: outputs[f"{name}Name"] for name in KEYS if f"{name}Name" in outputs}
        self._clock = clock
        self.deleted = dict.fromkeys(self._tables, 0)

    def epoch(self) -> int:
        """Return the number of the epoch."""
        return read_epoch(self._dynamodb, self._parameters).number

    def raise_epoch(self) -> int:
        """Mark the end of the old epoch in every shard, and begin the next one; return its number."""
        for _ in range(ATTEMPTS):
            seen = read_epoch(self._dynamodb, self._parameters)
            to = {"Number": seen.number + 1, "Starts": self._mark_shards(), "Emptying": True}
            if change_epoch(self._dynamodb, self._parameters, seen=seen, to=to):
                return seen.number + 1
        raise NotSettledError("others keep changing the epoch of this pipeline; wait until they are done")

    def empty_totals(self, epoch: int) -> None:
        """Delete all totals and the game while nothing can be added to them, and let additions begin.

        If another run has raised the epoch again, nothing is deleted any more: emptying is its task now, and
        once it has done that, there are totals of its epoch.
        """
        mine, table = EpochState(epoch, emptying=True), self._tables["AggregateTable"]
        totals = [{"Identifier": {"S": row["Identifier"]}} for row in self._rows(table, "Identifier")]
        if self._delete_in_epoch(table, totals, mine):
            self.deleted["AggregateTable"] += len(totals)
            self._delete_in_epoch(self._parameters, self._game(), mine)
            change_epoch(self._dynamodb, self._parameters, seen=mine, to={}, without=["Emptying"])

    def forget_the_game(self) -> None:
        """Delete the score and all rounds."""
        self._delete_batches(self._parameters, self._game())

    def delete_until_quiet(self, quiet: Quiet, *, older_than: int | None) -> None:
        """Delete items of older epochs, or all, until none has turned up for some seconds."""
        tables = [name for name in self._tables if older_than is None or name != "AggregateTable"]

        def delete() -> bool:
            if sum(self._delete_all(name, older_than=older_than) for name in tables):
                # What was just deleted is news for the functions as well, so one more look is due.
                raise NotSettledError("there were items to delete")
            return True

        def unchanged_seconds(_: bool, is_quiet: bool | None) -> float:
            if older_than is not None:
                return QUIET_SECONDS
            return QUIET_SECONDS_WITHOUT_EPOCHS if is_quiet is None else STUCK_SECONDS

        found = watch(
            delete,
            quiet,
            clock=self._clock,
            unchanged_seconds=unchanged_seconds,
            timeout_seconds=TIMEOUT_SECONDS,
            poll_seconds=POLL_SECONDS,
        )
        if not found.is_at_rest:
            raise NotSettledError(
                f"old items still turn up after {TIMEOUT_SECONDS:.0f} seconds; "
                "stop whatever sends messages, and run `workshop clear` again"
            )

    def _mark_shards(self) -> dict[str, str]:
        """Return for each shard the sequence number of its last old record."""
        while True:
            shards = self._shards()
            ends = {shard["ShardId"]: self._end_of(shard) for shard in shards}
            # A shard that was split meanwhile has got children without a marker.
            if {shard["ShardId"] for shard in self._shards()} == ends.keys():
                return ends

    def _end_of(self, shard: Mapping[str, Any]) -> str:
        closed_at: str | None = shard["SequenceNumberRange"].get("EndingSequenceNumber")
        if closed_at is not None:
            return closed_at
        answer = self._kinesis.put_record(
            StreamName=self._stream,
            Data=MARKER,
            PartitionKey="workshop clear",
            ExplicitHashKey=shard["HashKeyRange"]["StartingHashKey"],
        )
        return answer["SequenceNumber"]

    def _shards(self) -> list[Any]:
        pages = self._kinesis.get_paginator("list_shards").paginate(StreamName=self._stream)
        return [shard for page in pages for shard in page["Shards"]]

    def _delete_all(self, name: str, *, older_than: int | None) -> int:
        """Delete the items of a table that are old, or all; return how many were found."""
        table, key = self._tables[name], KEYS[name]
        keys = [
            {key: {"S": row[key]}}
            for row in self._rows(table, key)
            if older_than is None or epoch_number(row) < older_than
        ]
        if name == "StateTable" and older_than is not None:
            # A few are deleted sooner than threads are started, and always in the same order.
            threads = 1 if len(keys) <= BATCH_WRITE_ITEMS else THREADS
            with ThreadPoolExecutor(threads, thread_name_prefix="clear") as pool:
                list(pool.map(lambda each: self._delete_if_old(table, each, older_than), keys))
        else:
            self._delete_batches(table, keys)
        self.deleted[name] += len(keys)
        return len(keys)

    def _delete_if_old(self, table: str, key: Any, older_than: int) -> None:
        """Delete a trade, unless a message of the new epoch has come for it since it was seen."""
        request = {
            "TableName": table,
            "Key": key,
            "ConditionExpression": "attribute_not_exists(#Epoch) OR #Epoch < :Epoch",
            "ExpressionAttributeNames": {"#Epoch": "Epoch"},
            "ExpressionAttributeValues": {":Epoch": {"N": str(older_than)}},
        }
        takes_effect(self._dynamodb.delete_item, request)

    def _game(self) -> list[Any]:
        """Return the keys of the score and of all rounds, none if they are to stay."""
        if self._keeps_game:
            return []
        names = (row["Parameter"] for row in self._rows(self._parameters, "Parameter"))
        return [{"Parameter": {"S": name}} for name in names if name == "score" or name.startswith("round#")]

    def _delete_in_epoch(self, table: str, keys: Sequence[Any], epoch: EpochState) -> bool:
        """Delete items for as long as the epoch is as it was seen; return False if it has changed."""
        check = epoch_check(self._parameters, epoch)
        deletes = [{"Delete": {"TableName": table, "Key": key}} for key in keys]
        for start in range(0, len(deletes), MAX_ACTIONS - 1):
            some = [*deletes[start : start + MAX_ACTIONS - 1], check]
            if transact(self._dynamodb, some, clock=self._clock):
                return False
        return True

    def _delete_batches(self, table: str, keys: Sequence[Any]) -> None:
        for start in range(0, len(keys), BATCH_WRITE_ITEMS):
            request: Any = {
                table: [{"DeleteRequest": {"Key": key}} for key in keys[start : start + BATCH_WRITE_ITEMS]]
            }
            while request:
                request = self._dynamodb.batch_write_item(RequestItems=request).get("UnprocessedItems")

    def _rows(self, table: str, key: str) -> Iterator[dict[str, Any]]:
        """Yield the key and the epoch of every item."""
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=table,
            ConsistentRead=True,
            ProjectionExpression="#Key, #Epoch",
            ExpressionAttributeNames={"#Key": key, "#Epoch": "Epoch"},
        )
        for page in pages:
            for item in page["Items"]:
                row: dict[str, Any] = {key: item[key]["S"]}
                if "N" in item.get("Epoch", {}):
                    row["Epoch"] = int(item["Epoch"]["N"])
                yield row
