"""Ten thousand messages, as in a round of the game."""

import pytest

from tests.diagnosis.cases import IS_LONG, diagnosis_of, plant, seen
from tests.diagnosis.pipeline_model import Model
from tests.diagnosis.planting import STATEFUL, Plant, double_reduce, map_batch_twice, old_kept, stale

LARGE = 10_000
FAULTS = STATEFUL if IS_LONG else (stale, old_kept, map_batch_twice, double_reduce)


@pytest.mark.parametrize("fault", FAULTS, ids=[each.__name__ for each in FAULTS])
def test_every_fault_is_found_with_all_evidence(fault: Plant) -> None:
    """With both tables at hand, every kind of fault is named among ten thousand messages."""
    model = Model("stateful", 1, messages=LARGE)
    planted, outcome = plant(model, [fault])

    causes = diagnosis_of(model, outcome, seen(outcome, "everything", planted)).causes

    assert planted[0].is_named_by(causes[0])
