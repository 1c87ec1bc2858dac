"""Totals that do not agree with each other."""

from dataclasses import replace
from decimal import Decimal

from tests.diagnosis.cases import diagnosis_of, plant, seen
from tests.diagnosis.messages import diagnosed, different, plus, totals
from tests.diagnosis.pipeline_model import Model
from tests.diagnosis.planting import STATEFUL, torn_row
from workshop.diagnosis import CauseKind, CellElement, Confidence, RowElement
from workshop.diagnosis.cells import torn_cells


def test_parents_equal_their_children_in_every_truth() -> None:
    """True totals are never torn."""
    assert torn_cells(totals(different(50)), depth=3) == []


def test_torn_cell_is_named_with_its_surplus() -> None:
    """A parent that is more than its children is named, with how much."""
    sent = different(50)

    (cause,) = diagnosed(sent, plus(totals(sent), {"Grand Total": "4.20"})).causes

    assert (cause.kind, cause.confidence) == (CauseKind.TORN_TOTAL, Confidence.CERTAIN)
    assert cause.elements == (CellElement("Grand Total", Decimal("4.20"), 0),)


def test_trades_may_be_torn_as_well() -> None:
    """A parent that counts more trades than its children is torn, though every amount is right."""
    sent = different(50)
    right = totals(sent)
    observed = replace(right, trades={**right.trades, "PV": right.trades["PV"] + 2})

    (cause,) = diagnosed(sent, observed).causes

    assert cause.kind is CauseKind.TORN_TOTAL
    assert {(cell.path, cell.trades) for cell in cause.elements} == {("PV", 2), ("Grand Total", -2)}


def test_missing_parent_is_torn() -> None:
    """A parent without a row counts as zero."""
    sent = different(50)
    right = totals(sent)
    observed = replace(right, totals={path: each for path, each in right.totals.items() if path != "PV"})

    (cause,) = diagnosed(sent, observed).causes

    assert cause.kind is CauseKind.TORN_TOTAL
    assert "PV" in {cell.path for cell in cause.elements}


def test_row_that_was_added_in_part_is_named() -> None:
    """With the rows at hand, the one that reached only some of its cells is named."""
    for seed in range(1, 11):
        model = Model("stateful", seed, messages=200)
        planted, outcome = plant(model, [torn_row])

        (cause,) = diagnosis_of(model, outcome, seen(outcome, "everything")).causes

        assert isinstance(cause.elements[0], RowElement)
        assert cause.elements[0].message_hash in planted[0].rows


def test_torn_totals_make_nothing_else_certain() -> None:
    """Without evidence, what the leaves of torn totals seem to show is no more than possible."""
    for fault in STATEFUL:
        if "torn" in fault.__name__:
            continue
        model = Model("stateful", 2, messages=220)
        _, outcome = plant(model, [fault, torn_row])

        first, *others = diagnosis_of(model, outcome, seen(outcome, "nothing")).causes

        assert first.kind is CauseKind.TORN_TOTAL
        assert all(cause.confidence is Confidence.POSSIBLE for cause in others)
