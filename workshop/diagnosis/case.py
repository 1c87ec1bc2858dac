"""The diagnosis: what is wrong with the totals, to the cent, and what most likely made it so.

The tables between the stages cut the way of the data: what went wrong between two of them is the difference
of what they add up to, and each stage is explained on its own. Nothing is read here; callers bring what they
could read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, repeat

from workshop.diagnosis.cells import rows_below, snapshot_below, torn_by, torn_cells, truth_below
from workshop.diagnosis.effects import Effect, amount_of, combine, effect_of, size_of
from workshop.diagnosis.flow import Flow
from workshop.diagnosis.judgement import causes_of, in_flight, make_cause, unknown_cause
from workshop.diagnosis.mapping import MapReading
from workshop.diagnosis.reducing import ReduceReading
from workshop.diagnosis.state import StateReading
from workshop.diagnosis.values import (
    Cause,
    CauseKind,
    CellElement,
    Confidence,
    Diagnosis,
    Element,
    Evidence,
    Explanation,
    RowElement,
    Stage,
)
from workshop.diagnosis.words import summary_of
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.compare_with_truth import compare
from workshop.pipeline.messages import Message
from workshop.pipeline.tables import ReduceRow
from workshop.pipeline.truth import DEFAULT_ORDER, stateful_truth, stateless_truth

__all__ = ["diagnose"]

Judged = tuple[list[Cause], list[Cause]]


def diagnose(
    sent: Sequence[Message],
    observed: AggregateSnapshot,
    *,
    pipeline: str,
    evidence: Evidence | None = None,
    order: Sequence[str] = DEFAULT_ORDER,
    within: str | None = None,
) -> Diagnosis:
    """Say which totals are wrong by how much, and why.

    `sent` is everything since the tables were empty, duplicates included, in the order of sending.
    `within` limits the judgement to one top-level path, such as the run of a game; then `sent` is that run.
    """
    sent = list(sent)
    stateful = pipeline == "stateful"
    truth = truth_below((stateful_truth if stateful else stateless_truth)(sent, order), within)
    observed = snapshot_below(observed, within)
    compared = compare(observed, truth)
    if not (cells := compared.differences):
        return Diagnosis((), (), summary_of((), (), ()), is_of_nothing=compared.is_of_nothing)
    case = _Case(sent, observed, stateful, evidence or Evidence(), tuple(order), within)
    causes, alternatives = case.judge()
    return Diagnosis(cells, tuple(causes), summary_of(cells, causes, alternatives), tuple(alternatives))


@dataclass(frozen=True)
class _Case:
    """Totals that are wrong, with all that is known about them."""

    sent: Sequence[Message]
    observed: AggregateSnapshot
    stateful: bool
    evidence: Evidence
    order: tuple[str, ...]
    within: str | None

    def judge(self) -> Judged:
        """Return the causes and their alternatives: first torn totals, then the stage that moved most."""
        causes: list[Cause] = []
        alternatives: list[Cause] = []
        torn = torn_cells(self.observed, depth=len(self.order), within=self.within)
        trades = self.observed.trades if self.flow.counted else {}
        cells = effect_of(self.observed.totals, trades)
        rows_to_blame = torn_by(cells, self.rows, self._row_effects, within=self.within) if torn else []
        if torn:
            elements: tuple[Element, ...] = tuple(torn)
            if len(rows_to_blame) == 1:
                row, factor, torn_of_row = rows_to_blame[0]
                elements = (RowElement(row.message_hash, row.message_count, 1 + factor), *torn_of_row)
            causes.append(make_cause(CauseKind.TORN_TOTAL, elements, Confidence.CERTAIN))
        for stages, difference in sorted(
            self._differences(), key=lambda each: size_of(each[1]), reverse=True
        ):
            is_torn = bool(torn) and Stage.REDUCE in stages
            # The row that tore the totals is the whole difference, and is named already.
            if is_torn and rows_to_blame:
                continue
            found, others = self._judge_stages(stages, difference)
            if is_torn:
                # The leaves of torn totals may be off by themselves, so what they show is nearly nothing.
                found = [
                    make_cause(each.kind, each.elements, stage=each.stage) for each in found if each.elements
                ]
            causes += found
            alternatives += others
        return [self._with_trades(each) for each in causes], alternatives

    def _with_trades(self, cause: Cause) -> Cause:
        """Return a cause whose rows know the trades that they sum."""
        elements = (
            replace(each, trades=tuple(self._map.trades_in(each.message_hash)))
            if isinstance(each, RowElement)
            else each
            for each in cause.elements
        )
        return replace(cause, elements=tuple(elements))

    def _judge_stages(self, stages: Sequence[Stage], difference: Effect) -> Judged:
        """Explain what went wrong between two tables that could be read."""
        if stages == [Stage.STATE] and self._state:
            return causes_of(self._state.explanations(), Stage.STATE)
        strange = sorted(difference.keys() - set(self.flow.leaves))
        # Nobody sent what counts there, so no fault with a message can explain it.
        if strange:
            cells = [CellElement(leaf, amount_of(difference[leaf][0])) for leaf in strange]
            return [make_cause(CauseKind.UNKNOWN, cells)], []
        # Where a table in between could not be read, nothing tells at which of the stages it was.
        stage = stages[0] if len(stages) == 1 else None
        explanations: list[Explanation] = []
        rest = difference
        for explanation, effect in self._parts(stage, difference):
            explanations.append(explanation)
            rest = combine([(1, rest), (-1, effect)])
        causes, alternatives = causes_of(explanations, stage)
        return causes + ([unknown_cause(self.evidence.pending, stage)] if rest else []), alternatives

    def _parts(self, stage: Stage | None, difference: Effect) -> Iterable[tuple[Explanation, Effect]]:
        """Return what happened at a stage, or between several, each with its part of the difference."""
        pending = self.evidence.pending
        if stage is Stage.MAP:
            return self._map.parts()
        whole: list[Explanation] = []
        if stage is Stage.REDUCE:
            reading = ReduceReading(self.rows, self._row_effects, difference, pending, self._surplus)
            whole = reading.explanations()
        # Nothing at all has been counted: the pipeline has not begun, or has not been connected.
        elif combine([(1, difference), (1, self.flow.expected)]) == {}:
            whole = in_flight(self.flow, range(len(self.sent)), pending)
        # Several explanations are the whole of it only together.
        return zip(whole, chain([difference], repeat({})), strict=False)

    def _differences(self) -> list[tuple[list[Stage], Effect]]:
        """Return between which stages something went wrong, and what it added."""
        tables = [(Stage.STATE, self._state.effect)] if self._state else []
        if self.evidence.reduce is not None:
            tables.append((Stage.MAP, combine((1, effect) for effect in self._row_effects)))
        tables.append((Stage.REDUCE, self.flow.at_leaves(self.observed.totals, self.observed.trades)))
        unseen = list(Stage) if self.stateful else [Stage.MAP, Stage.REDUCE]
        found: list[tuple[list[Stage], Effect]] = []
        # Each table is held against the one before it, so that a fault shows at its own stage alone.
        before = self.flow.expected
        for stage, effect in tables:
            upto = unseen.index(stage) + 1
            stages, unseen = unseen[:upto], unseen[upto:]
            if difference := combine([(1, effect), (-1, before)]):
                found.append((stages, difference))
            before = effect
        return found

    @cached_property
    def rows(self) -> list[ReduceRow]:
        """The rows of ReduceTable, as far as they concern what is judged."""
        return rows_below(self.evidence.reduce or (), self.within)

    @cached_property
    def flow(self) -> Flow:
        """What was sent, as the pipeline should have seen it."""
        shards, arrivals = self.evidence.shards, self.evidence.arrivals
        # Trades are judged where both totals and rows count them; a learner's handlers need not.
        counted = bool(self.observed.trades) and (not self.rows or any(row.trades for row in self.rows))
        return Flow(self.sent, self.stateful, counted, self.order, shards, arrivals, self.within)

    @cached_property
    def _map(self) -> MapReading:
        return MapReading(self.flow, self.rows, self.evidence.records, self.evidence.pending)

    @cached_property
    def _state(self) -> StateReading | None:
        if self.evidence.state is None or not self.stateful:
            return None
        return StateReading(self.flow, self.evidence.state, self.evidence.records, self.evidence.pending)

    @cached_property
    def _row_effects(self) -> list[Effect]:
        return [self.flow.at_leaves(row.deltas, row.trades) for row in self.rows]

    @property
    def _surplus(self) -> int | None:
        """By how much more records the totals count than the rows; of one run alone nobody counts them."""
        if not self.observed.message_count or self.within is not None:
            return None
        return self.observed.message_count - sum(row.message_count for row in self.rows)
