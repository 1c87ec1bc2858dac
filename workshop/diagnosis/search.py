"""The search for causes: every hypothesis about single messages, runs of neighbours, and few things together.

In goes a difference between two stages, out come the explanations that predict it exactly, in every leaf.
How sure they are is judged in `diagnosis_judgement`.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

from workshop.diagnosis.effects import Effect, combine, common_divisors, fingerprint, value_chance
from workshop.diagnosis.flow import Change, Flow
from workshop.diagnosis.runs import (
    MOST_FOUND,
    Run,
    find_pair,
    find_pieces,
    find_runs,
    find_runs_of_intervals,
    find_subset,
    find_suffixes,
)
from workshop.diagnosis.suspects import RANKS, Suspect, families, suspects_of
from workshop.diagnosis.values import BatchElement, CauseKind, Element, Evidence, Stage, TradeElement

__all__ = ["Explanation", "Search", "batch_element", "merged"]

FEW = 5


@dataclass(frozen=True)
class Explanation:
    """Something that, alone, would make exactly the difference that is seen.

    `parts` are different faults together; most often there is one. `size` grows with what it takes to believe
    in it, `rank` orders what is equally simple.
    """

    parts: tuple[tuple[CauseKind, tuple[Element, ...]], ...]
    rank: int
    records: int | None = None
    size: int = 1


class Search:
    """All hypotheses about what was sent, held against one difference.

    `changes` are what State passed on, lane by lane; `doubtful` are changes that it may have passed on.
    """

    def __init__(
        self,
        flow: Flow,
        changes: Sequence[Sequence[Change]],
        doubtful: Sequence[Change] = (),
        *,
        difference: Effect,
        stages: Collection[Stage],
        evidence: Evidence,
    ) -> None:
        self.flow = flow
        self.changes = changes
        self.doubtful = doubtful
        self.difference = difference
        self.stages = stages
        self.evidence = evidence
        self._target = fingerprint(difference)

    def explanations(self, *, thorough: bool = True) -> list[Explanation]:
        """Return what explains the difference, the simplest that do; being `thorough`, also pairs."""
        attempts = (self._single, self._pieces, self._together)
        for attempt in attempts if thorough else attempts[:1]:
            if found := list(attempt()):
                # A few neighbours may as well be two faults that happen to be close to each other.
                doubtful = attempt != self._together and any(map(_is_short_batch, found))
                return merged([*found, *(self._together() if doubtful else ())])
        return []

    def chance(self, size: int) -> float:
        """Return how many explanations of this size would be expected to fit by chance alone."""
        cells = len(self.difference)
        of_one = value_chance(self.flow.value_units()) ** cells
        if size > 1:
            return (len(self._inside) ** 2 / 2 + self._run_count(cells) ** 2) * of_one
        shape = _shape(self.difference)
        singles = sum(_shape(suspect.effect(self.flow)) == shape for suspect in self._inside)
        return (singles + self._run_count(cells)) * of_one

    @cached_property
    def suspects(self) -> list[Suspect]:
        """Every fault with a single message."""
        return suspects_of(self.flow, [*self.changes, self.doubtful], self.stages)

    @cached_property
    def _inside(self) -> list[Suspect]:
        """The suspects that touch only leaves where something is wrong."""
        leaves = self.flow.leaves
        return [
            suspect
            for suspect in self.suspects
            if all(leaves[place] in self.difference for _, place in suspect.terms)
            and all(leaf in self.difference for leaf in suspect.extra or ())
        ]

    def _run_count(self, cells: int) -> float:
        """Return about how many runs touch just as many leaves as the difference does."""
        if cells > 1:
            return sum(len(lane) ** 2 for lane in self.changes)
        within = sum(leaf in self.difference for leaf in self.flow.leaves)
        share = min(within / max(1, len(self.flow.leaves)), 1 - 1 / (within + 1))
        return within / (1 - share)

    def _single(self) -> Iterator[Explanation]:
        waiting = list(self._suffixes())
        if waiting and self.evidence.pending:
            # What came last is missing, and something is on its way: no other story is needed.
            yield from waiting
            return
        yield from waiting
        yield from self._single_messages()
        yield from self._rules()
        yield from self._lost_before_state()
        yield from self._batches()

    def _single_messages(self) -> Iterator[Explanation]:
        wanted = {self._target // times: times for times in common_divisors(self.difference)}
        counts: Counter[CauseKind] = Counter()
        for suspect in self._inside:
            times = wanted.get(suspect.fingerprint, 0)
            if times > 1 and suspect.kind is not CauseKind.DUPLICATE_COUNTED:
                continue
            if times and counts[suspect.kind] < MOST_FOUND:
                counts[suspect.kind] += 1
                records = None if suspect.records is None else times * suspect.records
                yield from self._fitting([suspect._replace(times=times, records=records)])

    def _rules(self) -> Iterator[Explanation]:
        """Yield families of suspects that explain the difference together, as one missing guard would do."""
        for family in families(self.flow, self.suspects):
            if sum(suspect.fingerprint for suspect in family) == self._target:
                yield from self._fitting(family, size=1)

    def _lost_before_state(self) -> Iterator[Explanation]:
        if not self.flow.stateful or Stage.STATE not in self.stages:
            return
        for number, lane in enumerate(self.flow.lanes):
            for first, last in find_runs_of_intervals(list(self.flow.losses(number)), self._target):
                places = lane[first : last + 1]
                terms = self.flow.terms_without(places)
                trades = {self.flow.messages[place].trade_id for place in places}
                if len(trades) > 1 and self.flow.effect_of(terms) == self.difference:
                    element = batch_element(number, places, counted=0)
                    yield _explanation(CauseKind.BATCH_LOST, [element], records=None)

    def _batches(self) -> Iterator[Explanation]:
        """Yield batches of changes that Map or Reduce dropped, or counted again."""
        for lane in range(len(self.changes)):
            for factor in (-1, *common_divisors(self.difference)):
                for first, last in find_runs(self._prints[lane], self._target // factor):
                    if last > first:
                        yield from self._batch({lane: (first, last)}, factor)

    def _pieces(self) -> Iterator[Explanation]:
        """Yield batches to which two shards contributed, since the stream of a table mixes them."""
        for left, right in combinations(range(len(self.changes)), 2):
            for factor in (-1, *common_divisors(self.difference)):
                target = self._target // factor
                for of_left, of_right in find_pieces(self._prints[left], self._prints[right], target):
                    # Two faults, one in each shard, would look the same; all the more if one is that small.
                    lengths = sorted(last - first + 1 for first, last in (of_left, of_right))
                    for found in self._batch({left: of_left, right: of_right}, factor):
                        if lengths[1] > 1:
                            yield replace(found, size=2 if lengths[0] > 1 else 3)

    def _batch(self, runs: dict[int, Run], factor: int) -> Iterator[Explanation]:
        chosen = {lane: self.changes[lane][first : last + 1] for lane, (first, last) in runs.items()}
        terms = [term for changes in chosen.values() for change in changes for term in change.terms]
        if combine([(factor, self.flow.effect_of(terms))]) != self.difference:
            return
        elements = [
            batch_element(lane, [change.place for change in changes], counted=1 + factor)
            for lane, changes in chosen.items()
        ]
        records = factor * sum(element.messages for element in elements)
        kind = CauseKind.BATCH_LOST if factor < 0 else self._twice
        yield _explanation(kind, elements, records=records)

    def _suffixes(self) -> Iterator[Explanation]:
        """Yield messages that were sent last and have not arrived, unless nothing is on its way."""
        if self.evidence.pending == 0:
            return
        for starts in find_suffixes(self._prints, -self._target):
            chosen = {lane: self.changes[lane][start:] for lane, start in enumerate(starts)}
            terms = [term for changes in chosen.values() for change in changes for term in change.terms]
            if combine([(-1, self.flow.effect_of(terms))]) != self.difference:
                continue
            elements = [
                batch_element(lane, [change.place for change in changes], counted=0)
                for lane, changes in chosen.items()
                if changes
            ]
            records = -sum(element.messages for element in elements)
            # A single message may as well be lost.
            alone = RANKS[CauseKind.MESSAGE_LOST] if records == -1 else RANKS[CauseKind.IN_FLIGHT]
            rank = alone if self.evidence.pending is None else 0
            yield replace(_explanation(CauseKind.IN_FLIGHT, elements, records=records), rank=rank)

    def _together(self) -> Iterator[Explanation]:
        """Yield several suspects that explain the difference only together."""
        for family in families(self.flow, self.suspects):
            subset = find_subset([suspect.fingerprint for suspect in family], self._target)
            if subset:
                yield from self._fitting([family[number] for number in subset], size=2)
        pairs = find_pair([suspect.fingerprint for suspect in self._inside], self._target)
        for one, other in pairs:
            yield from self._fitting([self._inside[one], self._inside[other]], size=2)

    def _fitting(self, suspects: Sequence[Suspect], size: int = 1) -> Iterator[Explanation]:
        if combine((1, suspect.effect(self.flow)) for suspect in suspects) != self.difference:
            return
        parts: dict[CauseKind, list[Element]] = {}
        for suspect in suspects:
            parts.setdefault(suspect.kind, []).append(suspect.element(self.flow))
        known = [suspect.records for suspect in suspects if suspect.records is not None]
        yield Explanation(
            tuple((kind, tuple(elements)) for kind, elements in parts.items()),
            rank=sum(suspect.rank for suspect in suspects) // len(suspects),
            records=sum(known) if len(known) == len(suspects) else None,
            size=size,
        )

    @cached_property
    def _prints(self) -> list[list[int]]:
        """For each lane the fingerprints of its changes."""
        return [[self.flow.print_of(change.terms) for change in lane] for lane in self.changes]

    @property
    def _twice(self) -> CauseKind:
        """Whose work it is when a batch counts twice: only with the rows of ReduceTable can one tell."""
        if Stage.REDUCE not in self.stages:
            return CauseKind.MAP_BATCH_TWICE
        return CauseKind.BATCH_TWICE


def merged(explanations: Iterable[Explanation]) -> list[Explanation]:
    """Leave out what says the same as another explanation: of overlapping batches the shorter one is kept."""
    kept: list[Explanation] = []
    for explanation in sorted(explanations, key=lambda explanation: (explanation.rank, _extent(explanation))):
        if not any(_same(explanation, other) for other in kept):
            kept.append(explanation)
    return kept


def _is_short_batch(explanation: Explanation) -> bool:
    batches = [element for element in explanation.parts[0][1] if isinstance(element, BatchElement)]
    return 0 < sum(batch.messages for batch in batches) <= FEW


def _extent(explanation: Explanation) -> int:
    elements = [element for _, elements in explanation.parts for element in elements]
    return sum(element.last - element.first for element in elements if isinstance(element, BatchElement))


def _same(one: Explanation, other: Explanation) -> bool:
    if [kind for kind, _ in one.parts] != [kind for kind, _ in other.parts]:
        return False
    pairs = [(mine, theirs) for (_, mine), (_, theirs) in zip(one.parts, other.parts, strict=True)]
    return all(len(mine) == len(theirs) and all(map(_same_element, mine, theirs)) for mine, theirs in pairs)


def _same_element(one: Element, other: Element) -> bool:
    if isinstance(one, BatchElement) and isinstance(other, BatchElement):
        return one.shard == other.shard and one.first <= other.last and other.first <= one.last
    if isinstance(one, TradeElement) and isinstance(other, TradeElement):
        return (one.trade_id, one.version, one.counted) == (other.trade_id, other.version, other.counted)
    return one == other


def batch_element(lane: int, places: Sequence[int], *, counted: int) -> BatchElement:
    """Return the messages at these places of a lane, for people."""
    return BatchElement(lane, min(places) + 1, max(places) + 1, len(places), counted)


def _explanation(kind: CauseKind, elements: Sequence[Element], *, records: int | None) -> Explanation:
    return Explanation(((kind, tuple(elements)),), rank=RANKS[kind], records=records)


def _shape(effect: Effect) -> dict[str, int]:
    """Return an effect without its amounts: which leaves it touches, with how many trades."""
    return {leaf: trades for leaf, (_, trades) in effect.items()}
