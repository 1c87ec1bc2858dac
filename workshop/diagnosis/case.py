"""The diagnosis: what is wrong with the totals, to the cent, and what most likely made it so.

In goes what was sent and what is observed, out come the cells that differ and the causes that explain them.
Every hypothesis is worked out on the known messages, and counts only if it predicts every difference exactly.
With StateTable and ReduceTable at hand the way is cut into stages, and each is explained on its own.
Nothing is read here; callers bring what they could read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from workshop.diagnosis.cells import (
    leaves_of,
    rows_below,
    snapshot_below,
    torn_by,
    torn_cells,
    truth_below,
)
from workshop.diagnosis.effects import Effect, Measure, combine
from workshop.diagnosis.flow import Flow, make_flow
from workshop.diagnosis.judgement import Circumstances, judge, make_cause
from workshop.diagnosis.mapping import MapReading
from workshop.diagnosis.rows import RowSearch, effects_of_rows
from workshop.diagnosis.search import Explanation, Search
from workshop.diagnosis.state import Finding, StateReading
from workshop.diagnosis.values import (
    Cause,
    CauseKind,
    CellElement,
    Confidence,
    Diagnosis,
    Element,
    Evidence,
    RowElement,
    Stage,
)
from workshop.diagnosis.words import summary_of
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.comparison import compare
from workshop.pipeline.messages import Message
from workshop.pipeline.tables import ReduceRow
from workshop.pipeline.truth import DEFAULT_ORDER, Truth, stateful_truth, stateless_truth

__all__ = ["diagnose"]

NO_EVIDENCE = Evidence()
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
    cells = compare(observed, truth).differences
    if not cells:
        return Diagnosis((), (), summary_of((), (), ()))
    case = _Case(sent, observed, truth, stateful, evidence or NO_EVIDENCE, tuple(order), within)
    causes, alternatives = case.judge()
    return Diagnosis(cells, tuple(causes), summary_of(cells, causes, alternatives), tuple(alternatives))


@dataclass(frozen=True)
class _Case:
    """Totals that are wrong, with all that is known about them."""

    sent: Sequence[Message]
    observed: AggregateSnapshot
    truth: Truth
    stateful: bool
    evidence: Evidence
    order: tuple[str, ...]
    within: str | None

    def judge(self) -> Judged:
        """Return the causes and their alternatives: first torn totals, then stage by stage."""
        torn = torn_cells(self.observed, len(self.order), self.within)
        causes: list[Cause] = []
        alternatives: list[Cause] = []
        rows_to_blame = torn_by(self.observed, self.rows, self.within) if torn and self.rows else []
        if torn:
            elements: tuple[Element, ...] = tuple(torn)
            if len(rows_to_blame) == 1:
                row, factor, cells = rows_to_blame[0]
                elements = (RowElement(row.message_hash, row.message_count, 1 + factor), *cells)
            causes.append(make_cause(CauseKind.TORN_TOTAL, elements, Confidence.CERTAIN))
        differences = self._differences()
        for stages, difference in differences:
            if Stage.REDUCE in stages and rows_to_blame:
                continue
            circumstances = Circumstances(
                stage=next(iter(stages)) if len(stages) == 1 else None,
                pending=self.evidence.pending,
                surplus=self._surplus(stages, [other for other, _ in differences if other != stages]),
                torn=bool(torn) and Stage.REDUCE in stages,
            )
            found, others = self._judge_stages(stages, difference, circumstances)
            if torn and found[0].kind is CauseKind.UNKNOWN:
                continue
            causes += found
            alternatives += others
        return causes, alternatives

    def _judge_stages(
        self, stages: frozenset[Stage], difference: Effect, circumstances: Circumstances
    ) -> Judged:
        """Explain what went wrong between two tables that could be read."""
        if self._state and stages == {Stage.STATE}:
            return self._judge_state(self._state.findings(circumstances.surplus))
        amounts = {
            leaf: self.measure.amount(difference[leaf][0])
            for leaf in sorted(difference)
            if leaf not in self._known_leaves
        }
        if amounts:
            elements = [CellElement(leaf, amount) for leaf, amount in amounts.items()]
            return [make_cause(CauseKind.UNKNOWN, elements, Confidence.CERTAIN)], []
        if stages == {Stage.REDUCE}:
            rows = RowSearch(self.rows, self._row_effects, difference, self.evidence.pending)
            return judge(rows.explanations(), rows.chance, circumstances)
        changes = self.flow.changes(self._state.reached if self._state else None)
        doubtful = self._state.doubtful_changes if self._state else ()
        search = Search(
            self.flow, changes, doubtful, difference=difference, stages=stages, evidence=self.evidence
        )
        explanations: list[Explanation] = []
        if Stage.REDUCE not in stages:
            reading = MapReading(
                self.flow, changes, self.rows, self._row_effects, difference, self.evidence.pending
            )
            explanations = reading.explanations()
        # Leaves of torn totals may be off by themselves: what is complicated would explain nothing.
        explanations = explanations or search.explanations(thorough=not circumstances.torn)
        return judge(explanations, search.chance, circumstances)

    def _judge_state(self, findings: Sequence[Finding]) -> Judged:
        causes: list[Cause] = []
        alternatives: list[Cause] = []
        for finding in findings:
            causes.append(make_cause(finding.kind, finding.elements, finding.confidence, stage=Stage.STATE))
            if finding.instead:
                kind, elements = finding.instead
                alternatives.append(make_cause(kind, elements, Confidence.POSSIBLE, stage=Stage.STATE))
        return causes, alternatives

    def _differences(self) -> list[tuple[frozenset[Stage], Effect]]:
        """Return between which stages something went wrong, and what it added."""
        tables = [(Stage.STATE, self._state.effect)] if self._state else []
        if self.evidence.reduce is not None:
            tables.append((Stage.MAP, combine((1, effect) for effect in self._row_effects)))
        amounts, trades = leaves_of(self.observed, len(self.order))
        tables.append((Stage.REDUCE, self.measure.effect(amounts, trades)))
        before = self.flow.effect_of((1, place) for place in self._expected_places)
        unseen = list(Stage) if self.stateful else [Stage.MAP, Stage.REDUCE]
        found: list[tuple[frozenset[Stage], Effect]] = []
        for stage, effect in tables:
            upto = unseen.index(stage) + 1
            stages, unseen = frozenset(unseen[:upto]), unseen[upto:]
            difference = combine([(1, effect), (-1, before)])
            if difference:
                found.append((stages, difference))
            before = effect
        return found

    @cached_property
    def rows(self) -> list[ReduceRow]:
        """The rows of ReduceTable, as far as they concern what is judged."""
        return rows_below(self.evidence.reduce or (), self.within)

    @cached_property
    def measure(self) -> Measure:
        """A measure for every amount that is known; trades count if totals and rows have them."""
        rows = [amount for row in self.rows for amount in row.deltas.values()]
        state = [row.value for row in self.evidence.state or ()]
        amounts = [message.value for message in self.sent]
        counted = bool(self.observed.trades) and (not self.rows or any(row.trades for row in self.rows))
        return Measure.fitting([*amounts, *self.observed.totals.values(), *rows, *state], counted=counted)

    @cached_property
    def flow(self) -> Flow:
        """What was sent, as the pipeline should have seen it."""
        return make_flow(
            self.sent,
            stateful=self.stateful,
            measure=self.measure,
            order=self.order,
            shards=self.evidence.shards,
            arrivals=self.evidence.arrivals,
        )

    @cached_property
    def _state(self) -> StateReading | None:
        if self.evidence.state is None or not self.stateful:
            return None
        return StateReading(
            self.flow,
            self.evidence.state,
            self.order,
            self.evidence.pending,
            within=self.within,
        )

    @cached_property
    def _row_effects(self) -> list[Effect]:
        return effects_of_rows(self.rows, self.measure, depth=len(self.order))

    @cached_property
    def _known_leaves(self) -> set[str]:
        return set(self.flow.leaves)

    @cached_property
    def _expected_places(self) -> list[int]:
        """The messages that count in the end."""
        if not self.stateful:
            return list(range(len(self.sent)))
        return list(self.flow.winners.values())

    def _surplus(self, stages: frozenset[Stage], others: Sequence[frozenset[Stage]]) -> int | None:
        """Return by how much more records these stages counted than expected.

        None if they were not counted, or if what went wrong at `others` may have changed their number.
        """
        counted, read = self.observed.message_count, self.evidence.reduce is not None
        mapped = sum(row.message_count for row in self.rows)
        if not counted or self.within is not None:
            return None
        if stages == {Stage.REDUCE}:
            return counted - mapped
        if any(Stage.REDUCE not in other or not read for other in others):
            return None
        return (mapped if read else counted) - sum(map(len, self.flow.changes()))
