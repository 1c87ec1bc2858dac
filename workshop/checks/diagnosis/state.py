"""What State did wrong, read from StateTable: with the table at hand, nothing has to be guessed.

In go its rows and what was sent, out come the trades that it holds otherwise than it must, sorted by what
happened to them. Trades that make no difference to a total are left alone.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from workshop.checks.diagnosis.effects import Effect, combine
from workshop.checks.diagnosis.flow import Flow
from workshop.checks.diagnosis.values import BatchElement, CauseKind, Confidence, Element, TradeElement
from workshop.pipeline.tables import StateRow
from workshop.pipeline.truth import roll_up_paths

__all__ = ["Finding", "StateReading"]


@dataclass(frozen=True)
class Finding:
    """One kind of fault with all the trades or batches that it concerns, and what it may be `instead`."""

    kind: CauseKind
    elements: tuple[Element, ...]
    confidence: Confidence
    instead: tuple[CauseKind, tuple[Element, ...]] | None = None


@dataclass(frozen=True)
class _Verdict:
    """What happened to one trade, and what may have happened instead."""

    kind: CauseKind
    element: TradeElement
    instead: tuple[CauseKind, TradeElement] | None = None


@dataclass(frozen=True)
class StateReading:
    """StateTable, held against what was sent."""

    flow: Flow
    rows: Sequence[StateRow]
    order: Sequence[str]
    pending: int | None
    surplus: int | None = None
    within: str | None = None

    @cached_property
    def held(self) -> Mapping[str, StateRow]:
        """Trade -> its row; with `within`, only trades of that sub-tree."""
        return {
            row.trade_id: row
            for row in self.rows
            if self.within is None or self._leaf(row).split(":")[0] == self.within
        }

    @cached_property
    def effect(self) -> Effect:
        """What the totals would be if they were the sum over StateTable."""
        return combine((1, self._effect(row)) for row in self.held.values())

    @cached_property
    def reached(self) -> Mapping[str, int | None]:
        """The trades with a wrong row -> the version that State holds, or None."""
        return {
            trade: row.version if (row := self.held.get(trade)) else None
            for trade in self.flow.trades
            if self._is_wrong(trade)
        }

    def findings(self) -> list[Finding]:
        """Return what happened to the trades that are wrong, most of them together in few findings."""
        verdicts = {trade: self._judge(trade) for trade in self.reached}
        lost = {trade for trade, verdict in verdicts.items() if verdict.kind is CauseKind.MESSAGE_LOST}
        findings, explained = self._losses(lost)
        verdicts |= {
            trade: _Verdict(CauseKind.UNKNOWN, self._element_of_row(row))
            for trade, row in self.held.items()
            if trade not in self.flow.trades and self._effect(row)
        }
        alike: dict[tuple[CauseKind, CauseKind | None], list[_Verdict]] = {}
        for trade, verdict in verdicts.items():
            if trade not in explained:
                kinds = (verdict.kind, verdict.instead[0] if verdict.instead else None)
                alike.setdefault(kinds, []).append(verdict)
        for (kind, instead), group in alike.items():
            elements = tuple(verdict.element for verdict in group)
            others = tuple(verdict.instead[1] for verdict in group if verdict.instead)
            if instead:
                findings.append(Finding(kind, elements, Confidence.LIKELY, (instead, others)))
            else:
                findings.append(Finding(kind, elements, Confidence.CERTAIN))
        return findings

    def _judge(self, trade: str) -> _Verdict:
        winner, row = self.flow.winners[trade], self.held.get(trade)
        newest = self.flow.messages[winner]
        lost = self._element(winner, counted=0)
        if row is None:
            return _Verdict(CauseKind.MESSAGE_LOST, lost)
        place = self._sent_as(row)
        if newest.cancelled:
            counted = winner if place is None else place
            return _Verdict(CauseKind.CANCELLED_COUNTED, self._element(counted, instead=winner))
        if place is None:
            return _Verdict(CauseKind.UNKNOWN, self._element_of_row(row))
        stands = self._element(place, instead=winner)
        if row.version == newest.version:
            return _Verdict(CauseKind.CONFLICT, stands)
        is_late = max(map(self.flow.arrival, self.flow.copies[place])) > self.flow.arrival(winner)
        if self._stands_by_count or (is_late and self._stands_by_count is None):
            return _Verdict(CauseKind.STALE_VERSION, stands, (CauseKind.MESSAGE_LOST, lost))
        return _Verdict(CauseKind.MESSAGE_LOST, lost, (CauseKind.STALE_VERSION, stands))

    @cached_property
    def _stands_by_count(self) -> bool | None:
        """Whether older versions stand because they were applied late, as far as the count of records tells.

        A stale version that is applied makes one record more; a newer one that is lost makes none.
        """
        outdated = [trade for trade, version in self.reached.items() if version is not None]
        if self.surplus is None or not outdated or len(outdated) < len(self.reached):
            return None
        without_newest = 0
        for trade in outdated:
            copies = self.flow.copies[self.flow.winners[trade]]
            without_newest += self.flow.accepted(trade, without=copies) - self.flow.accepted(trade)
        predictions = {len(outdated): True, without_newest: False}
        return predictions.get(self.surplus)

    def _losses(self, lost: set[str]) -> tuple[list[Finding], set[str]]:
        """Sort lost messages into those that have not arrived yet, and batches.

        Beside the findings, return the trades that they explain.
        """
        explained: set[str] = set()
        waiting: list[Element] = []
        batches: list[Element] = []
        for lane in range(len(self.flow.lanes)):
            for group, at_the_end in self._groups(lane, lost):
                if at_the_end and self.pending != 0:
                    waiting.append(self._batch(lane, group))
                elif len(group) > 1:
                    batches.append(self._batch(lane, group))
                else:
                    continue
                explained |= {self.flow.messages[place].trade_id for place in group}
        on_its_way = Confidence.CERTAIN if self.pending else Confidence.LIKELY
        instead = None if self.pending else (CauseKind.BATCH_LOST, tuple(waiting))
        findings = [
            Finding(CauseKind.IN_FLIGHT, tuple(waiting), on_its_way, instead),
            Finding(CauseKind.BATCH_LOST, tuple(batches), Confidence.CERTAIN),
        ]
        return [finding for finding in findings if finding.elements], explained

    def _groups(self, lane: int, lost: set[str]) -> list[tuple[list[int], bool]]:
        """Return the runs of neighbours that are all lost, and whether nothing after them has arrived."""
        groups: list[tuple[list[int], bool]] = []
        group: list[int] = []
        doubtful: list[int] = []
        for place in self.flow.lanes[lane]:
            trade, original = self.flow.messages[place].trade_id, self.flow.original_of[place]
            if original != self.flow.winners[trade]:
                # What is not its trade's newest version leaves no trace, whether it arrived or not.
                continue
            if trade in lost:
                group += [*doubtful, place]
                doubtful = []
            elif trade in self.reached:
                # Between lost messages it is lost as well; elsewhere something else befell it.
                doubtful += [place] if group else []
            elif len(self.flow.copies[original]) == 1:
                groups += [(group, False)] if group else []
                group, doubtful = [], []
        return [*groups, (group, True)] if group else groups

    def _is_wrong(self, trade: str) -> bool:
        row = self.held.get(trade)
        return self.flow.effects[self.flow.winners[trade]] != ({} if row is None else self._effect(row))

    def _sent_as(self, row: StateRow) -> int | None:
        """Return the message that a row was made from."""
        for place in self.flow.originals[row.trade_id]:
            message = self.flow.messages[place]
            if (message.version, message.value) == (row.version, row.value) and (
                self.flow.leaves[place] == self._leaf(row)
            ):
                return place
        return None

    def _effect(self, row: StateRow) -> Effect:
        leaf = self._leaf(row)
        return {} if row.cancelled else self.flow.measure.effect({leaf: row.value}, {leaf: 1})

    def _leaf(self, row: StateRow) -> str:
        names = json.loads(row.hierarchy) if isinstance(row.hierarchy, str) else row.hierarchy
        return roll_up_paths(names, self.order)[-1]

    def _element(self, place: int, *, counted: int = 1, instead: int | None = None) -> TradeElement:
        message = self.flow.messages[place]
        return TradeElement(
            trade_id=message.trade_id,
            version=message.version,
            path=self.flow.leaves[place],
            value=message.value,
            sent=len(self.flow.copies[self.flow.original_of[place]]),
            counted=counted,
            instead_of=None if instead is None else self.flow.messages[instead].version,
        )

    def _element_of_row(self, row: StateRow) -> TradeElement:
        return TradeElement(row.trade_id, row.version, self._leaf(row), row.value, sent=0, counted=1)

    def _batch(self, lane: int, places: Sequence[int]) -> BatchElement:
        return BatchElement(lane, min(places) + 1, max(places) + 1, len(places), counted=0)
