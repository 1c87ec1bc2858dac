"""What Map did wrong, from the rows that it left: batches written again, and gaps between batches.

In go the changes of each shard and the rows of ReduceTable in their order, out come the explanations of the
difference between them. Rows are read one after the other: each takes up the next changes of every shard.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from workshop.diagnosis.effects import Effect, combine, fingerprint
from workshop.diagnosis.flow import Change, Flow
from workshop.diagnosis.search import Explanation, batch_element
from workshop.diagnosis.suspects import RANKS
from workshop.diagnosis.values import CauseKind, Element, RowElement
from workshop.pipeline.tables import ReduceRow

__all__ = ["MapReading"]

# Where a row ends in both lanes.
Cut = tuple[int, int]


@dataclass(frozen=True)
class MapReading:
    """The rows, held against the changes that they must be made from."""

    flow: Flow
    changes: Sequence[Sequence[Change]]
    rows: Sequence[ReduceRow]
    effects: Sequence[Effect]
    difference: Effect
    pending: int | None

    def explanations(self) -> list[Explanation]:
        """Return what the rows themselves show, if that is the whole difference."""
        again = self._written_again
        if again and not self._unexplained:
            return [_explanation({CauseKind.MAP_BATCH_TWICE: again}, size=1)]
        for gap in self._gaps(self.difference):
            return [_explanation({CauseKind.BATCH_LOST: gap}, size=1)]
        for gap in self._gaps(self._unexplained) if again else ():
            parts = {CauseKind.BATCH_LOST: gap, CauseKind.MAP_BATCH_TWICE: again}
            return [_explanation(parts, size=2)]
        return []

    @cached_property
    def _places_of_equal_rows(self) -> list[list[int]]:
        """The places of rows that are equal in everything but their key."""
        equal: dict[object, list[int]] = {}
        for place, effect in enumerate(self.effects):
            content = (self.rows[place].message_count, tuple(sorted(effect.items())))
            equal.setdefault(content if effect else place, []).append(place)
        return list(equal.values())

    @cached_property
    def _written_again(self) -> tuple[RowElement, ...]:
        return tuple(
            RowElement(self.rows[places[0]].message_hash, self.rows[places[0]].message_count, len(places))
            for places in self._places_of_equal_rows
            if len(places) > 1
        )

    @cached_property
    def _unexplained(self) -> Effect:
        """What is left of the difference without the rows that are there again."""
        again = [place for places in self._places_of_equal_rows for place in places[1:]]
        return combine([(1, self.difference), *((-1, self.effects[place]) for place in again)])

    def _gaps(self, difference: Effect) -> Iterator[list[Element]]:
        """Yield the batches whose absence is the difference, if they lie between two rows."""
        if len(self.changes) != 2:
            return
        left, right = self._totals
        missing = -fingerprint(difference)
        starts = {total: place for place, total in enumerate(left)}
        first, second = self._last_cut()
        wanted = left[first] + right[second] + missing
        for end, total in enumerate(right[second:], second):
            start = starts.get(wanted - total, -1)
            # What comes last of all may still be on its way, and is told so elsewhere.
            at_the_end = (start, end) == (len(left) - 1, len(right) - 1)
            if start >= first and not (at_the_end and self.pending != 0):
                pieces = {0: self.changes[0][first:start], 1: self.changes[1][second:end]}
                terms = [term for piece in pieces.values() for change in piece for term in change.terms]
                is_batch = sum(map(len, pieces.values())) > 1
                if is_batch and combine([(-1, self.flow.effect_of(terms))]) == difference:
                    yield [
                        batch_element(lane, [change.place for change in piece], counted=0)
                        for lane, piece in pieces.items()
                        if piece
                    ]

    def _last_cut(self) -> Cut:
        """Return up to where the rows could be followed: behind it, the next batch is missing."""
        cut = (0, 0)
        for row, *_ in sorted(self._places_of_equal_rows):
            following = self._follow(cut, fingerprint(self.effects[row]), self.rows[row].message_count)
            if following is None:
                break
            cut = following
        return cut

    def _follow(self, cut: Cut, total: int, count: int) -> Cut | None:
        """Return where a row ends that starts at a cut, is made from so many changes, and has this total."""
        (left, right), (first, second) = self._totals, cut
        wanted = left[first] + right[second] + total
        for taken in range(count + 1):
            end = (first + taken, second + count - taken)
            if end[0] < len(left) and end[1] < len(right) and left[end[0]] + right[end[1]] == wanted:
                return end
        return None

    @cached_property
    def _totals(self) -> list[list[int]]:
        """For each lane the fingerprints of its changes, summed up to each place."""
        return [
            list(accumulate((self.flow.print_of(change.terms) for change in lane), initial=0))
            for lane in self.changes
        ]


def _explanation(parts: Mapping[CauseKind, Sequence[Element]], *, size: int) -> Explanation:
    return Explanation(
        tuple((kind, tuple(elements)) for kind, elements in parts.items()),
        rank=min(RANKS[kind] for kind in parts),
        size=size,
    )
