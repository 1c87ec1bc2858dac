"""Two faults together: the diagnosis may be at a loss, but it is never sure of something wrong."""

from itertools import combinations

import pytest

from tests.diagnosis.cases import diagnosis_of, plant, seen
from tests.diagnosis.pipeline_model import Model
from tests.diagnosis.planting import STATEFUL, STATELESS, Plant
from workshop.diagnosis import Cause, CauseKind, Confidence

SEEDS = range(1, 4)
PAIRS = [
    (pipeline, first, second)
    for pipeline, plants in (("stateless", STATELESS), ("stateful", STATEFUL))
    for first, second in combinations(plants, 2)
]


def sure_causes(pipeline: str, faults: tuple[Plant, Plant], seed: int, view: str) -> list[tuple[Cause, bool]]:
    """Return the certain causes of a plan with two faults, and whether each is one of the two."""
    model = Model(pipeline, seed, messages=200 + 20 * seed)
    planted, outcome = plant(model, faults)
    diagnosis = diagnosis_of(model, outcome, seen(outcome, view, planted))
    together = planted[0] | planted[1]
    return [
        (cause, any(each.is_named_by(cause) for each in (*planted, together)))
        for cause in diagnosis.causes
        if cause.confidence is Confidence.CERTAIN and cause.kind is not CauseKind.UNKNOWN
    ]


@pytest.mark.parametrize("view", ["nothing", "both"])
@pytest.mark.parametrize(
    ("pipeline", "first", "second"), PAIRS, ids=[f"{p}-{a.__name__}-{b.__name__}" for p, a, b in PAIRS]
)
def test_no_certain_cause_is_wrong(pipeline: str, first: Plant, second: Plant, view: str) -> None:
    """Of two faults of different kinds, whatever is called certain is one of the two."""
    for seed in SEEDS:
        for cause, is_right in sure_causes(pipeline, (first, second), seed, view):
            assert is_right, (seed, cause)


def test_tables_tell_two_faults_apart() -> None:
    """With both tables as evidence, two faults of different stages are both found, and mostly for sure."""
    named = []
    for seed in range(1, 21):
        model = Model("stateful", seed)
        by_name = {each.__name__: each for each in STATEFUL}
        planted, outcome = plant(model, [by_name["message_lost"], by_name["double_reduce"]])

        causes = diagnosis_of(model, outcome, outcome.evidence).causes

        named.append(all(any(each.is_named_by(cause) for cause in causes) for each in planted))

    assert sum(named) >= 19
