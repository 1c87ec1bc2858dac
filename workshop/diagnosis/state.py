"""What State did wrong, read from StateTable: with the table at hand, nothing has to be guessed.

In go its rows and what was sent, out come the trades that it holds otherwise than it must, sorted by what
happened to them. Trades that make no difference to a total are left alone.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from workshop.diagnosis.effects import Effect, combine
from workshop.diagnosis.flow import Change, Flow
from workshop.diagnosis.search import batch_element
from workshop.diagnosis.values import CauseKind, Confidence, Element, TradeElement
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

    @cached_property
    def doubtful_changes(self) -> list[Change]:
        """The changes of wrong trades that State may have made: those it should have made, and ways back."""
        expected = [
            change
            for lane in self.flow.changes()
            for change in lane
            if self.flow.messages[change.place].trade_id in self.reached
        ]
        back = [
            Change(place, self.flow.winners[trade])
            for trade in self.reached
            if trade in self.held and (place := self._sent_as(self.held[trade])) is not None
        ]
        return [*expected, *back]

    def findings(self, surplus: int | None) -> list[Finding]:
        """Return what happened to the trades that are wrong, most of them together in few findings.

        `surplus` is by how much more changes of StateTable were counted than expected, if that is known.
        """
        by_count = self._told_by_count(surplus)
        verdicts = {trade: self._judge(trade, by_count) for trade in self.reached}
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
                # Only the number of changes tells a newer version that was lost from an older one come back.
                is_told = by_count or kind is not CauseKind.MESSAGE_LOST
                confidence = Confidence.LIKELY if is_told else Confidence.POSSIBLE
                findings.append(Finding(kind, elements, confidence, (instead, others)))
            else:
                findings.append(Finding(kind, elements, Confidence.CERTAIN))
        return findings

    def _judge(self, trade: str, by_count: CauseKind | None) -> _Verdict:
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
            return _Verdict(CauseKind.CONFLICT, stands, (CauseKind.MESSAGE_LOST, lost))
        is_late = max(map(self.flow.arrival, self.flow.copies[place])) > self.flow.arrival(winner)
        natural = CauseKind.STALE_VERSION if is_late else CauseKind.MESSAGE_LOST
        if (by_count or natural) is CauseKind.STALE_VERSION:
            return _Verdict(CauseKind.STALE_VERSION, stands, (CauseKind.MESSAGE_LOST, lost))
        return _Verdict(CauseKind.MESSAGE_LOST, lost, (CauseKind.STALE_VERSION, stands))

    def _told_by_count(self, surplus: int | None) -> CauseKind | None:
        """Return why older versions stand, as far as the number of changes tells.

        A stale version that is applied is one change more; a newer one that is lost is none.
        """
        outdated = [trade for trade, version in self.reached.items() if version is not None]
        if not outdated or len(outdated) < len(self.reached):
            return None
        without_newest = 0
        for trade in outdated:
            copies = self.flow.copies[self.flow.winners[trade]]
            without_newest += self.flow.accepted(trade, without=copies) - self.flow.accepted(trade)
        told = {len(outdated): CauseKind.STALE_VERSION, without_newest: CauseKind.MESSAGE_LOST}
        return None if surplus is None else told.get(surplus)

    def _losses(self, lost: set[str]) -> tuple[list[Finding], set[str]]:
        """Sort lost messages into those that have not arrived yet, and batches.

        Beside the findings, return the trades that they explain.
        """
        waiting: list[list[int]] = []
        batches: list[list[int]] = []
        pairs: list[list[int]] = []
        for lane in range(len(self.flow.lanes)):
            for group, at_the_end in self._groups(lane):
                if not any(self.flow.messages[place].trade_id in lost for place in group):
                    continue
                trades = {self.flow.messages[place].trade_id for place in group}
                if at_the_end and self.pending != 0:
                    waiting.append(group)
                elif len(trades) > 1:
                    (batches if len(trades) > 2 else pairs).append(group)
        several = sum(map(len, waiting)) > 1
        on_its_way = Confidence.LIKELY if several else Confidence.POSSIBLE
        on_its_way = Confidence.CERTAIN if self.pending else on_its_way
        instead = None if self.pending else (CauseKind.BATCH_LOST, self._batches(waiting))
        # Two neighbours may be two faults: then each is a message lost.
        alone = tuple(self._element(place, counted=0) for pair in pairs for place in pair)
        findings = [
            Finding(CauseKind.IN_FLIGHT, self._batches(waiting), on_its_way, instead),
            Finding(CauseKind.BATCH_LOST, self._batches(batches), Confidence.CERTAIN),
            Finding(
                CauseKind.BATCH_LOST,
                self._batches(pairs),
                Confidence.LIKELY,
                (CauseKind.MESSAGE_LOST, alone),
            ),
        ]
        explained = {
            self.flow.messages[place].trade_id for group in (*waiting, *batches, *pairs) for place in group
        }
        return [finding for finding in findings if finding.elements], explained

    def _groups(self, lane: int) -> list[tuple[list[int], bool]]:
        """Return the runs of neighbours that may all be lost, and whether nothing after them has arrived."""
        groups: list[tuple[list[int], bool]] = []
        group: list[int] = []
        for place in self.flow.lanes[lane]:
            trade, original = self.flow.messages[place].trade_id, self.flow.original_of[place]
            if original != self.flow.winners[trade]:
                # What is not its trade's newest version leaves no trace, whether it arrived or not.
                continue
            has_arrived = trade in self.held and self._sent_as(self.held[trade]) == original
            if trade in self.reached and not has_arrived:
                group.append(place)
            elif has_arrived and len(self.flow.copies[original]) == 1 and group:
                groups.append((group, False))
                group = []
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

    def _batches(self, groups: Sequence[Sequence[int]]) -> tuple[Element, ...]:
        return tuple(batch_element(self.flow.lane_of[group[0]][0], group, counted=0) for group in groups)
