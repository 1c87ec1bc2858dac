"""Ten thousand messages, as in a round of the game: the searches stay bounded and find what is there."""

from dataclasses import replace

import pytest

from tests.diagnosis.cases import diagnosis_of, plant, seen
from tests.diagnosis.messages import message, totals
from tests.diagnosis.pipeline_model import Model
from tests.diagnosis.planting import STATEFUL, Plant, duplicate, message_lost, state_batch_lost
from workshop.diagnosis import Confidence, Evidence, diagnose

LARGE = 10_000


@pytest.mark.parametrize("fault", STATEFUL, ids=[each.__name__ for each in STATEFUL])
def test_every_fault_is_found_with_all_evidence(fault: Plant) -> None:
    """With both tables at hand, every kind of fault is named among ten thousand messages."""
    model = Model("stateful", 1, messages=LARGE)
    planted, outcome = plant(model, [fault])

    causes = diagnosis_of(model, outcome, seen(outcome, "both", planted)).causes

    assert planted[0].is_named_by(causes[0])


@pytest.mark.parametrize("fault", [duplicate, message_lost, state_batch_lost])
def test_simple_faults_are_found_without_evidence(fault: Plant) -> None:
    """From the totals alone, one message or one batch is named among ten thousand messages."""
    model = Model("stateful", 2, messages=LARGE)
    planted, outcome = plant(model, [fault])

    causes = diagnosis_of(model, outcome, seen(outcome, "nothing", planted)).causes

    assert planted[0].is_named_by(causes[0])


def test_two_faults_are_never_certain_and_wrong() -> None:
    """Also among ten thousand messages, two faults never make a certain wrong cause."""
    for first, second in ((duplicate, message_lost), (message_lost, state_batch_lost)):
        model = Model("stateful", 3, messages=LARGE)
        planted, outcome = plant(model, [first, second])

        causes = diagnosis_of(model, outcome, seen(outcome, "nothing")).causes

        assert all(
            cause.confidence is not Confidence.CERTAIN or any(each.is_named_by(cause) for each in planted)
            for cause in causes
        )


def test_equal_values_end_in_candidates() -> None:
    """Ten thousand trades of one value are as many candidates, and do not take forever."""
    sent = [message(f"trade-{number}", "1.00") for number in range(LARGE)]

    lost = diagnose(sent, totals(sent[:-37]), pipeline="stateful", evidence=Evidence(pending=0))
    again = [replace(each, trade_id=f"again {each.trade_id}") for each in sent[:3]]
    doubled = diagnose(sent, totals([*sent, *again]), pipeline="stateful", evidence=Evidence(pending=0))

    for diagnosis in (lost, doubled):
        assert diagnosis.causes
        assert all(cause.confidence is not Confidence.CERTAIN for cause in diagnosis.causes)
