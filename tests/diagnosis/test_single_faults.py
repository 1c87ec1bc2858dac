"""One fault of each kind, planted alone in twenty plans: what the diagnosis must say."""

from decimal import Decimal
from functools import cache

import pytest

from tests.diagnosis.cases import IS_LONG, diagnosis_of, plant, seen
from tests.diagnosis.pipeline_model import Model, Outcome, Planted
from tests.diagnosis.planting import (
    STATEFUL,
    STATELESS,
    Plant,
    conflict,
    double_reduce,
    map_batch_twice,
    reduce_in_flight,
    row_lost,
    stale,
    state_batch_lost,
    state_in_flight,
    torn_cell,
    torn_row,
)
from workshop.diagnosis import CauseKind, Confidence
from workshop.pipeline.truth import stateful_truth, stateless_truth

SEEDS = range(1, 201) if IS_LONG else range(1, 11)
NEEDED = 0.95
CASES = [("stateless", each) for each in STATELESS] + [("stateful", each) for each in STATEFUL]
# What the tables show by themselves, once Map's stream has forgotten its records.
IN_THE_TABLES = [
    *(("stateful", each) for each in (state_batch_lost, state_in_flight, stale, conflict)),
    *(
        (name, each)
        for name in ("stateless", "stateful")
        for each in (map_batch_twice, row_lost, double_reduce)
    ),
    *((name, each) for name in ("stateless", "stateful") for each in (reduce_in_flight, torn_row, torn_cell)),
]
NAMES = [f"{pipeline}-{each.__name__}" for pipeline, each in CASES]


@cache
def case(pipeline: str, fault: Plant, seed: int) -> tuple[Model, Planted, Outcome]:
    """Return a plan with its fault and what it left: 205 to 300 messages, and once 1,000."""
    model = Model(pipeline, seed, messages=1_000 if seed == 10 else 200 + 5 * (seed % 20))
    (planted,), outcome = plant(model, [fault])
    return model, planted, outcome


def success_rate(pipeline: str, fault: Plant, view: str) -> float:
    """Return the share of plans whose first cause is the planted one, with its trade, messages or rows."""
    right = 0
    for seed in SEEDS:
        model, planted, outcome = case(pipeline, fault, seed)
        right += planted.is_named_by(diagnosis_of(model, outcome, seen(outcome, view, [planted])).causes[0])
    return right / len(SEEDS)


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

        cells = diagnosis_of(model, outcome, seen(outcome, "nothing")).cells

        named = {cell.path: (cell.amount, cell.found_trades - cell.expected_trades) for cell in cells}
        assert named == wrong_cells(model, outcome) != {}


@pytest.mark.parametrize(("pipeline", "fault"), CASES, ids=NAMES)
def test_first_cause_is_the_planted_one(pipeline: str, fault: Plant) -> None:
    """The first cause is the planted fault in 95 % of the plans, when tables and stream could be read."""
    assert success_rate(pipeline, fault, "everything") >= NEEDED


@pytest.mark.parametrize(
    ("pipeline", "fault"),
    IN_THE_TABLES,
    ids=[f"{pipeline}-{each.__name__}" for pipeline, each in IN_THE_TABLES],
)
def test_tables_alone_show_what_state_and_reduce_did(pipeline: str, fault: Plant) -> None:
    """Without the stream, the tables still show what State did, what Reduce did, and ranges written again."""
    assert success_rate(pipeline, fault, "tables") >= NEEDED


@pytest.mark.parametrize("view", ["nothing", "state", "rows"])
def test_what_cannot_be_seen_is_never_certain(view: str) -> None:
    """With less to look at, a single fault may stay unknown, but nothing wrong is certain."""
    for pipeline, fault in CASES:
        model, planted, outcome = case(pipeline, fault, 1)
        for cause in diagnosis_of(model, outcome, seen(outcome, view, [planted])).causes:
            is_sure = cause.confidence is Confidence.CERTAIN and cause.kind is not CauseKind.UNKNOWN
            assert planted.is_named_by(cause) or not is_sure


@pytest.mark.parametrize("fault", STATEFUL, ids=[each.__name__ for each in STATEFUL])
def test_shards_that_do_not_mix_make_no_difference(fault: Plant) -> None:
    """A fault is named as well when each shard's changes reach Map on their own."""
    right = []
    for seed in range(21, 31):
        model = Model("stateful", seed, messages=250, mixed=False)
        (planted,), outcome = plant(model, [fault])

        diagnosis = diagnosis_of(model, outcome, seen(outcome, "everything", [planted]))

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
