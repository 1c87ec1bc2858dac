"""What State did wrong: the trades that StateTable holds otherwise than it must, and what happened to them.

Trades that make no difference to a total are left alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from workshop.diagnosis.effects import Effect, combine
from workshop.diagnosis.flow import Flow
from workshop.diagnosis.judgement import in_flight
from workshop.diagnosis.values import CauseKind, Confidence, Explanation, MapRecord, Rival, TradeElement
from workshop.pipeline.tables import StateRow

__all__ = ["StateReading"]


@dataclass(frozen=True)
class StateReading:
    """StateTable, held against what was sent; `records` are its changes, if they could be read."""

    flow: Flow
    rows: Sequence[StateRow]
    records: Sequence[MapRecord] | None
    pending: int | None

    @cached_property
    def held(self) -> Mapping[str, StateRow]:
        """Trade -> its row; of one run, only trades of that run."""
        within = self.flow.within
        leaves = ((row, self.flow.leaf_of(row) or "") for row in self.rows)
        return {row.trade_id: row for row, leaf in leaves if within in (None, leaf.split(":")[0])}

    @cached_property
    def effect(self) -> Effect:
        """What the totals would be if they were the sum over StateTable."""
        return combine((1, self.flow.effect_of(row)) for row in self.held.values())

    def explanations(self) -> list[Explanation]:
        """Return what happened to the trades that are wrong."""
        alone = {trade: self._explain(trade) for trade in self._wrong}
        lost = {trade for trade, each in alone.items() if each.kind is CauseKind.MESSAGE_LOST}
        found, explained = self._neighbours(lost)
        found += [each for trade, each in alone.items() if trade not in explained]
        found += [
            Explanation(CauseKind.UNKNOWN, (self._stranger(row),))
            for trade, row in self.held.items()
            if trade not in self.flow.winners and self.flow.effect_of(row)
        ]
        return found

    @cached_property
    def _wrong(self) -> set[str]:
        return {
            trade
            for trade, winner in self.flow.winners.items()
            if self.flow.effects[winner] != self.flow.effect_of(self.held.get(trade))
        }

    @cached_property
    def _applied(self) -> set[int | None] | None:
        """The messages that StateTable's changes show to have been applied."""
        return None if self.records is None else {self.flow.place_of(each.new) for each in self.records}

    def _explain(self, trade: str) -> Explanation:
        """Return what happened to one trade, as if it had nothing to do with any other."""
        winner, row = self.flow.winners[trade], self.held.get(trade)
        newest = self.flow.messages[winner]
        place = None if row is None else self.flow.place_of(row)
        lost: Rival = (CauseKind.MESSAGE_LOST, (self.flow.trade(winner, counted=0, instead=place),))
        if row is None:
            return Explanation(*lost)
        # Why the cancellation has no effect cannot be seen here: it may be lost, refused or written over.
        if newest.cancelled:
            counted = winner if place is None else place
            return Explanation(CauseKind.CANCELLED_COUNTED, (self.flow.trade(counted, instead=winner),))
        if place is None:
            return Explanation(CauseKind.UNKNOWN, (self._stranger(row),))
        is_conflict = row.version == newest.version
        kind = CauseKind.CONFLICT if is_conflict else CauseKind.STALE_VERSION
        overtaken: Rival = (kind, (self.flow.trade(place, instead=winner),))
        # What was applied once and stands no more was written over; what was never applied is lost.
        if self._applied is not None:
            return Explanation(*(overtaken if winner in self._applied else lost))
        last_copy = max(self.flow.arrival[copy] for copy in self.flow.copies_of(place))
        came_late = last_copy > self.flow.arrival[winner]
        if is_conflict or came_late:
            return Explanation(*overtaken, confidence=Confidence.LIKELY, instead=lost)
        return Explanation(*lost, confidence=Confidence.POSSIBLE, instead=overtaken)

    def _neighbours(self, lost: set[str]) -> tuple[list[Explanation], set[str]]:
        """Explain lost messages that follow each other in a shard: they are on their way, or were one batch.

        Beside the explanations, return the trades that they explain.
        """
        waiting: list[int] = []
        found: list[Explanation] = []
        explained: set[str] = set()
        for shard in self.flow.shards:
            for group, at_the_end in self._groups(shard):
                trades = {self.flow.messages[place].trade_id for place in group}
                if not trades & lost:
                    continue
                # Behind the last message that has arrived, what is missing may still come.
                if at_the_end and self.pending != 0:
                    waiting += group
                elif len(trades) > 2:
                    found.append(Explanation(CauseKind.BATCH_LOST, self.flow.batches(group, counted=0)))
                elif len(trades) == 2:
                    found.append(self._pair(group))
                else:
                    continue
                explained |= trades
        return found + in_flight(self.flow, waiting, self.pending), explained

    def _pair(self, group: Sequence[int]) -> Explanation:
        # Two neighbours may as well be two faults: then each of them is a message lost.
        alone = tuple(self.flow.trade(place, counted=0) for place in group)
        batch, rival = self.flow.batches(group, counted=0), (CauseKind.MESSAGE_LOST, alone)
        return Explanation(CauseKind.BATCH_LOST, batch, Confidence.LIKELY, instead=rival)

    def _groups(self, shard: Sequence[int]) -> list[tuple[list[int], bool]]:
        """Return the runs of neighbours that may all be lost, and whether nothing after them has arrived."""
        groups: list[tuple[list[int], bool]] = []
        group: list[int] = []
        for place in shard:
            trade, copies = self.flow.messages[place].trade_id, self.flow.copies_of(place)
            # What is not its trade's newest version leaves no trace, whether it arrived or not.
            if copies[0] != self.flow.winners[trade]:
                continue
            has_arrived = self.flow.place_of(self.held.get(trade)) == copies[0]
            if trade in self._wrong and not has_arrived:
                group.append(place)
            # A message that was sent several times says nothing about where its neighbours got lost.
            elif has_arrived and len(copies) == 1 and group:
                groups.append((group, False))
                group = []
        return [*groups, (group, True)] if group else groups

    def _stranger(self, row: StateRow) -> TradeElement:
        leaf = self.flow.leaf_of(row) or ""
        return TradeElement(row.trade_id, row.version, leaf, row.value, sent=0, counted=1)
