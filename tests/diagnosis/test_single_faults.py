"""One fault of each kind, planted alone in twenty plans: what the diagnosis must say."""

from decimal import Decimal
from functools import cache

import pytest

from tests.diagnosis.cases import IS_LONG, diagnosis_of, is_found_first, name_of, plant, seen
from tests.diagnosis.pipeline_model import Model, Outcome, Planted
from tests.diagnosis.planting import (
    STATEFUL,
    STATELESS,
    Plant,
    conflict,
    double_reduce,
    map_batch_twice,
    old_kept,
    reduce_in_flight,
    row_lost,
    stale,
    state_batch_lost,
    state_in_flight,
    torn_cell,
    torn_row,
)
from workshop.diagnosis import Confidence
from workshop.pipeline.truth import stateful_truth, stateless_truth

SEEDS = range(1, 201) if IS_LONG else range(1, 11)
NEEDED = 0.95
AMONG_MANY = STATEFUL if IS_LONG else (stale, old_kept, map_batch_twice, double_reduce)
CASES = [("stateless", each) for each in STATELESS] + [("stateful", each) for each in STATEFUL]
# What the tables show by themselves, once Map's stream has forgotten its records.
SHOWN_BY_STATE = (state_batch_lost, state_in_flight, stale, conflict)
SHOWN_BY_ROWS = (map_batch_twice, row_lost, double_reduce, reduce_in_flight, torn_row, torn_cell)
IN_THE_TABLES = [
    (pipeline, each)
    for pipeline, each in CASES
    if each in SHOWN_BY_ROWS or (pipeline == "stateful" and each in SHOWN_BY_STATE)
]


@cache
def case(pipeline: str, fault: Plant, seed: int) -> tuple[Model, Planted, Outcome]:
    """Return a plan with its fault and what it left: 205 to 300 messages, and once 1,000."""
    model = Model(pipeline, seed, messages=1_000 if seed == 10 else 200 + 5 * (seed % 20))
    return model, *planted_in(model, fault)


def planted_in(model: Model, fault: Plant) -> tuple[Planted, Outcome]:
    (planted,), outcome = plant(model, [fault])
    return planted, outcome


def wrong_cells(model: Model, outcome: Outcome) -> dict[str, tuple[Decimal, int]]:
    truth = (stateful_truth if model.stateful else stateless_truth)(model.sent)
    found = outcome.snapshot
    cells = {
        path: (
            found.totals.get(path, Decimal(0)) - truth.totals.get(path, Decimal(0)),
            found.trades.get(path, 0) - truth.trades.get(path, 0),
        )
        for path in {*found.totals, *truth.totals}
    }
    return {path: cell for path, cell in cells.items() if any(cell)}


@pytest.mark.parametrize(("pipeline", "fault"), CASES, ids=name_of)
def test_cells_and_differences_are_exact(pipeline: str, fault: Plant) -> None:
    """Exactly the cells that differ from the truth are named, each with its exact difference."""
    for seed in SEEDS:
        model, _, outcome = case(pipeline, fault, seed)

        cells = diagnosis_of(model, outcome, seen(outcome, "nothing")).cells

        named = {cell.path: (cell.amount, cell.found_trades - cell.expected_trades) for cell in cells}
        assert named == wrong_cells(model, outcome) != {}


@pytest.mark.parametrize(
    ("pipeline", "fault", "view"),
    [(*each, "everything") for each in CASES] + [(*each, "tables") for each in IN_THE_TABLES],
    ids=name_of,
)
def test_first_cause_is_the_planted_one(pipeline: str, fault: Plant, view: str) -> None:
    """The first cause is the planted fault in 95 % of the plans, if what was read shows it at all."""
    right = sum(is_found_first(*case(pipeline, fault, seed), view) for seed in SEEDS)

    assert right / len(SEEDS) >= NEEDED


@pytest.mark.parametrize("view", ["nothing", "state", "rows"])
def test_what_cannot_be_seen_is_never_certain(view: str) -> None:
    """With less to look at, a single fault may stay unknown, but nothing wrong is certain."""
    for pipeline, fault in CASES:
        model, planted, outcome = case(pipeline, fault, 1)
        for cause in diagnosis_of(model, outcome, seen(outcome, view, [planted])).causes:
            is_sure = cause.confidence is Confidence.CERTAIN
            assert planted.is_named_by(cause) or not is_sure


@pytest.mark.parametrize("fault", STATEFUL, ids=name_of)
def test_shards_that_do_not_mix_make_no_difference(fault: Plant) -> None:
    """A fault is named as well when each shard's changes reach Map on their own."""
    models = [Model("stateful", seed, messages=250, mixed=False) for seed in range(21, 31)]

    assert sum(is_found_first(model, *planted_in(model, fault), "everything") for model in models) >= 9


@pytest.mark.parametrize("fault", AMONG_MANY, ids=name_of)
def test_fault_is_found_among_ten_thousand_messages(fault: Plant) -> None:
    """With all evidence, a fault is named in a plan as large as a round of the game."""
    model = Model("stateful", 1, messages=10_000)

    assert is_found_first(model, *planted_in(model, fault), "everything")


@pytest.mark.parametrize("pipeline", ["stateless", "stateful"])
def test_exact_totals_are_not_wrong(pipeline: str) -> None:
    """Without a fault, nothing is wrong, whatever was duplicated or came out of order."""
    for seed in SEEDS:
        model = Model(pipeline, seed)
        outcome = model.run()

        diagnosis = diagnosis_of(model, outcome, outcome.evidence)

        assert diagnosis.exact
        assert diagnosis.causes == ()
        assert "Nothing is wrong" in diagnosis.summary
