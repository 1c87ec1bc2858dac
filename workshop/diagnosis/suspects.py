"""Why a row of ReduceTable is not the sum of its records: hypotheses on the records of that row alone."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from workshop.diagnosis.effects import Effect, combine, key_of, times_in
from workshop.diagnosis.flow import Flow
from workshop.diagnosis.values import CauseKind, Confidence, Explanation, MapRecord, TradeElement

__all__ = ["Suspect", "explain", "suspects_of"]


class Suspect(NamedTuple):
    """A fault with one record: what it would add to the row, and to the number of records that Map counted.

    `guard` is what Map then takes no care of, which would show in other records as well.
    """

    kind: CauseKind
    effect: Effect
    records: int
    element: TradeElement
    guard: str = ""


def explain(suspects: Sequence[Suspect], rest: Effect, surplus: int | None) -> list[Explanation]:
    """Return what adds exactly the `rest` that a row has too much: one fault, or a guard that is missing.

    `surplus` is by how much more records Map has counted than there are, if that is known.
    """
    if fitting := list(_fitting(suspects, rest)):
        return [_weighed(fitting, surplus)]
    for guard in ("old value", "tombstone"):
        family = [suspect for suspect in suspects if suspect.guard == guard]
        if family and combine((1, suspect.effect) for suspect in family) == rest:
            return [Explanation(suspect.kind, (suspect.element,)) for suspect in family]
    return []


def suspects_of(flow: Flow, record: MapRecord, place: int | None) -> Iterator[Suspect]:
    """Yield what Map may have done wrong with one record: first that it was left out."""
    if place is None:
        return
    new, old = flow.effect_of(record.new), flow.effect_of(record.old)
    change = combine([(1, new), (-1, old)])
    before = flow.place_of(record.old)
    is_tombstone = flow.messages[place].cancelled
    lost = combine([(-1, change)])
    if is_tombstone and before is not None:
        counts_on = flow.trade(before, instead=place)
        yield Suspect(CauseKind.CANCELLED_COUNTED, lost, -1, counts_on)
    else:
        yield Suspect(CauseKind.MESSAGE_LOST, lost, -1, flow.trade(place, counted=0, instead=before))
    again = CauseKind.DUPLICATE_COUNTED
    yield Suspect(again, change, 1, flow.trade(place, counted=2, instead=before))
    if old and before is not None:
        yield Suspect(again, new, 1, flow.trade(place, counted=2))
        kind = CauseKind.CANCELLED_COUNTED if is_tombstone else CauseKind.OLD_VALUE_KEPT
        yield Suspect(kind, old, 0, flow.trade(before, instead=place), "old value")
    if is_tombstone:
        counted = flow.trade(place, instead=place)
        yield Suspect(CauseKind.CANCELLED_COUNTED, flow.alive(place), 0, counted, "tombstone")


def _weighed(suspects: Sequence[Suspect], surplus: int | None) -> Explanation:
    """Return the suspect that also fits the number of records that Map counted, if one does."""
    # Map counts its records apart from their amounts, so the count is a second witness.
    fitting = [each for each in suspects if surplus in (None, each.records)]
    first, *others = dict.fromkeys((each.kind, each.element) for each in [*fitting, *suspects])
    alike = tuple((element,) for kind, element in others if kind is first[0])
    instead = next(((kind, (element,)) for kind, element in others if kind is not first[0]), None)
    confidence = Confidence.LIKELY if others or not fitting else Confidence.CERTAIN
    return Explanation(first[0], (first[1],), confidence, others=alike, instead=instead)


def _fitting(suspects: Sequence[Suspect], rest: Effect) -> Iterator[Suspect]:
    """Yield the faults with one record of a row that add exactly what it has too much."""
    wanted = {key_of(effect): times for times, effect in times_in(rest).items()}
    for suspect in suspects:
        times = wanted.get(key_of(suspect.effect), 0)
        # Only that a record was added once more can happen several times.
        if times == 1 or (times and suspect.records == 1):
            counted = suspect.element.counted + times - 1
            element = replace(suspect.element, counted=counted)
            yield suspect._replace(records=suspect.records * times, element=element)
