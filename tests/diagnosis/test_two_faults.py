"""Several faults together: the diagnosis may be at a loss, but it is never sure of something wrong."""

from itertools import combinations

import pytest

from tests.diagnosis.cases import IS_LONG, VIEWS, diagnosis_of, name_of, plant, seen
from tests.diagnosis.pipeline_model import Model
from tests.diagnosis.planting import STATEFUL, STATELESS, Plant, double_reduce, message_lost
from workshop.diagnosis import CauseKind, Confidence

SEEDS = range(1, 21) if IS_LONG else range(1, 2)
PAIRS = [
    (pipeline, first, second)
    for pipeline, plants in (("stateless", STATELESS), ("stateful", STATEFUL))
    for first, second in combinations(plants, 2)
]


@pytest.mark.parametrize(("pipeline", "first", "second"), PAIRS, ids=name_of)
def test_no_certain_cause_is_wrong(pipeline: str, first: Plant, second: Plant) -> None:
    """Of two faults of different kinds, whatever is called certain is one of the two, whatever was read."""
    for seed in SEEDS:
        model = Model(pipeline, seed, messages=200 + 20 * seed)
        planted, outcome = plant(model, (first, second))
        together = planted[0] | planted[1]
        for view in VIEWS if IS_LONG else ("tables", "everything"):
            for cause in diagnosis_of(model, outcome, seen(outcome, view, planted)).causes:
                is_sure = cause.confidence is Confidence.CERTAIN
                named = any(each.is_named_by(cause) for each in (*planted, together))
                assert named or not is_sure, (seed, view, cause)


def test_tables_tell_two_faults_apart() -> None:
    """With everything as evidence, two faults of different stages are both found, and mostly for sure."""
    named = []
    for seed in range(1, 21):
        model = Model("stateful", seed)
        planted, outcome = plant(model, [message_lost, double_reduce])

        causes = diagnosis_of(model, outcome, outcome.evidence).causes

        named.append(all(any(each.is_named_by(cause) for cause in causes) for each in planted))

    assert sum(named) >= 19


@pytest.mark.parametrize("pipeline", ["stateless", "stateful"])
def test_several_rows_that_are_no_neighbours_are_all_named(pipeline: str) -> None:
    """Of few rows each that was added too often, or never, is named with how often, though never for sure."""
    for seed in range(1, 11):
        model = Model(pipeline, seed, messages=200)
        numbers = range(len(rows := model.rows))
        again, lost = dict(zip(model.random.sample(numbers, 3), (1, 1, 2), strict=True)), numbers[seed % 3]
        model.faults.row_again = again
        model.faults.row_lost = {lost}
        outcome = model.run()

        causes = diagnosis_of(model, outcome, outcome.evidence).causes

        counted = {each.message_hash: each.counted for cause in causes for each in cause.elements}
        wrong = {rows[number].name: 1 + times for number, times in again.items()} | {rows[lost].name: 0}
        assert counted == wrong, (seed, causes)
        assert {each.kind for each in causes} <= {CauseKind.DOUBLE_REDUCE, CauseKind.BATCH_LOST}
        assert Confidence.CERTAIN not in {each.confidence for each in causes}


def test_of_rows_that_add_the_same_none_is_named_alone() -> None:
    """Where one of several equal rows was added again, all of them are told as candidates."""
    model = Model("stateful", 1)
    model.faults.map_again = {0: 1}
    rows = model.rows
    model.faults.row_again = {0: 1, 4: 1, 8: 1}
    outcome = model.run()

    causes = diagnosis_of(model, outcome, outcome.evidence).causes

    [reduced] = [each for each in causes if each.kind is CauseKind.DOUBLE_REDUCE]
    named = {each.message_hash for elements in (reduced.elements, *reduced.others) for each in elements}
    assert {rows[0].name, rows[1].name} <= named
    assert reduced.confidence is Confidence.POSSIBLE
