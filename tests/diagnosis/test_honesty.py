"""What the diagnosis may not claim: amounts that say little, and faults that look alike."""

from decimal import Decimal

import pytest

from tests.diagnosis.messages import different, message, plus, state, totals
from workshop.diagnosis import CauseKind, Confidence, Evidence, MapRecord, diagnose
from workshop.pipeline.aggregates import AggregateSnapshot

AT_REST = Evidence(pending=0)


def test_without_tables_nothing_is_guessed() -> None:
    """From the totals alone no cause is named; the reader is told what evidence would help."""
    sent = different(50)

    (cause,) = diagnose(sent, totals(sent[:20] + sent[21:]), pipeline="stateful", evidence=AT_REST).causes

    assert (cause.kind, cause.confidence) == (CauseKind.UNKNOWN, Confidence.POSSIBLE)
    assert "With StateTable and ReduceTable as evidence" in cause.sentence


def test_last_message_may_be_lost_or_in_flight() -> None:
    """Of a last message that does not count nobody can say whether it is lost, unless nothing is pending."""
    sent = different(50)

    unknown, at_rest, waiting = (
        diagnose(
            sent,
            totals(sent[:-1]),
            pipeline="stateful",
            evidence=Evidence(state=state(sent[:-1]), pending=pending),
        )
        for pending in (None, 0, 1)
    )

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

    held = [first, *sent[2:]]
    evidence = Evidence(state=state(held), pending=0)

    diagnosis = diagnose(sent, totals(held), pipeline="stateful", evidence=evidence)

    named = {cause.kind for cause in (*diagnosis.causes, *diagnosis.alternatives)}
    assert named == {CauseKind.MESSAGE_LOST, CauseKind.STALE_VERSION}
    assert diagnosis.causes[0].confidence is not Confidence.CERTAIN


def test_changes_decide_between_them() -> None:
    """If StateTable's changes show that the newer version was applied, the older one has come back."""
    sent = [message("trade-1", "75.31"), message("trade-1", "81.07", 2), *different(30, start=2)]
    first, second, *others = state(sent)
    rest = [MapRecord("shard-1", number, row) for number, row in enumerate(others, 4)]
    held = [sent[0], *sent[2:]]
    lost = [MapRecord("shard-1", 1, first), *rest]
    came_back = [
        MapRecord("shard-1", 1, first),
        MapRecord("shard-1", 2, second, first),
        MapRecord("shard-1", 3, first, second),
        *rest,
    ]

    found = [
        diagnose(
            sent,
            totals(held),
            pipeline="stateful",
            evidence=Evidence(state=state(held), records=records, pending=0),
        ).causes[0]
        for records in (lost, came_back)
    ]

    assert [cause.kind for cause in found] == [CauseKind.MESSAGE_LOST, CauseKind.STALE_VERSION]
    assert {cause.confidence for cause in found} == {Confidence.CERTAIN}


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
