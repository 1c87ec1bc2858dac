"""Turns explanations into causes: one for each kind, with how sure it is and what else it could be."""

from collections.abc import Iterable, Sequence

from workshop.diagnosis.flow import Flow
from workshop.diagnosis.values import (
    WAIT,
    Cause,
    CauseKind,
    Confidence,
    Element,
    Explanation,
    Rival,
    Stage,
)
from workshop.diagnosis.words import sentence_of

__all__ = ["causes_of", "in_flight", "make_cause", "unknown_cause"]


def in_flight(flow: Flow, places: Sequence[int], pending: int | None) -> list[Explanation]:
    """Explain that the last messages of the shards are missing, while nobody knows that all has arrived."""
    if not places:
        return []
    elements = flow.batches(places, counted=0)
    if pending:
        return [Explanation(CauseKind.IN_FLIGHT, elements)]
    # One message alone may as well be lost: nothing behind it says that its batch has passed.
    is_batch = len(places) > 1
    lost: Rival = (CauseKind.MESSAGE_LOST, (flow.trade(places[0], counted=0),))
    instead = (CauseKind.BATCH_LOST, elements) if is_batch else lost
    confidence = Confidence.LIKELY if is_batch else Confidence.POSSIBLE
    return [Explanation(CauseKind.IN_FLIGHT, elements, confidence, instead=instead)]


def causes_of(explanations: Iterable[Explanation], stage: Stage | None) -> tuple[list[Cause], list[Cause]]:
    """Return causes and alternatives; explanations that differ in their elements alone are one cause."""
    alike: dict[object, list[Explanation]] = {}
    for each in explanations:
        key = each.kind, each.confidence, each.others, each.instead and each.instead[0]
        alike.setdefault(key, []).append(each)
    causes, alternatives = [], []
    for group in alike.values():
        first = group[0]
        elements = dict.fromkeys(element for each in group for element in each.elements)
        causes.append(make_cause(first.kind, [*elements], first.confidence, stage=stage, others=first.others))
        if first.instead:
            others = dict.fromkeys(element for each in group if each.instead for element in each.instead[1])
            alternatives.append(make_cause(first.instead[0], [*others], stage=stage))
    # What is certain is read first.
    return sorted(causes, key=lambda each: [*Confidence].index(each.confidence)), alternatives


def make_cause(
    kind: CauseKind,
    elements: Sequence[Element],
    confidence: Confidence = Confidence.POSSIBLE,
    *,
    stage: Stage | None = None,
    others: Sequence[tuple[Element, ...]] = (),
) -> Cause:
    """Return a cause with its sentence."""
    # That no cause was found is no finding: what is read a moment later may show one.
    if kind is CauseKind.UNKNOWN:
        confidence = Confidence.POSSIBLE
    sentence = sentence_of(kind, elements, stage=stage, one_of=1 + len(others))
    return Cause(kind, confidence, sentence, tuple(elements), stage, tuple(others))


def unknown_cause(pending: int | None, stage: Stage | None) -> Cause:
    """Return what is said when nothing explains a difference; what is on its way may still do so."""
    if pending:
        sentence = f"{pending:,} records are still on their way{WAIT}"
        return Cause(CauseKind.IN_FLIGHT, Confidence.POSSIBLE, sentence, stage=stage)
    return make_cause(CauseKind.UNKNOWN, (), stage=stage)
