"""What the diagnosis may not claim: amounts that say little, and faults that look alike."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.diagnosis.messages import different, message, plus, totals
from workshop.diagnosis import CauseKind, Confidence, Evidence, diagnose
from workshop.pipeline.aggregates import AggregateSnapshot

AT_REST = Evidence(pending=0)


def test_equal_trades_are_said_to_be_candidates() -> None:
    """When trades of equal value are lost, the kind is named, and each of them is a candidate."""
    sent = [message(f"trade-{number}", "100.00") for number in range(20)]

    (cause,) = diagnose(sent, totals(sent[:-1]), pipeline="stateful", evidence=AT_REST).causes

    assert cause.kind is CauseKind.MESSAGE_LOST
    assert cause.confidence is not Confidence.CERTAIN
    assert len(cause.others) == 19
    assert "one of 20 candidates" in cause.sentence


def test_round_values_leave_room_for_chance() -> None:
    """Amounts of a few round values fit many stories by chance, so that none of them is certain."""
    sent = [message(f"trade-{number}", f"{number % 4 + 1}00.00") for number in range(40)]

    diagnosis = diagnose(sent, totals(sent[:10] + sent[14:]), pipeline="stateless", evidence=AT_REST)

    assert all(cause.confidence is not Confidence.CERTAIN for cause in diagnosis.causes)


def test_last_message_may_be_lost_or_in_flight() -> None:
    """Of a last message that does not count nobody can say whether it is lost, unless nothing is pending."""
    sent = different(50)

    unknown = diagnose(sent, totals(sent[:-1]), pipeline="stateful")
    at_rest = diagnose(sent, totals(sent[:-1]), pipeline="stateful", evidence=AT_REST)
    waiting = diagnose(sent, totals(sent[:-1]), pipeline="stateful", evidence=Evidence(pending=1))

    assert unknown.causes[0].confidence is Confidence.POSSIBLE
    assert {cause.kind for cause in (*unknown.causes, *unknown.alternatives)} == {
        CauseKind.IN_FLIGHT,
        CauseKind.MESSAGE_LOST,
    }
    assert at_rest.causes[0].kind is CauseKind.MESSAGE_LOST
    assert (waiting.causes[0].kind, waiting.causes[0].confidence) == (
        CauseKind.IN_FLIGHT,
        Confidence.CERTAIN,
    )


def test_older_version_may_have_come_back() -> None:
    """That an older version stands has two explanations, and both are told."""
    first, second = message("trade-1", "75.31"), message("trade-1", "81.07", 2)
    sent = [first, second, *different(30, start=2)]

    diagnosis = diagnose(sent, totals([first, *sent[2:]]), pipeline="stateful", evidence=AT_REST)

    named = {cause.kind for cause in (*diagnosis.causes, *diagnosis.alternatives)}
    assert named == {CauseKind.MESSAGE_LOST, CauseKind.STALE_VERSION}
    assert diagnosis.causes[0].confidence is not Confidence.CERTAIN


def test_number_of_records_decides_between_them() -> None:
    """One change more than expected tells a stale version, one less a message lost."""
    first, second = message("trade-1", "75.31"), message("trade-1", "81.07", 2)
    sent = [first, second, *different(30, start=2)]
    observed = totals([first, *sent[2:]])

    kinds = {
        surplus: diagnose(
            sent,
            replace(observed, message_count=len(sent) + surplus),
            pipeline="stateful",
            evidence=AT_REST,
        )
        .causes[0]
        .kind
        for surplus in (1, -1)
    }

    assert kinds == {1: CauseKind.STALE_VERSION, -1: CauseKind.MESSAGE_LOST}


def test_whatever_makes_no_sense_is_unknown() -> None:
    """A difference that nothing sent can explain has no cause but `unknown`, and is never certain."""
    sent = different(60)
    observed = plus(totals(sent), dict.fromkeys(("PV:FXSpot:E", "PV:FXSpot", "PV", "Grand Total"), "0.01"))

    (cause,) = diagnose(sent, observed, pipeline="stateful", evidence=AT_REST).causes

    assert (cause.kind, cause.confidence) == (CauseKind.UNKNOWN, Confidence.POSSIBLE)


def test_what_is_pending_may_explain_the_rest() -> None:
    """As long as records are pending, an unexplained difference is a reason to wait."""
    sent = different(60)
    observed = plus(totals(sent), dict.fromkeys(("PV:FXSpot:E", "PV:FXSpot", "PV", "Grand Total"), "0.01"))

    (cause,) = diagnose(sent, observed, pipeline="stateful", evidence=Evidence(pending=7)).causes

    assert cause.kind is CauseKind.IN_FLIGHT
    assert cause.confidence is Confidence.POSSIBLE
    assert "7 records" in cause.sentence


def test_leaf_that_nothing_belongs_to_is_named() -> None:
    """A total at a path that no message belongs to is told as such."""
    sent = different(20)
    extra = dict.fromkeys(("XX:FXSpot:E", "XX:FXSpot", "XX", "Grand Total"), "5.00")

    (cause,) = diagnose(sent, plus(totals(sent), extra), pipeline="stateful", evidence=AT_REST).causes

    assert cause.kind is CauseKind.UNKNOWN
    assert "`XX:FXSpot:E`" in cause.sentence


@pytest.mark.parametrize("pipeline", ["stateless", "stateful"])
def test_empty_totals_mean_that_all_is_in_flight(pipeline: str) -> None:
    """When no total is there yet, everything that was sent is still in flight."""
    sent = different(30)

    diagnosis = diagnose(sent, AggregateSnapshot(), pipeline=pipeline)

    assert diagnosis.causes[0].kind is CauseKind.IN_FLIGHT
    assert sum(element.messages for element in diagnosis.causes[0].elements) == 30


def test_nothing_sent_and_nothing_there_is_exact() -> None:
    """An empty table after nothing was sent is right."""
    observed = AggregateSnapshot({"Grand Total": Decimal(0)}, {"Grand Total": 0})

    assert diagnose([], observed, pipeline="stateful").exact


def test_totals_without_messages_are_unexplained() -> None:
    """Totals after nothing was sent are wrong, and nothing explains them."""
    observed = totals(different(3))

    diagnosis = diagnose([], observed, pipeline="stateful", evidence=AT_REST)

    assert diagnosis.cells
    assert diagnosis.causes[0].kind is CauseKind.UNKNOWN
