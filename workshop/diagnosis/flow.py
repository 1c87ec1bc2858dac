"""What was sent, as a pipeline without faults sees it: shards, versions, and what each message adds.

A *place* is where a message stands in what was sent, counted from 0. All messages of a trade share a shard,
since the trade is the partition key.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from hashlib import md5

from workshop.diagnosis.effects import Effect, combine, effect_of
from workshop.diagnosis.values import BatchElement, TradeElement
from workshop.pipeline.messages import Message
from workshop.pipeline.tables import StateRow
from workshop.pipeline.truth import GRAND_TOTAL, roll_up_paths

__all__ = ["Flow", "shard_of"]

HASH_KEYS = 2**128


def shard_of(partition_key: str, shards: int) -> int:
    """Return the shard, from 0, that Kinesis puts a key into while its shards share the hash keys evenly."""
    hash_key = int.from_bytes(md5(partition_key.encode(), usedforsecurity=False).digest())
    return min(hash_key // (HASH_KEYS // shards), shards - 1)


@dataclass(frozen=True)
class Flow:
    """The messages with their effects and their order; `within` leaves out what lies beside that path.

    Without `arrivals`, each of the `shard_count` shards gets its messages in the order of sending.
    """

    messages: Sequence[Message]
    stateful: bool
    counted: bool
    order: Sequence[str]
    shard_count: int = 2
    arrivals: Sequence[Sequence[int]] | None = None
    within: str | None = None

    @cached_property
    def shards(self) -> list[list[int]]:
        """The places in each shard, in the order of arrival; what has not arrived yet stands at the end."""
        shards = [list(places) for places in self.arrivals or [()] * self.shard_count]
        shard_of_place = {place: shard for shard, places in enumerate(shards) for place in places}
        shard_of_trade = {self.messages[place].trade_id: shard for place, shard in shard_of_place.items()}
        for place, message in enumerate(self.messages):
            if place not in shard_of_place:
                trade = message.trade_id
                # Shards that were split do not share the hash keys evenly, so what is known goes first.
                shards[shard_of_trade.get(trade, shard_of(trade, len(shards)))].append(place)
        return shards

    @cached_property
    def arrival(self) -> Mapping[int, tuple[int, int]]:
        """Place -> (its shard, its number there)."""
        return {
            place: (shard, number)
            for shard, places in enumerate(self.shards)
            for number, place in enumerate(places)
        }

    @cached_property
    def leaves(self) -> list[str]:
        """The leaf of each message."""
        return [roll_up_paths(message.hierarchy, self.order)[-1] for message in self.messages]

    @cached_property
    def effects(self) -> list[Effect]:
        """What each message adds; a cancelled trade adds nothing."""
        return [{} if message.cancelled else self.alive(place) for place, message in enumerate(self.messages)]

    def alive(self, place: int) -> Effect:
        """Return what a message would add if it were not cancelled."""
        return self._effect({self.leaves[place]: self.messages[place].value}, {self.leaves[place]: 1})

    def at_leaves(self, amounts: Mapping[str, Decimal], trades: Mapping[str, int]) -> Effect:
        """Return what a row or a table adds to the leaves, the paths that name every level of the order."""
        levels = len(self.order)
        cells = self._effect(amounts, trades).items()
        return {path: cell for path, cell in cells if path.count(":") + 1 == levels and path != GRAND_TOTAL}

    def _effect(self, amounts: Mapping[str, Decimal], trades: Mapping[str, int]) -> Effect:
        return effect_of(amounts, trades if self.counted else {})

    @cached_property
    def winners(self) -> Mapping[str, int]:
        """Trade -> the place of its newest version, which State must hold in the end."""
        winners: dict[str, int] = {}
        for place, message in enumerate(self.messages):
            known = winners.setdefault(message.trade_id, place)
            # Of two contents with equal versions, the one that was sent first counts.
            if message.version > self.messages[known].version:
                winners[message.trade_id] = place
        return winners

    @cached_property
    def expected(self) -> Effect:
        """What all stages must have added in the end."""
        places = self.winners.values() if self.stateful else range(len(self.messages))
        return combine((1, self.effects[place]) for place in places)

    @cached_property
    def _copies(self) -> Mapping[tuple[object, ...], list[int]]:
        """What an item made from a message says -> all places at which a message says it."""
        copies: dict[tuple[object, ...], list[int]] = {}
        for place in range(len(self.messages)):
            copies.setdefault(self._content_of(place), []).append(place)
        return copies

    def _content_of(self, place: int) -> tuple[object, ...]:
        message = self.messages[place]
        # Of a trade that is cancelled, nothing counts any more.
        told = None if message.cancelled else (message.value, self.leaves[place])
        return message.trade_id, message.version, told

    def copies_of(self, place: int) -> list[int]:
        """Return all places at which the same message was sent, the first one first."""
        return self._copies[self._content_of(place)]

    def places_of(self, items: Sequence[StateRow | None]) -> list[int | None]:
        """Return for each item of a stream the message that it is, or comes from; None if it was not sent."""
        if self.stateful:
            return [self.place_of(item) for item in items]
        # Of messages that say the same, each is a record of its own. From the end: what a stream still holds
        # of an earlier run with the same trades comes first in it.
        waiting: dict[tuple[object, ...], list[int | None]] = {
            content: [*places] for content, places in self._copies.items()
        }
        found = [(waiting.get(self._content_of_item(item)) or [None]).pop() for item in reversed(items)]
        return found[::-1]

    def place_of(self, item: StateRow | None) -> int | None:
        """Return the first message that says what an item of StateTable says."""
        return self._copies.get(self._content_of_item(item), [None])[0]

    def _content_of_item(self, item: StateRow | None) -> tuple[object, ...]:
        if item is None:
            return ()
        told = None if item.cancelled else (item.value, self.leaf_of(item))
        return item.trade_id, item.version, told

    def leaf_of(self, item: StateRow) -> str | None:
        """Return the leaf at which an item counts, or None if its hierarchy, written by hand, has none."""
        try:
            names = json.loads(item.hierarchy) if isinstance(item.hierarchy, str) else item.hierarchy
            return roll_up_paths(names, self.order)[-1]
        except (ValueError, KeyError, TypeError, AttributeError):
            return None

    def effect_of(self, item: StateRow | None) -> Effect:
        """Return what an item of StateTable adds to the totals."""
        leaf = self.leaf_of(item) if item is not None and not item.cancelled else None
        if item is None or leaf is None or (self.within and leaf.split(":")[0] != self.within):
            return {}
        return self._effect({leaf: item.value}, {leaf: 1})

    def trade(self, place: int, *, counted: int = 1, instead: int | None = None) -> TradeElement:
        """Return a message for people, with how often it was counted, and of, or after, which other one."""
        message = self.messages[place]
        return TradeElement(
            trade_id=message.trade_id,
            version=message.version,
            path=self.leaves[place],
            value=message.value,
            sent=len(self.copies_of(place)),
            counted=counted,
            instead_of=None if instead is None else self.messages[instead].version,
        )

    def batches(self, places: Iterable[int], *, counted: int) -> tuple[BatchElement, ...]:
        """Return these messages for people, those of each shard as a batch."""
        groups: dict[int, list[int]] = {}
        for place in places:
            groups.setdefault(self.arrival[place][0], []).append(place)
        return tuple(
            BatchElement(shard, min(group) + 1, max(group) + 1, len(group), counted)
            for shard, group in sorted(groups.items())
        )
