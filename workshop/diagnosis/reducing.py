"""What Reduce did wrong, from the rows of ReduceTable: rows added again, or never.

AggregateTable holds sums alone. So hypotheses are tried: neighbouring rows, as one invocation gets them.
Where none of them fits, and rows are few, the sums themselves say how often each row was added. Only what
predicts every difference exactly is an explanation.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, islice, product

from workshop.diagnosis.effects import Effect, Key, combine, key_of, times_in
from workshop.diagnosis.factors import factors_of
from workshop.diagnosis.values import CauseKind, Confidence, Element, Explanation, RowElement
from workshop.pipeline.tables import ReduceRow

__all__ = ["ReduceReading"]

# With more runs of neighbours than this, only single rows are paired.
MOST_RUNS = 2_000
# More rows than these leave a choice, or take long.
MOST_SOLVED = 60
# As many candidates as anybody cares to count; a search through all pairs might find thousands.
MOST_FOUND = 50
# The row at a place, and how often it was added too often; negative if it was not added.
Factors = Mapping[int, int]


@dataclass(frozen=True)
class ReduceReading:
    """Hypotheses about rows, held against the difference between their sum and the totals.

    `surplus` is by how much more records the totals count than the rows, if that is known.
    """

    rows: Sequence[ReduceRow]
    effects: Sequence[Effect]
    difference: Effect
    pending: int | None
    surplus: int | None

    def explanations(self) -> list[Explanation]:
        """Return what explains the difference: one run of neighbouring rows, or else several rows."""
        found, confidence = list(islice(self._runs(), MOST_FOUND)), Confidence.CERTAIN
        for several in (self._solved, self._pairs):
            if not found:
                found, confidence = list(islice(several(), MOST_FOUND)), Confidence.LIKELY
        fitting = [each for each in found if self.surplus in (None, self._records(each))]
        if not found or (len(found) > 1 and not fitting):
            return []
        # The count of records is no part of the sums, so what fits it as well is hardly chance.
        best, *others = sorted(found, key=lambda each: (each not in fitting, not self._is_last(each)))
        if best not in fitting:
            confidence = Confidence.POSSIBLE
        elif others:
            alike = [each for each in others if each in fitting]
            confidence = Confidence.POSSIBLE if alike else Confidence.LIKELY
        return self._told(best, confidence, others)

    def _told(self, factors: Factors, confidence: Confidence, others: Sequence[Factors]) -> list[Explanation]:
        parts, rivals = self._parts(factors), [self._parts(each) for each in others]
        instead = next((each for rival in rivals for each in rival.items() if each[0] not in parts), None)
        told = []
        for kind, elements in parts.items():
            same = tuple(rival[kind] for rival in rivals if rival.get(kind, elements) != elements)
            # What is not known to be on its way may as well be lost.
            is_open = kind is CauseKind.IN_FLIGHT and not self.pending
            sure = Confidence.LIKELY if is_open and confidence is Confidence.CERTAIN else confidence
            rival = (CauseKind.BATCH_LOST, elements) if is_open else instead
            told.append(Explanation(kind, elements, sure, same, rival))
        return told

    def _runs(self) -> Iterator[Factors]:
        """Yield one run of neighbours that was left out, or was added once more or several times more."""
        starts: dict[Key, int] = {}
        targets = [(times, effect) for times, effect in times_in(self.difference).items()]
        # What was left out is added once less.
        targets.append((-1, combine([(-1, self.difference)])))
        for end, total in enumerate(self._totals):
            for times, effect in targets:
                start = starts.get(key_of(combine([(1, total), (-1, effect)])))
                if start is not None:
                    yield dict.fromkeys(range(start, end), times)
            # Of runs that differ by rows without effect, the shortest is told.
            starts[key_of(total)] = end

    def _solved(self) -> Iterator[Factors]:
        """Yield which rows were added too often, or not at all, if the sums leave no choice."""
        alike: dict[Key, list[int]] = {}
        for place, effect in enumerate(self.effects):
            if effect:
                alike.setdefault(key_of(effect), []).append(place)
        if len(alike) > MOST_SOLVED:
            return
        factors = factors_of(self.difference, [dict(key) for key in alike])
        # A row cannot be left out more often than once.
        if factors is None or min(factors) < -1:
            return
        wrong = [(places, times) for places, times in zip(alike.values(), factors, strict=True) if times]
        # Which of the rows that add the same it was, no sum tells.
        for chosen in product(*(places for places, _ in wrong)):
            yield dict(zip(chosen, (times for _, times in wrong), strict=True))

    def _pairs(self) -> Iterator[Factors]:
        """Yield two runs of neighbours, each of them added once more or left out."""
        count = len(self.rows)
        longest = min(count, max(1, MOST_RUNS // count)) if count else 0
        seen: dict[Key, Factors] = {}
        for start, length, factor in product(range(count), range(1, longest + 1), (1, -1)):
            if start + length > count:
                continue
            run = dict.fromkeys(range(start, start + length), factor)
            effect = combine([(factor, self._totals[start + length]), (-factor, self._totals[start])])
            if other := seen.get(key_of(combine([(1, self.difference), (-1, effect)]))):
                both = {place: run.get(place, 0) + other.get(place, 0) for place in {*run, *other}}
                yield {place: times for place, times in both.items() if times}
            seen.setdefault(key_of(effect), run)

    def _parts(self, factors: Factors) -> dict[CauseKind, tuple[Element, ...]]:
        parts: dict[CauseKind, tuple[Element, ...]] = {}
        absent = CauseKind.IN_FLIGHT if self._is_last(factors) else CauseKind.BATCH_LOST
        for place, factor in sorted(factors.items()):
            row = self.rows[place]
            kind = CauseKind.DOUBLE_REDUCE if factor > 0 else absent
            parts[kind] = (*parts.get(kind, ()), RowElement(row.message_hash, row.message_count, 1 + factor))
        return parts

    def _is_last(self, factors: Factors) -> bool:
        """Whether what was left out are the last rows, which may still be on their way."""
        missing = {place for place, factor in factors.items() if factor < 0}
        if self.pending == 0 or not missing:
            return False
        # Rows that add nothing leave no trace in the totals, whether they have been added or not.
        behind = range(min(missing), len(self.rows))
        return all(place in missing or not self.effects[place] for place in behind)

    def _records(self, factors: Factors) -> int:
        return sum(factor * self.rows[place].message_count for place, factor in factors.items())

    @cached_property
    def _totals(self) -> list[Effect]:
        """The effects of the rows, summed up to each place."""
        first: Effect = {}
        return list(
            accumulate(self.effects, lambda total, each: combine([(1, total), (1, each)]), initial=first)
        )
