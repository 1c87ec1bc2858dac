"""Single suspects: what one message, treated wrongly once, would do to the totals.

In goes the flow of what was sent, out comes every such hypothesis with its exact effect. Families of the same
fault ("every old value was kept") are put together here as well. Which of them fit is not decided here.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple, TypedDict, Unpack

from workshop.diagnosis.effects import Effect, combine, fingerprint
from workshop.diagnosis.flow import Change, Flow, Terms
from workshop.diagnosis.values import CauseKind, Stage, TradeElement

__all__ = ["RANKS", "Suspect", "families", "suspects_of"]

# How natural a fault is, from 0 on, when several explain the same; see `Suspect.rank`.
RANKS = {
    CauseKind.CANCELLED_COUNTED: 1,
    CauseKind.CONFLICT: 2,
    CauseKind.STALE_VERSION: 3,
    CauseKind.DUPLICATE_COUNTED: 4,
    CauseKind.OLD_VALUE_KEPT: 5,
    CauseKind.IN_FLIGHT: 6,
    CauseKind.MESSAGE_LOST: 7,
    CauseKind.BATCH_LOST: 7,
    CauseKind.BATCH_TWICE: 7,
    CauseKind.MAP_BATCH_TWICE: 7,
    CauseKind.DOUBLE_REDUCE: 7,
}
# Added to the rank of a fault that nothing in what was sent invites.
UNINVITED = 10


class _Story(TypedDict, total=False):
    instead: int | None
    records: int | None
    invited: bool


class Suspect(NamedTuple):
    """One message treated wrongly.

    `terms` and `extra` add up to its effect; `instead` is the message that should stand there. `records` is
    by how much it changes the number of records that the totals were made from, if that is known.
    """

    kind: CauseKind
    place: int
    fingerprint: int
    terms: Terms = ()
    extra: Effect | None = None
    instead: int | None = None
    records: int | None = None
    invited: bool = True
    times: int = 1

    @property
    def rank(self) -> int:
        """How natural it is; the smaller, the more."""
        if self.kind is CauseKind.STALE_VERSION and not self.invited:
            # An older version that comes back is as natural as a newer one that is lost.
            return RANKS[CauseKind.MESSAGE_LOST]
        return RANKS[self.kind] + (0 if self.invited else UNINVITED)

    def effect(self, flow: Flow) -> Effect:
        """Return what it does to the totals."""
        return combine([(self.times, flow.effect_of(self.terms)), (self.times, self.extra or {})])

    def element(self, flow: Flow) -> TradeElement:
        """Return it for people."""
        message, sent = flow.messages[self.place], len(flow.copies[flow.original_of[self.place]])
        expected = 1 if flow.stateful else sent
        counted = {
            CauseKind.DUPLICATE_COUNTED: expected + self.times,
            CauseKind.MESSAGE_LOST: expected - 1,
        }.get(self.kind, 1)
        return TradeElement(
            trade_id=message.trade_id,
            version=message.version,
            path=flow.leaves[self.place],
            value=message.value,
            sent=sent,
            counted=counted,
            instead_of=None if self.instead is None else flow.messages[self.instead].version,
        )


def suspects_of(flow: Flow, changes: Sequence[Sequence[Change]], stages: Iterable[Stage]) -> list[Suspect]:
    """Return every fault with a single message that may happen at these stages and that changes a total."""
    stages = set(stages)
    if not flow.stateful:
        found: Iterable[Suspect] = _stateless(flow)
    else:
        found = chain(
            _cancelled(flow, changes),
            _at_state(flow) if Stage.STATE in stages else (),
            _behind_state(flow, changes) if stages - {Stage.STATE} else (),
        )
    unique = {(s.kind, s.place, s.fingerprint): s for s in found if s.fingerprint}
    return list(unique.values())


def families(flow: Flow, suspects: Iterable[Suspect]) -> list[list[Suspect]]:
    """Return sets of suspects that one missing guard would bring about together."""
    kinds = (CauseKind.STALE_VERSION, CauseKind.CONFLICT, CauseKind.OLD_VALUE_KEPT)
    together: dict[object, list[Suspect]] = {}
    for suspect in suspects:
        if suspect.kind in kinds and suspect.invited:
            together.setdefault(suspect.kind, []).append(suspect)
        elif suspect.kind is CauseKind.CANCELLED_COUNTED:
            together.setdefault((suspect.kind, bool(suspect.extra)), []).append(suspect)
    repeated = [
        Suspect(
            CauseKind.DUPLICATE_COUNTED,
            place,
            times * flow.prints[place],
            ((1, place),),
            records=times,
            times=times,
        )
        for place, copies in flow.copies.items()
        if flow.stateful and (times := len(copies) - 1) and flow.prints[place]
    ]
    return [family for family in (*together.values(), repeated) if len(family) > 1]


def _stateless(flow: Flow) -> Iterator[Suspect]:
    for place, copies in flow.copies.items():
        twice = ((1, place),)
        yield _suspect(flow, CauseKind.DUPLICATE_COUNTED, place, twice, records=1, invited=len(copies) > 1)
        yield _suspect(flow, CauseKind.MESSAGE_LOST, place, ((-1, place),), records=-1)


def _cancelled(flow: Flow, changes: Sequence[Sequence[Change]]) -> Iterator[Suspect]:
    """Yield trades that were cancelled and still count: with a value from before, or with the last one."""
    replaced = {change.place: change.old for change in chain.from_iterable(changes)}
    for trade, originals in flow.originals.items():
        winner = flow.winners[trade]
        if not flow.messages[winner].cancelled:
            continue
        alive = [place for place in originals if not flow.messages[place].cancelled]
        for place in alive:
            last = place in (flow.standing(alive), replaced.get(winner))
            yield _suspect(
                flow, CauseKind.CANCELLED_COUNTED, place, ((1, place),), instead=winner, invited=last
            )
        leaf = flow.leaves[winner]
        lives = flow.measure.effect({leaf: flow.messages[winner].value}, {leaf: 1})
        yield Suspect(
            CauseKind.CANCELLED_COUNTED, winner, fingerprint(lives), extra=lives, instead=winner, records=0
        )


def _at_state(flow: Flow) -> Iterator[Suspect]:
    """Yield what State may do wrong with one trade: not hear of its newest version, or hold another one."""
    for trade, originals in flow.originals.items():
        winner = flow.winners[trade]
        newest = flow.messages[winner]
        if newest.cancelled:
            continue
        copies = originals[winner]
        yield _suspect(
            flow,
            CauseKind.MESSAGE_LOST,
            winner,
            flow.terms_without(copies),
            records=flow.accepted(trade, without=copies) - flow.accepted(trade),
            invited=len(copies) == 1,
        )
        for place, others in originals.items():
            if place == winner:
                continue
            stands = ((1, place), (-1, winner))
            if flow.messages[place].version == newest.version:
                yield _suspect(flow, CauseKind.CONFLICT, place, stands, instead=winner)
            else:
                late = max(map(flow.arrival, others)) > flow.arrival(winner)
                yield _suspect(
                    flow, CauseKind.STALE_VERSION, place, stands, instead=winner, records=1, invited=late
                )


def _behind_state(flow: Flow, changes: Sequence[Sequence[Change]]) -> Iterator[Suspect]:
    """Yield what Map and Reduce may do wrong with one change, and a message taken as a new trade."""
    for place, copies in flow.copies.items():
        # Its value is taken away again when a newer version comes; that it was kept is the simpler story.
        stands = flow.winners[flow.messages[place].trade_id] == place
        invited = len(copies) > 1 and stands
        again = ((1, place),)
        yield _suspect(flow, CauseKind.DUPLICATE_COUNTED, place, again, records=1, invited=invited)
        if not stands:
            newest = flow.winners[flow.messages[place].trade_id]
            yield _suspect(flow, CauseKind.OLD_VALUE_KEPT, place, again, instead=newest, invited=False)
    for change in chain.from_iterable(changes):
        place, old = change.place, change.old
        if old is not None:
            yield _suspect(
                flow, CauseKind.DUPLICATE_COUNTED, place, change.terms, records=1, invited=False, instead=old
            )
        # Of a cancellation that has no effect it is said that the cancelled trade still counts.
        if not flow.messages[place].cancelled:
            lost = tuple((-factor, term) for factor, term in change.terms)
            yield _suspect(flow, CauseKind.MESSAGE_LOST, place, lost, records=-1)
            if old is not None:
                yield _suspect(flow, CauseKind.OLD_VALUE_KEPT, old, ((1, old),), instead=place, records=0)


def _suspect(
    flow: Flow,
    kind: CauseKind,
    place: int,
    terms: Terms,
    **story: Unpack[_Story],
) -> Suspect:
    return Suspect(kind, place, flow.print_of(terms), terms, **story)
