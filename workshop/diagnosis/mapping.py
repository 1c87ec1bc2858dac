"""What Map did wrong, read from where its rows come from.

Each row of ReduceTable says which records of Map's stream it sums. A record that lies in the range of no row
was lost, one in several ranges was added several times, and a row that is not the sum of its records was
worked out wrongly. Only for that last one are hypotheses tried, on the records of that one row.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from workshop.diagnosis.effects import Effect, combine
from workshop.diagnosis.flow import Flow, recognised
from workshop.diagnosis.judgement import in_flight
from workshop.diagnosis.suspects import explain, suspects_of
from workshop.diagnosis.values import CauseKind, Confidence, Explanation, MapRecord, RowElement
from workshop.pipeline.tables import ReduceRow

__all__ = ["MapReading"]

POSITION = attrgetter("shard_id", "sequence_number")


class Writing(NamedTuple):
    """One time that Map wrote a batch: a row, or all parts of a row that was too large for one item."""

    shard_id: str
    first: int
    last: int
    name: str
    effect: Effect
    message_count: int


# An explanation, with its part of the difference between what Map has read and what it has written.
Part = tuple[Explanation, Effect]


@dataclass(frozen=True)
class MapReading:
    """The rows, held against the records of Map's stream."""

    flow: Flow
    rows: Sequence[ReduceRow]
    records: Sequence[MapRecord] | None
    pending: int | None

    def parts(self) -> Iterator[Part]:
        """Yield what happened; what the rows and records leave open is in none of the parts."""
        if self.records is None:
            yield from self._repeats()
            return
        waiting: list[int] = []
        for run, covering, is_last in self._runs():
            if len(covering) > 1:
                yield self._again(run, [self._writings[number] for number in covering])
            elif is_last and self.pending != 0:
                waiting += run
            else:
                yield from self._lost(run)
        for explanation in in_flight(self.flow, self._known_places(waiting), self.pending):
            yield explanation, self._sum(waiting, -1)
        for writing in self._writings:
            yield from self._content(writing)
        yield from self._inserted_again()

    def _runs(self) -> Iterator[tuple[list[int], tuple[int, ...], bool]]:
        """Yield neighbours that are in no range, or in the same ones, and whether they are a shard's last."""
        counting = [
            number for number, each in enumerate(self._effects) if each and number not in self._undone
        ]
        for _, shard in groupby(counting, key=lambda number: self._records[number].shard_id):
            *_, last = numbers = list(shard)
            for covering, neighbours in groupby(numbers, key=self._covering.__getitem__):
                run = list(neighbours)
                if len(covering) != 1:
                    yield run, covering, run[-1] == last

    def _repeats(self) -> Iterator[Part]:
        """Yield the ranges that were written several times: that much can be seen without the records."""
        ranges: dict[tuple[str, int, int], list[Writing]] = {}
        for writing in self._writings:
            ranges.setdefault(writing[:3], []).append(writing)
        for writings in ranges.values():
            if len(writings) > 1:
                yield self._written_again(writings), combine((1, each.effect) for each in writings[1:])

    def _lost(self, run: Sequence[int]) -> Iterator[Part]:
        """Yield that neighbours are in the range of no row; of what was never sent nothing can be said."""
        places = self._known_places(run)
        if len(places) > 1:
            batches = self.flow.batches(places, counted=0)
            yield Explanation(CauseKind.BATCH_LOST, batches), self._sum(run, -1)
        elif places:
            [number] = (number for number in run if self._places[number] is not None)
            suspect = next(suspects_of(self.flow, self._records[number], places[0]))
            yield Explanation(suspect.kind, (suspect.element,)), self._sum(run, -1)

    def _again(self, run: Sequence[int], writings: Sequence[Writing]) -> Part:
        effect = self._sum(run, len(writings) - 1)
        if len({(each.first, each.last) for each in writings}) == 1:
            return self._written_again(writings), effect
        # The ranges overlap: the batch was cut anew, and some of its records are in two rows.
        batches = self.flow.batches(self._known_places(run), counted=len(writings))
        return Explanation(CauseKind.MAP_BATCH_TWICE, batches), effect

    def _written_again(self, writings: Sequence[Writing]) -> Explanation:
        first = writings[0]
        row = RowElement(first.name, first.message_count, len(writings))
        return Explanation(CauseKind.MAP_BATCH_TWICE, (row,))

    def _content(self, writing: Writing) -> Iterator[Part]:
        """Yield why a row is not the sum of its records."""
        numbers = self._range(writing)
        ends = [self._records[number].sequence_number for number in (*numbers[:1], *numbers[-1:])]
        if ends != [writing.first, writing.last]:
            return  # the stream has forgotten some of them
        # Whether the range was written once or twice, each row must be the sum of its records.
        rest = combine([(1, writing.effect), (-1, self._sum(numbers))])
        if not rest:
            return
        surplus = writing.message_count - sum(
            (self._records[number].new or self._records[number].old) is not None for number in numbers
        )
        suspects = [
            suspect
            for number in numbers
            for suspect in suspects_of(self.flow, self._records[number], self._places[number])
        ]
        unknown = Explanation(
            CauseKind.UNKNOWN, (RowElement(writing.name, writing.message_count, 1),), Confidence.POSSIBLE
        )
        for explanation in explain(suspects, rest, None if self.flow.within else surplus) or [unknown]:
            # Several explanations share the whole of it, which is counted once.
            yield explanation, rest
            rest = {}

    def _inserted_again(self) -> Iterator[Part]:
        """Yield the changes that say of a trade that is there that it was not: they count as new ones."""
        there: dict[str, bool] = {}
        again: dict[int, list[int]] = {}
        for number, record in enumerate(self._records if self.flow.stateful else ()):
            item, place = record.new or record.old, self._places[number]
            if item is None:
                continue
            if record.old is None and there.get(item.trade_id) and place is not None:
                again.setdefault(place, []).append(number)
            else:
                there[item.trade_id] = record.new is not None
        for place, numbers in again.items():
            element = self.flow.trade(place, counted=1 + len(numbers))
            yield Explanation(CauseKind.DUPLICATE_COUNTED, (element,)), self._sum(numbers)

    @cached_property
    def _records(self) -> list[MapRecord]:
        return sorted(self.records or (), key=POSITION)

    @cached_property
    def _effects(self) -> list[Effect]:
        effect_of = self.flow.effect_of
        return [combine([(1, effect_of(each.new)), (-1, effect_of(each.old))]) for each in self._records]

    @cached_property
    def _places(self) -> list[int | None]:
        """For each record the message that it is, or that it comes from."""
        # A change is what an item says; of messages that say the same, each is a record of its own.
        if self.flow.stateful:
            return [self.flow.place_of(record.new) for record in self._records]
        keys = [(each.new.trade_id, each.new.version) if each.new else ("", -1) for each in self._records]
        return recognised(self.flow.messages, keys)

    def _known_places(self, numbers: Iterable[int]) -> list[int]:
        return [place for number in numbers if (place := self._places[number]) is not None]

    def _sum(self, numbers: Iterable[int], factor: int = 1) -> Effect:
        return combine((factor, self._effects[number]) for number in numbers)

    @cached_property
    def _writings(self) -> list[Writing]:
        parts: dict[tuple[str, int, int, str], list[ReduceRow]] = {}
        shard_of = {record.sequence_number: record.shard_id for record in self._records}
        for row in self.rows:
            first, last = row.first_sequence_number, row.last_sequence_number
            if first is None or last is None:
                continue  # written by hand
            # Outside of a tumbling window a DynamoDB stream does not name the shard, but its records do.
            shard_id = row.shard_id or shard_of.get(first, "")
            name = row.message_hash.removesuffix(f"-{row.part - 1}") if row.part > 1 else row.message_hash
            parts.setdefault((shard_id, first, last, name), []).append(row)
        return [
            Writing(
                *key,
                effect=combine((1, self.flow.at_leaves(row.deltas, row.trades)) for row in rows),
                message_count=sum(row.message_count for row in rows),
            )
            for key, rows in parts.items()
        ]

    def _range(self, writing: Writing) -> range:
        """Return the numbers of the records in the range of a row."""
        ends = (writing.shard_id, writing.first), (writing.shard_id, writing.last)
        first = bisect_left(self._records, ends[0], key=POSITION)
        return range(first, bisect_right(self._records, ends[1], first, key=POSITION))

    @cached_property
    def _covering(self) -> list[tuple[int, ...]]:
        """For each record the numbers of the writings whose range it is in."""
        covering: list[tuple[int, ...]] = [()] * len(self._records)
        for number, writing in enumerate(self._writings):
            for record in self._range(writing):
                covering[record] += (number,)
        return covering

    @cached_property
    def _undone(self) -> set[int]:
        """The records of an earlier run: `workshop clear` has deleted their items and their rows."""
        undone: set[int] = set()
        deleted: set[str] = set()
        for number in reversed(range(len(self._records))):
            record = self._records[number]
            item = record.new or record.old
            if item is None or self._covering[number]:
                continue
            # A deletion that Map has seen stands in a row, and its trade's changes belong to this run.
            if record.new is None:
                deleted.add(item.trade_id)
            if item.trade_id in deleted:
                undone.add(number)
        return undone
