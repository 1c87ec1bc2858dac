"""The ledger: how far each shard was applied, recorded in the same transaction as the effect itself.

Lambda delivers each record at least once, and may cut the batches differently each time. A record at or
before the ledger's position was applied, and is dropped; a newer one moves the position in the transaction
that writes its effect. The position moves only from where this invocation read it, so two invocations on one
shard cannot both apply a record.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from botocore.exceptions import ClientError

from common.clock import unix_time
from common.entries import Entry, rejections
from common.epoch import EPOCH_KEY, Epoch
from common.items import number, text
from common.reporting import Quarantine
from common.steps import START, Cursor
from common.storage import Action, BusyError, check, read_item, transact, update

__all__ = ["Ledger", "Planner"]

Content = TypeVar("Content")
# Takes the entries to apply, the cursor and the time; returns the writes of one step, the cursor after it,
# and the ages of the messages that are complete then, in the buckets of `latency`.
Planner = Callable[
    [Sequence[Entry[Content]], Cursor, Decimal], tuple[list[Action], Cursor, Mapping[int, int]]
]

# Kinesis keeps records for up to 365 days, and a position must outlive every record that can come again.
SECONDS_TO_KEEP = 400 * 24 * 3600
MAX_LOST_RACES = 10
# What `workshop clear` changes in the epoch's item: a transaction planned under other values must not commit.
FENCED = ("Number", "Emptying")


@dataclass(slots=True)
class Ledger:
    """The position of one function in one shard; `counts` and `ages` tell what `apply` did.

    Once the epoch has changed, nothing planned under the old one is committed: the fence refuses it.
    """

    table: str
    ledger_key: str
    epoch: Epoch
    counts: Counter[str] = field(default_factory=Counter)
    ages: Counter[int] = field(default_factory=Counter)

    def apply(
        self, entries: Sequence[Entry[Content]], plan: Planner[Content], quarantine: Quarantine
    ) -> Counter[str]:
        """Apply every entry after the position exactly once, step by step, and set aside the rejected ones.

        May be interrupted at any point, and repeated with any grouping of records.

        Raises:
            BusyError: DynamoDB was busy, the epoch changed, or others kept moving the position; the steps
                that were committed stay, and Lambda delivers the rest again.
        """
        in_order = [entry for _, entry in sorted({entry.position: entry for entry in entries}.items())]
        cursor = self._read()
        pending = [entry for entry in in_order if entry.position > cursor.position]
        self.counts.update(records=len(entries), repeated=len(entries) - len(pending))
        while pending:
            now = unix_time()
            writes, target, ages = plan(pending, cursor, now)
            done = [entry for entry in pending if entry.position <= target.position]
            # Before the commit: after it, a retry drops these records. Writing them twice does no harm.
            bad = rejections(done)
            quarantine.put(bad, epoch=self.epoch.number)
            if self._commit([self._move(cursor, target, now), *writes]):
                self.counts.update(commits=1, quarantined=len(bad))
                self.ages.update(ages)
                if ignored := sum(entry.is_ignored for entry in done):
                    self.counts.update(ignored=ignored)
                cursor = target
            else:
                cursor = self._lost_race()
            pending = [entry for entry in pending if entry.position > cursor.position]
        return self.counts

    def _commit(self, actions: Sequence[Action]) -> bool:
        """Commit all actions, or return False if another invocation has moved the position."""
        fence = _fence(self.epoch)
        try:
            return transact([*actions, *fence])
        except ClientError as error:
            reasons = [reason["Code"] for reason in error.response.get("CancellationReasons", ())]
            # DynamoDB gives one reason for each action, in their order; the fence is the last.
            if fence and reasons[-1:] == ["ConditionalCheckFailed"]:
                raise BusyError(
                    f"the epoch changed during this batch of `{self.ledger_key}`, so nothing was committed; "
                    "the batch comes again and finds the new one"
                ) from error
            raise

    def _lost_race(self) -> Cursor:
        """Return the position to which another invocation on this shard has moved."""
        self.counts.update(lost_races=1)
        if self.counts["lost_races"] > MAX_LOST_RACES:
            raise BusyError(f"others keep moving the position of `{self.ledger_key}`; try the batch again")
        return self._read()

    def _read(self) -> Cursor:
        item = read_item(self.table, {"LedgerKey": text(self.ledger_key)})
        if item is None:
            return START
        return Cursor(item["Position"]["S"], int(item["Chunk"]["N"]), item["ChunkOf"]["S"])

    def _move(self, seen: Cursor, target: Cursor, now: Decimal) -> Action:
        if seen == START:
            condition, values = "attribute_not_exists(#LedgerKey)", {}
        else:
            condition = "#Position = :SeenPosition AND #Chunk = :SeenChunk"
            values = {"SeenPosition": text(seen.position), "SeenChunk": number(seen.chunk)}
        return update(
            self.table,
            {"LedgerKey": text(self.ledger_key)},
            to={
                "Position": text(target.position),
                "Chunk": number(target.chunk),
                "ChunkOf": text(target.chunk_of),
                "UpdatedAt": number(now),
                "TimeToLive": number(int(now) + SECONDS_TO_KEEP),
            },
            condition=condition,
            values=values,
        )


def _fence(epoch: Epoch) -> list[Action]:
    """Return the check that fails a transaction if the epoch has changed since it was read.

    Without it, an invocation that began before a clear could write into the emptied tables.
    """
    if not epoch.table:
        return []
    values = {name: epoch.item[name] for name in FENCED if name in epoch.item}
    terms = [f"#{name} = :{name}" if name in values else f"attribute_not_exists(#{name})" for name in FENCED]
    return [check(epoch.table, EPOCH_KEY, condition=" AND ".join(terms), values=values)]
