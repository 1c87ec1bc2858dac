"""What Reduce did wrong, from the rows of ReduceTable: rows added again, or never.

In go the rows in their order and the difference between their sum and the totals, out come the explanations
that predict it exactly.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from workshop.diagnosis.effects import (
    Effect,
    Measure,
    combine,
    common_divisors,
    fingerprint,
    value_chance,
)
from workshop.diagnosis.runs import find_pair, find_runs, find_suffixes
from workshop.diagnosis.search import Explanation, merged
from workshop.diagnosis.suspects import RANKS
from workshop.diagnosis.values import CauseKind, Element, RowElement
from workshop.pipeline.tables import ReduceRow

__all__ = ["RowSearch", "effects_of_rows"]

# With more runs than this, only single rows are paired.
MOST_RUNS = 40_000
# The row at a place, and how often it was added too often; negative if it was not added.
Factors = Mapping[int, int]


def effects_of_rows(rows: Sequence[ReduceRow], measure: Measure, *, depth: int) -> list[Effect]:
    """Return what each row adds to the leaves, which are the paths with this many names."""
    return [
        measure.effect(
            {path: amount for path, amount in row.deltas.items() if path.count(":") + 1 == depth},
            {path: count for path, count in row.trades.items() if path.count(":") + 1 == depth},
        )
        for row in rows
    ]


@dataclass(frozen=True)
class RowSearch:
    """All hypotheses about rows, held against one difference."""

    rows: Sequence[ReduceRow]
    effects: Sequence[Effect]
    difference: Effect
    pending: int | None

    def explanations(self) -> list[Explanation]:
        """Return what explains the difference, the simplest hypotheses that do."""
        if found := merged(self._simple()):
            return found
        return merged(self._paired())

    def chance(self, size: int) -> float:
        """Return how many explanations of this size would be expected to fit by chance alone."""
        cells = len(self.difference)
        units = [units for effect in self.effects for units, _ in effect.values()]
        return float(len(self.rows) ** (2 * size)) * value_chance(units) ** cells

    @cached_property
    def _prints(self) -> list[int]:
        return [fingerprint(effect) for effect in self.effects]

    @cached_property
    def _target(self) -> int:
        return fingerprint(self.difference)

    def _simple(self) -> Iterator[Explanation]:
        """Yield one row or neighbouring rows: what one invocation of Reduce, or none, has added."""
        if self.pending != 0:
            for (start,) in find_suffixes([self._prints], -self._target):
                yield from self._fitting(dict.fromkeys(range(start, len(self.rows)), -1))
        for factor in (-1, *common_divisors(self.difference)):
            for first, last in find_runs(self._prints, self._target // factor):
                yield from self._fitting(dict.fromkeys(range(first, last + 1), factor))

    def _paired(self) -> Iterator[Explanation]:
        """Yield two groups of neighbouring rows, each added once more or not at all."""
        runs = [(place, place) for place in range(len(self.rows))]
        if len(runs) ** 2 // 2 <= MOST_RUNS:
            runs = [(first, last) for first, _ in runs for last, _ in runs[first:]]
        groups = [(factor, run) for factor in (1, -1) for run in runs]
        totals = [0]
        for value in self._prints:
            totals.append(totals[-1] + value)
        sums = [factor * (totals[last + 1] - totals[first]) for factor, (first, last) in groups]
        for pair in find_pair(sums, self._target):
            factors: dict[int, int] = {}
            for factor, (first, last) in (groups[number] for number in pair):
                for place in range(first, last + 1):
                    factors[place] = factors.get(place, 0) + factor
            yield from self._fitting(factors, size=2)

    def _fitting(self, factors: Factors, *, size: int = 1) -> Iterator[Explanation]:
        factors = {place: factor for place, factor in sorted(factors.items()) if factor}
        terms = ((factor, self.effects[place]) for place, factor in factors.items())
        if not factors or combine(terms) != self.difference:
            return
        missing = [place for place, factor in factors.items() if factor < 0]
        are_last = missing == list(range(len(self.rows) - len(missing), len(self.rows)))
        absent = CauseKind.IN_FLIGHT if are_last and self.pending != 0 else CauseKind.BATCH_LOST
        parts: dict[CauseKind, list[Element]] = {}
        for place, factor in factors.items():
            row = self.rows[place]
            kind = CauseKind.DOUBLE_REDUCE if factor > 0 else absent
            parts.setdefault(kind, []).append(RowElement(row.message_hash, row.message_count, 1 + factor))
        rank = min(RANKS[kind] for kind in parts)
        yield Explanation(
            tuple((kind, tuple(elements)) for kind, elements in parts.items()),
            rank=0 if self.pending and CauseKind.IN_FLIGHT in parts else rank,
            records=sum(factor * self.rows[place].message_count for place, factor in factors.items()),
            size=size,
        )
