"""What becomes of the messages about trades: the newest version of each is kept, and each gets a verdict.

The order in which versions arrive does not matter: the highest one stands in the end. So of the messages
about a trade that come together only the newest is written, and different trades are written in one request.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any

from common.epoch import Epoch
from common.items import Item, item_of_trade, number, trade_in_image
from common.records import KinesisRecord, ReceivedMessage, Rejection, padded
from common.reporting import Quarantine
from common.storage import BusyError, Refusal, Statement, execute
from common.trades import MalformedRecordError, Trade, decode_trade

__all__ = ["NewestVersions", "Verdict", "check_time", "verdict_on_refused"]

# A record of a thousand messages may take so long.
LEAST_MILLISECONDS = 15_000

# An equal version is refused as well: a message that comes twice must not count twice.
NEWER = '"Version" < ?'

Incoming = tuple[ReceivedMessage, Trade]


class Verdict(Enum):
    """What became of a message; only an applied one is in StateTable, the last two are in the quarantine."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    STALE = "stale"
    CONFLICT = "conflict"
    MALFORMED = "malformed"


def check_time(context: Any, *, is_first: bool) -> None:
    """Raise BusyError if an invocation has hardly any time left for a record, unless it is its first one."""
    if not is_first and context.get_remaining_time_in_millis() < LEAST_MILLISECONDS:
        raise BusyError("the invocation's time is running out")


def verdict_on_refused(incoming: Trade, stored: Trade) -> tuple[Verdict, str]:
    """Return the verdict on a version that is not newer than the stored one; a conflict has a reason.

    Two messages of one version are duplicates if they agree in value, hierarchy and cancellation. Their
    timestamps may differ, since a producer that sends a message again may date it anew.
    """
    if incoming.version < stored.version:
        return Verdict.STALE, ""
    differences = [
        f"`{name}` is {there} there and {here} here"
        for name, there, here in (
            ("Value", stored.value, incoming.value),
            ("Hierarchy", stored.hierarchy, incoming.hierarchy),
            ("Cancelled", stored.cancelled, incoming.cancelled),
        )
        if there != here
    ]
    if not differences:
        return Verdict.DUPLICATE, ""
    shown = ", ".join(differences)
    return Verdict.CONFLICT, f"version {incoming.version} of this trade is stored with other content: {shown}"


@dataclass(slots=True)
class NewestVersions:
    """Brings the newest version of each trade into StateTable, in one invocation; `counts` has the verdicts.

    `timestamps` are those of the messages that are done with.

    What is stored becomes known when a write meets it. None is an item that was not seen, or is no valid
    trade: then versions are tried one after the other, since each may be in conflict with it.
    """

    table: str
    levels: Sequence[str]
    epoch: Epoch
    quarantine: Quarantine
    counts: Counter[str] = field(default_factory=Counter)
    timestamps: list[Decimal] = field(default_factory=list)
    _stored: dict[str, Trade | None] = field(default_factory=dict)
    _waiting: dict[str, deque[Incoming]] = field(default_factory=dict)

    def keep(self, messages: Iterable[ReceivedMessage]) -> None:
        """Give each message its verdict, and write what is newer; may be repeated with any messages.

        Raises:
            BusyError: DynamoDB was busy or the pipeline was cleared; the rest has to come again.
        """
        timestamps = self._take(messages)
        while self._waiting:
            self._judge()
            self._write()
        self.timestamps += timestamps

    @property
    def first_waiting(self) -> KinesisRecord | None:
        """The first record with a message that has no verdict yet."""
        records = (waiting[0][0].record for waiting in self._waiting.values() if waiting)
        return min(records, key=lambda record: padded(record.sequence_number), default=None)

    def _take(self, messages: Iterable[ReceivedMessage]) -> list[Decimal]:
        found: list[Incoming] = []
        malformed: list[Rejection] = []
        for message in messages:
            try:
                found.append((message, decode_trade(message.data, self.levels, message.arrived_at)))
            except MalformedRecordError as error:
                malformed.append(message.rejected(error.reason))
        self._set_aside(malformed, Verdict.MALFORMED)
        for incoming in found:
            self._waiting.setdefault(incoming[1].trade_id, deque()).append(incoming)
        return [trade.timestamp for _, trade in found]

    def _judge(self) -> None:
        """Give their verdicts to all messages that what is known to be stored shows to be old."""
        old = {trade_id: list(self._old(trade_id)) for trade_id in self._waiting}
        found = [(message, *verdict) for each in old.values() for message, verdict in each]
        conflicts = [
            message.rejected(reason) for message, verdict, reason in found if verdict is Verdict.CONFLICT
        ]
        # Before anything newer is written: next to a newer version, a repeated conflict looks stale.
        self._set_aside(conflicts, Verdict.CONFLICT)
        self.counts.update(verdict.value for _, verdict, _ in found if verdict is not Verdict.CONFLICT)
        for trade_id, each in old.items():
            for _ in each:
                self._waiting[trade_id].popleft()
            if not self._waiting[trade_id]:
                del self._waiting[trade_id]

    def _old(self, trade_id: str) -> Iterator[tuple[ReceivedMessage, tuple[Verdict, str]]]:
        stored = self._stored.get(trade_id)
        for message, trade in self._waiting[trade_id]:
            if stored is None or trade.version > stored.version:
                return
            yield message, verdict_on_refused(trade, stored)

    def _write(self) -> None:
        chosen = [self._next(trade_id) for trade_id in self._waiting]
        busy: BusyError | None = None
        # A request that is not answered ends the loop; what came before it is done.
        for incoming, outcome in zip(
            chosen, execute([self._statement(each) for _, each in chosen]), strict=True
        ):
            if outcome is None:
                self._stored[incoming[1].trade_id] = incoming[1]
                self._settle(incoming)
                self.counts[Verdict.APPLIED.value] += 1
            elif isinstance(outcome, BusyError):
                busy = outcome
            else:
                self._refused(incoming, outcome)
        if busy is not None:
            raise busy

    def _next(self, trade_id: str) -> Incoming:
        """Return the message to write next: the newest before any other that it would be in conflict with."""
        waiting = self._waiting[trade_id]
        best = waiting[0]
        for incoming in waiting if self._stored.get(trade_id, best) is not None else ():
            if incoming[1].version > best[1].version:
                best = incoming
            elif verdict_on_refused(incoming[1], best[1])[0] is Verdict.CONFLICT:
                break
        return best

    def _statement(self, trade: Trade) -> Statement:
        item = item_of_trade(trade)
        if trade.trade_id not in self._stored:
            return self.epoch.insert(self.table, item)
        return self.epoch.replace(self.table, item, condition=NEWER, values=[number(trade.version)])

    def _refused(self, incoming: Incoming, refusal: Refusal) -> None:
        trade = incoming[1]
        if self.epoch.is_after(refusal.item):
            raise BusyError("the pipeline was cleared during this invocation; the batch has to come again")
        if trade.trade_id not in self._stored:
            self._stored[trade.trade_id] = None
        elif not refusal.item:  # it was there, and is there no more
            del self._stored[trade.trade_id]
        else:
            self._met(incoming, refusal.item)

    def _met(self, incoming: Incoming, item: Item) -> None:
        """Take note of the item that has refused a version."""
        trade, reason = incoming[1], "it refuses a newer version"
        try:
            stored = trade_in_image(item, self.levels)
        except MalformedRecordError as error:
            reason = error.reason
        else:
            if stored.version >= trade.version:
                self._stored[trade.trade_id] = stored
                return
        problem = "what is stored under this trade's ID is no valid trade"
        self._set_aside([incoming[0].rejected(f"{problem}: {reason}")], Verdict.CONFLICT)
        self._settle(incoming)

    def _settle(self, incoming: Incoming) -> None:
        self._waiting[incoming[1].trade_id].remove(incoming)

    def _set_aside(self, rejections: Sequence[Rejection], verdict: Verdict) -> None:
        self.quarantine.put(rejections, epoch=self.epoch.number)
        self.counts[verdict.value] += len(rejections)
