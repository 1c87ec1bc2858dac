"""A pipeline in miniature: the arithmetic of all stages on a plan, with faults planted where they belong.

It shares nothing with the diagnosis but the values that both speak about, so that the two can disagree.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from hashlib import md5, sha256
from itertools import chain
from operator import attrgetter
from random import Random
from typing import TypeVar

from workshop.diagnosis import (
    BatchElement,
    Cause,
    CauseKind,
    CellElement,
    Evidence,
    MapRecord,
    RowElement,
    TradeElement,
)
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.messages import Message, PlanOptions, make_plan
from workshop.pipeline.tables import ReduceRow, StateRow

LEVELS = ("RiskType", "TradeDesk", "Region")
SHARDS = 2
ROOT = "Grand Total"
T = TypeVar("T")


@dataclass(frozen=True)
class Change:
    """A record of StateTable's stream, or in the stateless pipeline a message; `number` is its position."""

    place: int
    new: Message
    old: Message | None = None
    shard: int = 0
    number: int = 0


@dataclass
class Row:
    """What one batch adds: leaf -> amount and trades."""

    name: str
    changes: list[Change]
    amounts: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    trades: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, message: Message, sign: int, *, alive: bool) -> None:
        """Add or subtract one message; what is not alive counts for nothing."""
        leaf = leaf_of(message)
        self.amounts[leaf] += sign * message.value if alive else 0
        self.trades[leaf] += sign if alive else 0

    def cells(self) -> dict[str, tuple[Decimal, int]]:
        """Return what the row adds to every path: amount and trades."""
        cells: dict[str, tuple[Decimal, int]] = {}
        for leaf, amount in self.amounts.items():
            for path in paths_to(leaf):
                total, count = cells.get(path, (Decimal(0), 0))
                cells[path] = total + amount, count + self.trades[leaf]
        return cells

    def stored(self, number: int) -> ReduceRow:
        """Return the row of ReduceTable."""
        deltas = {path: amount for path, (amount, _) in self.cells().items() if path != ROOT}
        first, last = self.changes[0], self.changes[-1]
        origin = f"shard-{first.shard}", first.number, last.number
        return ReduceRow(self.name, deltas, dict(self.trades), len(self.changes), Decimal(number), *origin)


@dataclass
class Faults:
    """What goes wrong, and where; places are places in what was sent, numbers are numbers of batches."""

    never_arrives: set[int] = field(default_factory=set)
    overrides: set[int] = field(default_factory=set)
    taken_as_new: dict[int, int] = field(default_factory=dict)
    comes_back: list[int] = field(default_factory=list)
    change_lost: set[int] = field(default_factory=set)
    old_kept: set[int] = field(default_factory=set)
    tombstone_lives: set[int] = field(default_factory=set)
    map_lost: set[int] = field(default_factory=set)
    map_again: dict[int, int] = field(default_factory=dict)
    unmapped: int = 0
    row_lost: set[int] = field(default_factory=set)
    row_again: dict[int, int] = field(default_factory=dict)
    row_torn: dict[int, set[str]] = field(default_factory=dict)
    unreduced: int = 0
    cell_off: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Planted:
    """A fault that was planted: which causes name it rightly."""

    kinds: AbstractSet[CauseKind]
    trade: str | None = None
    places: AbstractSet[int] = frozenset()
    rows: AbstractSet[str] = frozenset()
    cells: AbstractSet[str] = frozenset()

    def is_named_by(self, cause: Cause) -> bool:
        """Whether a cause is this fault, with the right trade, messages or rows."""
        candidates = (cause.elements, *cause.others)
        return cause.kind in self.kinds and any(
            self._is(element) for elements in candidates for element in elements
        )

    def __or__(self, other: "Planted") -> "Planted":
        """Return both together, as one fault that is as large as the two: a lost message beside a batch."""
        places, rows = self.places | other.places, self.rows | other.rows
        return Planted(self.kinds | other.kinds, places=places, rows=rows)

    def _is(self, element: TradeElement | BatchElement | RowElement | CellElement) -> bool:
        match element:
            case TradeElement(trade_id=trade):
                return trade == self.trade
            case BatchElement(first=first, last=last):
                return first - 1 in self.places and last - 1 in self.places
            case RowElement(message_hash=name):
                return name in self.rows
            case CellElement(path=path):
                return path in self.cells


@dataclass(frozen=True)
class Outcome:
    """What can be read in the end."""

    snapshot: AggregateSnapshot
    evidence: Evidence


def leaf_of(message: Message) -> str:
    return ":".join(message.hierarchy[level] for level in LEVELS)


def paths_to(leaf: str) -> list[str]:
    names = leaf.split(":")
    return [ROOT, *(":".join(names[: length + 1]) for length in range(len(names)))]


def shard(trade_id: str) -> int:
    return int(md5(trade_id.encode(), usedforsecurity=False).hexdigest(), 16) * SHARDS >> 128


class Model:
    """One plan on its way through a pipeline, cut into the same batches every time."""

    def __init__(self, pipeline: str, seed: int, *, messages: int = 400, mixed: bool = True) -> None:
        self.stateful = pipeline == "stateful"
        self.seed = seed
        # Whether the shards' changes mix in StateTable's stream, as they do in DynamoDB.
        self.mixed = mixed
        self.random = Random(f"{seed} {pipeline} {messages}")
        self.faults = Faults()
        options = PlanOptions(messages=messages, seed=seed)
        if self.stateful:
            options = replace(options, duplicates=12.5, modify=12, out_of_order=40, cancel=40)
        self.sent = list(make_plan(options).messages)
        if self.stateful:
            self._add_conflict()
        self.places: dict[str, list[int]] = {}
        for place, message in enumerate(self.sent):
            self.places.setdefault(message.trade_id, []).append(place)

    def run(self) -> Outcome:
        """Let the messages through all stages, with the faults that were planted."""
        held, changes = self.state()
        state = tuple(self._state_row(message) for message in held.values())
        rows = list(self.written_rows(changes))
        totals, trades, records = self._reduce(rows)
        return Outcome(
            AggregateSnapshot(totals, trades, message_count=records, row_count=len(rows), revision=1),
            Evidence(
                state=state if self.stateful else None,
                reduce=tuple(row.stored(number) for number, row in enumerate(rows)),
                records=tuple(self._records()),
                pending=0,
                shards=SHARDS,
            ),
        )

    @property
    def batches(self) -> list[list[Change]]:
        """The batches that reach Map, as the faults planted so far leave them."""
        return self.state()[1]

    @property
    def rows(self) -> list[Row]:
        """The rows that Map writes, as the faults planted so far leave them."""
        return list(self.written_rows(self.batches))

    def lanes(self) -> list[list[int]]:
        """Return for each shard the places of its messages."""
        lanes: list[list[int]] = [[] for _ in range(SHARDS)]
        for place, message in enumerate(self.sent):
            lanes[shard(message.trade_id)].append(place)
        return lanes

    def state_batches(self) -> list[list[int]]:
        """The batches of State (or of the stateless Map), in the order in which they are worked on."""
        random = Random(f"{self.seed} state")
        queues = [list(_cut(lane, random, 8, 30)) for lane in self.lanes()]
        batches = []
        while any(queues):
            queue = random.choice([queue for queue in queues if queue])
            batches.append(queue.pop(0))
        return batches

    def state(self) -> tuple[dict[str, Message], list[list[Change]]]:
        """Return StateTable, and the batches of changes that reach Map."""
        held: dict[str, Message] = {}
        streams: list[list[Change]] = [[] for _ in range(SHARDS)]
        batches: list[list[Change]] = []
        for places in [*self.state_batches(), list(self.faults.comes_back)]:
            changes = [change for place in places for change in self._keep(place, held)]
            if self.stateful:
                streams[0 if self.mixed or not places else shard(self.sent[places[0]].trade_id)] += changes
            elif changes:
                batches.append(changes)
        random = Random(f"{self.seed} map")
        self.streams = [
            [replace(change, shard=shard, number=number) for number, change in enumerate(stream, 1)]
            for shard, stream in enumerate(streams)
        ]
        for stream in self.streams:
            batches += _cut(stream, random, 10, 40)
        return held, [[each for change in batch for each in self._as_taken(change)] for batch in batches]

    def written_rows(self, batches: Sequence[list[Change]]) -> Iterator[Row]:
        """Yield the rows that Map writes."""
        for number, changes in enumerate(batches[: len(batches) - self.faults.unmapped]):
            if number in self.faults.map_lost:
                continue
            for again in range(1 + self.faults.map_again.get(number, 0)):
                yield self._row(changes, f"{number}-{again}")

    def _records(self) -> Iterator[MapRecord]:
        """Yield everything in the stream that Map reads, also what no stage has finished with."""
        for each in chain.from_iterable(self.streams) if self.stateful else self.arrived.values():
            old = None if each.old is None else self._state_row(each.old)
            yield MapRecord(f"shard-{each.shard}", each.number, self._state_row(each.new), old)

    @cached_property
    def arrived(self) -> dict[int, Change]:
        """Place -> the message as a record of the incoming stream."""
        return {
            place: Change(place, self.sent[place], shard=shard, number=number)
            for shard, places in enumerate(self.lanes())
            for number, place in enumerate(places, 1)
        }

    def _keep(self, place: int, held: dict[str, Message]) -> Iterator[Change]:
        message = self.sent[place]
        if place in self.faults.never_arrives:
            return
        if not self.stateful:
            yield self.arrived[place]
            return
        old = held.get(message.trade_id)
        forced = place in self.faults.overrides
        if old is not None and (old == message or (message.version <= old.version and not forced)):
            return
        held[message.trade_id] = message
        if place not in self.faults.change_lost:
            yield Change(place, message, old)

    def _as_taken(self, change: Change) -> list[Change]:
        """Return a change as often as Map takes it: beyond the first time, for that of a new trade."""
        return [change, *[replace(change, old=None)] * self.faults.taken_as_new.get(change.place, 0)]

    def _row(self, changes: list[Change], name: str) -> Row:
        row = Row(sha256(f"{self.seed} {name}".encode()).hexdigest(), changes)
        for change in changes:
            alive = not self.stateful or not change.new.cancelled
            row.add(change.new, 1, alive=alive or change.place in self.faults.tombstone_lives)
            if change.old is not None and change.place not in self.faults.old_kept:
                row.add(change.old, -1, alive=not change.old.cancelled)
        return row

    def _reduce(self, rows: Sequence[Row]) -> tuple[dict[str, Decimal], dict[str, int], int]:
        totals: dict[str, Decimal] = defaultdict(Decimal, {ROOT: Decimal(0)})
        trades: dict[str, int] = defaultdict(int, {ROOT: 0})
        records = 0
        for number, row in enumerate(rows[: len(rows) - self.faults.unreduced]):
            times = 0 if number in self.faults.row_lost else 1 + self.faults.row_again.get(number, 0)
            records += times * len(row.changes)
            for path, (amount, count) in row.cells().items():
                if times and path not in self.faults.row_torn.get(number, ()):
                    totals[path] += times * amount
                    trades[path] += times * count
        for path, amount in self.faults.cell_off.items():
            totals[path] += amount
        return dict(totals), dict(trades), records

    def _state_row(self, message: Message) -> StateRow:
        value = Decimal(0) if message.cancelled else message.value
        return StateRow(
            message.trade_id, value, message.version, Decimal(1), message.hierarchy, message.cancelled
        )

    def _add_conflict(self) -> None:
        """Send one trade again with the same version and another value."""
        newest = {each.trade_id: each.version for each in sorted(self.sent, key=attrgetter("version"))}
        places = [
            place
            for place, message in enumerate(self.sent[: len(self.sent) // 2])
            if message.version == newest[message.trade_id] and not message.cancelled
        ]
        place = self.random.choice(places)
        other = replace(self.sent[place], value=self.sent[place].value + Decimal("12.34"))
        self.sent.insert(self.random.randrange(place + 1, len(self.sent)), other)


def _cut(items: Sequence[T], random: Random, smallest: int, largest: int) -> Iterator[list[T]]:
    start = 0
    while start < len(items):
        size = random.randint(smallest, largest)
        yield list(items[start : start + size])
        start += size
