"""How sure a cause is: explanations weighed against each other and against chance.

In go all explanations of one difference, out come the causes of the best one, and what else it could be.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workshop.diagnosis.search import Explanation
from workshop.diagnosis.values import Cause, CauseKind, Confidence, Element, Stage
from workshop.diagnosis.words import sentence_of

__all__ = ["Circumstances", "judge", "make_cause", "unknown_cause"]

# How many explanations may be expected to fit by chance: practically none, or not many.
EXCLUDED = 0.001
UNLIKELY = 0.05
HOPELESS = 0.5


@dataclass(frozen=True)
class Circumstances:
    """What is known beside the difference itself.

    `stage` is where it lies, if only one stage can have made it. `surplus` is by how much more records were
    counted than expected. `torn` says that the totals do not even agree with each other.
    """

    stage: Stage | None
    pending: int | None
    surplus: int | None
    torn: bool


def judge(
    explanations: Sequence[Explanation], chance: Callable[[int], float], circumstances: Circumstances
) -> tuple[list[Cause], list[Cause]]:
    """Return the causes that together make the difference, and the alternatives to them.

    `chance` tells how many explanations of a size would fit by accident.
    """
    by_chance = chance(explanations[0].size) if explanations else 0.0
    if not explanations or (explanations[0].size > 1 and by_chance > HOPELESS):
        return [unknown_cause(circumstances)], []
    fitting = _fitting(explanations, circumstances.surplus)
    ordered = sorted(
        explanations,
        key=lambda explanation: (explanation.size, explanation not in fitting, explanation.rank),
    )
    best = ordered[0]
    same = [explanation for explanation in ordered if _kinds(explanation) == _kinds(best)]
    others = [explanation for explanation in ordered if _kinds(explanation) != _kinds(best)]
    confidence = Confidence.LIKELY
    if by_chance > UNLIKELY or circumstances.torn or best.size > 2 or _has_rivals(best, ordered, fitting):
        confidence = Confidence.POSSIBLE
    elif len(ordered) == 1 and by_chance < EXCLUDED and _is_conclusive(best, circumstances):
        confidence = Confidence.CERTAIN
    causes = _causes(best, confidence, circumstances, same[1:])
    seen = {_kinds(best)}
    alternatives: list[Cause] = []
    for other in others:
        if _kinds(other) not in seen:
            seen.add(_kinds(other))
            alternatives += _causes(other, Confidence.POSSIBLE, circumstances)
    return causes, alternatives


def make_cause(
    kind: CauseKind,
    elements: Sequence[Element],
    confidence: Confidence,
    *,
    stage: Stage | None = None,
    others: Sequence[tuple[Element, ...]] = (),
) -> Cause:
    """Return a cause with its sentence."""
    sentence = sentence_of(kind, elements, stage=stage, one_of=1 + len(others))
    return Cause(kind, confidence, sentence, tuple(elements), stage, tuple(others))


def unknown_cause(circumstances: Circumstances) -> Cause:
    """Return what is said when nothing explains a difference; what is on its way may still do so."""
    if circumstances.pending:
        return Cause(
            CauseKind.IN_FLIGHT,
            Confidence.POSSIBLE,
            f"{circumstances.pending:,} records are still on their way: wait, and look again.",
            stage=circumstances.stage,
        )
    return make_cause(CauseKind.UNKNOWN, (), Confidence.POSSIBLE, stage=circumstances.stage)


def _fitting(explanations: Sequence[Explanation], surplus: int | None) -> list[Explanation]:
    """Return the explanations that do not contradict the number of records, if any of them predicts it."""
    if surplus is None or all(explanation.records != surplus for explanation in explanations):
        return list(explanations)
    return [explanation for explanation in explanations if explanation.records in (surplus, None)]


def _is_conclusive(best: Explanation, circumstances: Circumstances) -> bool:
    in_flight = best.parts[0][0] is CauseKind.IN_FLIGHT
    return best.size == 1 and (not in_flight or bool(circumstances.pending))


def _has_rivals(best: Explanation, ordered: Sequence[Explanation], fitting: Sequence[Explanation]) -> bool:
    """Whether others are as natural, so that only its place in a list speaks for the best one."""
    if best.size > 1:
        return len(ordered) > 1
    return any(
        other.size == 1
        and other.rank <= best.rank
        and _kinds(other) != _kinds(best)
        and (other in fitting) == (best in fitting)
        for other in ordered
    )


def _kinds(explanation: Explanation) -> tuple[CauseKind, ...]:
    return tuple(sorted(kind for kind, _ in explanation.parts))


def _causes(
    explanation: Explanation,
    confidence: Confidence,
    circumstances: Circumstances,
    same: Sequence[Explanation] = (),
) -> list[Cause]:
    """Return a cause for each part; `same` are explanations with other elements of the same kinds."""
    causes = []
    for kind, elements in explanation.parts:
        others = {dict(other.parts)[kind]: None for other in same if dict(other.parts)[kind] != elements}
        causes.append(make_cause(kind, elements, confidence, stage=circumstances.stage, others=tuple(others)))
    return causes
