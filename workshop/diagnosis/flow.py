"""What was sent, as a pipeline without faults sees it: lanes, versions, and the changes of each trade.

A *place* is where a message stands in what was sent, from 0. A *lane* is a shard: its places in the order in
which they arrive. All messages of a trade share a lane, since the trade is the partition key.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import md5

from workshop.diagnosis.effects import Effect, Measure, combine, fingerprint
from workshop.diagnosis.runs import Interval
from workshop.pipeline.messages import Message
from workshop.pipeline.truth import roll_up_paths

__all__ = ["Change", "Flow", "Terms", "make_flow", "places_of", "shard_of"]

HASH_KEYS = 2**128
# A sum over messages: (how often, place).
Terms = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Change:
    """What the message at a place does when it is applied: its value comes, the one at `old` goes."""

    place: int
    old: int | None

    @property
    def terms(self) -> Terms:
        """The change as a sum over messages."""
        return ((1, self.place),) if self.old is None else ((1, self.place), (-1, self.old))


def shard_of(partition_key: str, shards: int) -> int:
    """Return the shard, from 0, that Kinesis puts a key into while its shards share the hash keys evenly."""
    hash_key = int.from_bytes(md5(partition_key.encode(), usedforsecurity=False).digest())
    return min(hash_key // (HASH_KEYS // shards), shards - 1)


def places_of(sent: Sequence[Message], records: Iterable[tuple[str, int]]) -> tuple[int, ...]:
    """Return which messages the records of a shard are, for `Evidence.arrivals`.

    A record is the trade and version found in the stream. One that was not sent in this run is left out.
    """
    waiting: dict[tuple[str, int], list[int]] = {}
    for place in range(len(sent) - 1, -1, -1):
        waiting.setdefault((sent[place].trade_id, sent[place].version), []).append(place)
    return tuple(waiting[key].pop() for key in records if waiting.get(key))


class Flow:
    """The messages with their effects and order; everything is worked out once, when first asked for."""

    def __init__(
        self, messages: Sequence[Message], lanes: Sequence[Sequence[int]], *, measure: Measure, stateful: bool
    ) -> None:
        self.messages = messages
        self.lanes = lanes
        self.measure = measure
        self.stateful = stateful
        self.leaves: list[str] = []
        self.effects: list[Effect] = []

    def roll_up(self, order: Sequence[str]) -> None:
        """Work out leaf and effect of each message; a cancelled trade adds nothing to a stateful total."""
        leaf_of: dict[tuple[str, ...], str] = {}
        for message in self.messages:
            names = tuple(message.hierarchy[level] for level in order)
            if names not in leaf_of:
                leaf_of[names] = roll_up_paths(message.hierarchy, order)[-1]
            leaf = leaf_of[names]
            self.leaves.append(leaf)
            counts = not (self.stateful and message.cancelled)
            self.effects.append(self.measure.effect({leaf: message.value}, {leaf: 1}) if counts else {})

    @cached_property
    def prints(self) -> list[int]:
        """The fingerprint of each message's effect."""
        return [fingerprint(effect) for effect in self.effects]

    @cached_property
    def lane_of(self) -> Mapping[int, tuple[int, int]]:
        """Place -> (its lane, its number there)."""
        return {
            place: (lane, number)
            for lane, places in enumerate(self.lanes)
            for number, place in enumerate(places)
        }

    @cached_property
    def trades(self) -> Mapping[str, list[int]]:
        """Trade -> the places of all its messages, in the order of sending, as the truth takes them."""
        trades: dict[str, list[int]] = {}
        for place, message in enumerate(self.messages):
            trades.setdefault(message.trade_id, []).append(place)
        return trades

    @cached_property
    def originals(self) -> Mapping[str, Mapping[int, list[int]]]:
        """Trade -> the place of each different message -> all places at which the same message was sent."""
        return {trade: self._grouped(places) for trade, places in self.trades.items()}

    @cached_property
    def copies(self) -> Mapping[int, list[int]]:
        """The place of each different message -> all places at which the same message was sent."""
        return {place: same for grouped in self.originals.values() for place, same in grouped.items()}

    def standing(self, places: Iterable[int], without: Collection[int] = ()) -> int | None:
        """Return which of a trade's messages State must hold, if those in `without` never arrive."""
        newest: int | None = None
        for place in places:
            if place in without:
                continue
            if newest is None or self.messages[place].version > self.messages[newest].version:
                newest = place
        return newest

    @cached_property
    def original_of(self) -> Mapping[int, int]:
        """Place -> the place at which the same message was sent first."""
        return {copy: original for original, same in self.copies.items() for copy in same}

    def arrival(self, place: int) -> int:
        """Return where in its lane a message arrives."""
        return self.lane_of[place][1]

    def accepted(self, trade: str, without: Collection[int] = ()) -> int:
        """Return how many messages of a trade State applies, if those in `without` never arrive."""
        newest, count = -1, 0
        for place in sorted(self.trades[trade], key=self.arrival):
            if place not in without and (version := self.messages[place].version) > newest:
                newest, count = version, count + 1
        return count

    @cached_property
    def winners(self) -> Mapping[str, int]:
        """Trade -> the message that State must hold in the end."""
        # Of equal versions, `max` takes the one that was sent first.
        return {
            trade: max(places, key=lambda place: self.messages[place].version)
            for trade, places in self.trades.items()
        }

    def changes(self, reached: Mapping[str, int | None] | None = None) -> list[list[Change]]:
        """Return for each lane what State passes on, or in a stateless pipeline what arrives.

        `reached` limits a trade to the version that State really holds; None means that it holds none.
        """
        lanes = []
        for places in self.lanes:
            held: dict[str, int] = {}
            changes = []
            for place in places:
                message = self.messages[place]
                old = held.get(message.trade_id) if self.stateful else None
                if old is not None and message.version <= self.messages[old].version:
                    continue
                if reached and message.trade_id in reached:
                    limit = reached[message.trade_id]
                    if limit is None or message.version > limit:
                        continue
                held[message.trade_id] = place
                changes.append(Change(place, old))
            lanes.append(changes)
        return lanes

    def print_of(self, terms: Terms) -> int:
        """Return the fingerprint of a sum over messages."""
        return sum(factor * self.prints[place] for factor, place in terms)

    def effect_of(self, terms: Iterable[tuple[int, int]]) -> Effect:
        """Return the effect of a sum over messages."""
        return combine((factor, self.effects[place]) for factor, place in terms)

    def terms_without(self, places: Collection[int]) -> Terms:
        """Return what it does to the totals when these messages never reach State."""
        terms: list[tuple[int, int]] = []
        for trade in {self.messages[place].trade_id for place in places}:
            instead = self.standing(self.trades[trade], places)
            if instead != (winner := self.winners[trade]):
                terms += [(1, instead)] if instead is not None else []
                terms.append((-1, winner))
        return tuple(terms)

    def losses(self, lane: int) -> Iterator[Interval]:
        """Yield what a loss before State does, as intervals of the lane.

        When all copies of a trade's newest version lie in what is lost, the next older one stands instead;
        when all copies of that one lie in it as well, the one before; and so on.
        """
        for trade in dict.fromkeys(self.messages[place].trade_id for place in self.lanes[lane]):
            # A stable sort: of equal versions, the one that was sent first counts.
            originals = sorted(
                self.originals[trade].items(), key=lambda original: -self.messages[original[0]].version
            )
            numbers: list[int] = []
            for rank, (place, same) in enumerate(originals):
                numbers += [self.lane_of[copy][1] for copy in same]
                value = -self.prints[place]
                if rank + 1 < len(originals):
                    value += self.prints[originals[rank + 1][0]]
                if value:
                    yield min(numbers), max(numbers), value

    def value_units(self) -> list[int]:
        """Return the amounts of the different messages that count for something."""
        return [units for place in self.copies for units, _ in self.effects[place].values()]

    def _grouped(self, places: Iterable[int]) -> dict[int, list[int]]:
        """Return the first place of each different message -> all its places."""
        first: dict[object, int] = {}
        grouped: dict[int, list[int]] = {}
        for place in places:
            message = self.messages[place]
            place_names = tuple(sorted(message.hierarchy.items()))
            content = (message.version, message.value, message.cancelled, place_names)
            original = first.setdefault(content, place)
            grouped.setdefault(original, []).append(place)
        return grouped


def make_flow(
    messages: Sequence[Message],
    *,
    stateful: bool,
    measure: Measure,
    order: Sequence[str],
    shards: int,
    arrivals: Sequence[Sequence[int]] | None,
) -> Flow:
    """Return the flow of these messages, in the order of arrival if it is known."""
    lanes = [list(lane) for lane in arrivals] if arrivals is not None else [[] for _ in range(shards)]
    lane_of = {messages[place].trade_id: number for number, lane in enumerate(lanes) for place in lane}
    arrived = {place for lane in lanes for place in lane}
    for place, message in enumerate(messages):
        # What has not arrived yet will stand behind all that has.
        if place not in arrived:
            trade = message.trade_id
            lanes[lane_of[trade] if trade in lane_of else shard_of(trade, len(lanes))].append(place)
    flow = Flow(messages, lanes, measure=measure, stateful=stateful)
    flow.roll_up(order)
    return flow
