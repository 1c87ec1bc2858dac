"""What Map did wrong, read from where its rows come from.

Each row of ReduceTable says which records of Map's stream it sums, from the first to the last: its *range*. A
range that several rows have was written several times, a record that lies in no range was lost, and one in
several ranges was added several times. A row that is not the sum of its records was worked out wrongly; only
there hypotheses are tried, on the records of that one row.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import chain, groupby, repeat
from operator import attrgetter

from workshop.diagnosis.effects import Effect, amount_of, combine, times_in
from workshop.diagnosis.flow import Flow
from workshop.diagnosis.judgement import in_flight
from workshop.diagnosis.suspects import explain, suspects_of
from workshop.diagnosis.values import CauseKind, Explanation, MapRecord, RowElement
from workshop.pipeline.tables import ReduceRow, StateRow

__all__ = ["MapReading"]

# A shard, and the sequence numbers of the first and the last record.
Range = tuple[str, int, int]
# An explanation, with its part of the difference between what Map has read and what it has written.
Part = tuple[Explanation, Effect]


@dataclass
class Source:
    """A record of Map's stream: its message's place, what it adds, and in how many ranges it is."""

    record: MapRecord
    place: int | None
    effect: Effect
    ranges: int = 0

    @property
    def item(self) -> StateRow | None:
        """What the record is about; None if it counts for nothing."""
        return self.record.new or self.record.old


@dataclass(frozen=True)
class MapReading:
    """The rows, held against the records of Map's stream."""

    flow: Flow
    rows: Sequence[ReduceRow]
    records: Sequence[MapRecord] | None
    pending: int | None

    def parts(self) -> Iterator[Part]:
        """Yield what happened; what the rows and records leave open is in none of the parts."""
        for where, rows in self._rows_of.items():
            yield from self._written(rows, _between(self._sources, where), where)
        waiting: list[Source] = []
        for _, shard in groupby(self._of_this_run(), key=attrgetter("record.shard_id")):
            runs = [(ranges, list(run)) for ranges, run in groupby(shard, key=attrgetter("ranges"))]
            # Behind a shard's last row, what is missing may still come.
            if self.pending != 0 and runs[-1][0] == 0:
                waiting += runs.pop()[1]
            for ranges, run in runs:
                if ranges != 1:
                    yield from self._miscounted(run, ranges)
        for explanation in in_flight(self.flow, _places(waiting), self.pending):
            yield explanation, _sum(waiting, -1)

    def trades_in(self, message_hash: str) -> Iterator[tuple[str, Decimal]]:
        """Yield the trades that a row sums, each with how much it changes a leaf at the most."""
        where = next(
            (each for each, rows in self._rows_of.items() if rows[0].message_hash == message_hash), None
        )
        for source in _between(self._sources, where) if where else ():
            if source.item and source.effect:
                most = max(abs(units) for units, _ in source.effect.values())
                yield source.item.trade_id, amount_of(most)

    def _written(self, rows: Sequence[ReduceRow], sources: Sequence[Source], where: Range) -> Iterator[Part]:
        """Yield that a range was written several times, and why its rows are not the sum of its records."""
        total = combine((1, self.flow.at_leaves(row.deltas, row.trades)) for row in rows)
        # A row that was too large has several parts, so rows are copies only if they are the same part.
        copies = max(Counter(row.part for row in rows).values())
        ends = [each.record.sequence_number for each in (*sources[:1], *sources[-1:])]
        is_whole = ends == [*where[1:]]  # or the stream has forgotten some, or could not be read
        once = _sum(sources) if is_whole else times_in(total).get(copies, total)
        name, count = rows[0].message_hash, rows[0].message_count
        if copies > 1:
            written = Explanation(CauseKind.MAP_BATCH_TWICE, (RowElement(name, count, copies),))
            yield written, combine([(copies - 1, once)])
        if not is_whole or not (rest := combine([(1, total), (-copies, once)])):
            return
        suspects = [
            each for source in sources for each in suspects_of(self.flow, source.record, source.place)
        ]
        # Of one run alone nobody has counted the records.
        surplus = None if self.flow.within else count - sum(each.item is not None for each in sources)
        # Whoever works out a batch wrongly does so each time.
        found = explain(suspects, times_in(rest).get(copies, rest), surplus)
        unknown = Explanation(CauseKind.UNKNOWN, (RowElement(name, count, 1),))
        # Several explanations share the rest, which is counted once.
        yield from zip(found or [unknown], chain([rest], repeat({})), strict=False)

    def _miscounted(self, run: Sequence[Source], ranges: int) -> Iterator[Part]:
        """Yield that neighbours are in no range or in several; of what was never sent nothing can be said."""
        places = _places(run)
        if len(places) == 1 and not ranges:
            [source] = (each for each in run if each.place is not None)
            lost = next(suspects_of(self.flow, source.record, source.place))
            yield Explanation(lost.kind, (lost.element,)), _sum(run, -1)
        elif places:
            # Where ranges overlap, the batch was cut anew, and some of its records are in two rows.
            kind = CauseKind.MAP_BATCH_TWICE if ranges else CauseKind.BATCH_LOST
            yield Explanation(kind, self.flow.batches(places, counted=ranges)), _sum(run, ranges - 1)

    def _of_this_run(self) -> list[Source]:
        """Return the records that must count: `workshop clear` has deleted the items and rows of others."""
        # A deletion that Map has seen stands in a row, and its trade's changes belong to this run.
        deleted = {
            each.item.trade_id: number
            for number, each in enumerate(self._sources)
            if each.item and each.record.new is None and not each.ranges
        }
        return [
            each
            for number, each in enumerate(self._sources)
            if each.item and each.effect and (each.ranges or number > deleted.get(each.item.trade_id, -1))
        ]

    @cached_property
    def _sources(self) -> list[Source]:
        records = sorted(self.records or (), key=attrgetter("shard_id", "sequence_number"))
        effect_of = self.flow.effect_of
        sources = [
            Source(record, place, combine([(1, effect_of(record.new)), (-1, effect_of(record.old))]))
            for record, place in zip(
                records, self.flow.places_of([each.new for each in records]), strict=True
            )
        ]
        for where in self._rows_of:
            for source in _between(sources, where):
                source.ranges += 1
        return sources

    @cached_property
    def _rows_of(self) -> dict[Range, list[ReduceRow]]:
        """Each range, with its rows; what was written by hand has none."""
        rows_of: dict[Range, list[ReduceRow]] = {}
        shard_of = {record.sequence_number: record.shard_id for record in self.records or ()}
        for row in self.rows:
            first, last = row.first_sequence_number, row.last_sequence_number
            if first is not None and last is not None:
                # Outside of a tumbling window a DynamoDB stream does not name the shard, but its records do.
                shard = row.shard_id or shard_of.get(first, "")
                rows_of.setdefault((shard, first, last), []).append(row)
        return rows_of


def _between(sources: Sequence[Source], where: Range) -> Sequence[Source]:
    """Return the records in a range, of all sorted ones."""
    shard, first, last = where
    position = attrgetter("record.shard_id", "record.sequence_number")
    start = bisect_left(sources, (shard, first), key=position)
    return sources[start : bisect_right(sources, (shard, last), start, key=position)]


def _places(sources: Iterable[Source]) -> list[int]:
    return [each.place for each in sources if each.place is not None]


def _sum(sources: Iterable[Source], factor: int = 1) -> Effect:
    return combine((factor, each.effect) for each in sources)
