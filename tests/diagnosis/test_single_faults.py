"""One fault of each kind, planted alone in twenty plans: what the diagnosis must say."""

from decimal import Decimal
from functools import cache

import pytest

from tests.diagnosis.cases import VIEWS, diagnosis_of, plant, seen
from tests.diagnosis.pipeline_model import Model, Outcome, Planted
from tests.diagnosis.planting import STATEFUL, STATELESS, Plant
from workshop.diagnosis import Diagnosis
from workshop.pipeline.truth import stateful_truth, stateless_truth

SEEDS = range(1, 21)
NEEDED = 19  # 95 % of twenty
CASES = [("stateless", each) for each in STATELESS] + [("stateful", each) for each in STATEFUL]
NAMES = [f"{pipeline}-{each.__name__}" for pipeline, each in CASES]


@cache
def case(pipeline: str, fault: Plant, seed: int) -> tuple[Model, Planted, Outcome]:
    """Return a plan with its fault and what it left: 205 to 300 messages, and once 1,000."""
    model = Model(pipeline, seed, messages=1_000 if seed == 10 else 200 + 5 * seed)
    (planted,), outcome = plant(model, [fault])
    return model, planted, outcome


@cache
def diagnosed(pipeline: str, fault: Plant, seed: int, view: str) -> Diagnosis:
    model, planted, outcome = case(pipeline, fault, seed)
    return diagnosis_of(model, outcome, seen(outcome, view, [planted]))


def wrong_cells(model: Model, outcome: Outcome) -> dict[str, tuple[Decimal, int]]:
    truth = (stateful_truth if model.stateful else stateless_truth)(model.sent)
    totals, trades = outcome.snapshot.totals, outcome.snapshot.trades
    cells = {
        path: (
            totals.get(path, Decimal(0)) - truth.totals.get(path, Decimal(0)),
            trades.get(path, 0) - truth.trades.get(path, 0),
        )
        for path in {*totals, *truth.totals}
    }
    return {path: cell for path, cell in cells.items() if any(cell)}


@pytest.mark.parametrize(("pipeline", "fault"), CASES, ids=NAMES)
def test_cells_and_differences_are_exact(pipeline: str, fault: Plant) -> None:
    """Exactly the cells that differ from the truth are named, each with its exact difference."""
    for seed in SEEDS:
        model, _, outcome = case(pipeline, fault, seed)

        cells = diagnosed(pipeline, fault, seed, "nothing").cells

        named = {cell.path: (cell.amount, cell.found_trades - cell.expected_trades) for cell in cells}
        assert named == wrong_cells(model, outcome) != {}


@pytest.mark.parametrize(("pipeline", "fault"), CASES, ids=NAMES)
@pytest.mark.parametrize("view", VIEWS)
def test_first_cause_is_the_planted_one(pipeline: str, fault: Plant, view: str) -> None:
    """The first cause is the planted fault, with its trade, messages or rows, in 95 % of the plans."""
    right = []
    for seed in SEEDS:
        _, planted, _ = case(pipeline, fault, seed)

        diagnosis = diagnosed(pipeline, fault, seed, view)

        right.append(planted.is_named_by(diagnosis.causes[0]))

    assert sum(right) >= NEEDED


@pytest.mark.parametrize("fault", STATEFUL, ids=[each.__name__ for each in STATEFUL])
def test_shards_that_do_not_mix_make_no_difference(fault: Plant) -> None:
    """A fault is named as well when each shard's changes reach Map on their own."""
    right = []
    for seed in range(21, 31):
        model = Model("stateful", seed, messages=250, mixed=False)
        (planted,), outcome = plant(model, [fault])

        diagnosis = diagnosis_of(model, outcome, seen(outcome, "nothing", [planted]))

        right.append(planted.is_named_by(diagnosis.causes[0]))

    assert sum(right) >= 9


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
