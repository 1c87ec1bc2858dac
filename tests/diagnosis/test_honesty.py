"""What the diagnosis may not claim: amounts that say little, and faults that look alike."""

from decimal import Decimal

import pytest

from tests.diagnosis.messages import diagnosed, different, message, plus, state, totals
from workshop.diagnosis import CauseKind, Confidence, MapRecord, diagnose
from workshop.pipeline.aggregates import AggregateSnapshot


def test_without_tables_nothing_is_guessed() -> None:
    """From the totals alone no cause is named; the reader is told what evidence would help."""
    sent = different(50)

    (cause,) = diagnosed(sent, totals(sent[:20] + sent[21:])).causes

    assert (cause.kind, cause.confidence) == (CauseKind.UNKNOWN, Confidence.POSSIBLE)
    assert "With StateTable and ReduceTable as evidence" in cause.sentence


def test_last_message_may_be_lost_or_in_flight() -> None:
    """Of a last message that does not count nobody can say whether it is lost, unless nothing is pending."""
    sent = different(50)

    unknown, at_rest, waiting = (diagnosed(sent, held=sent[:-1], pending=pending) for pending in (None, 0, 1))

    assert unknown.causes[0].confidence is Confidence.POSSIBLE
    assert {cause.kind for cause in (*unknown.causes, *unknown.alternatives)} == {
        CauseKind.IN_FLIGHT,
        CauseKind.MESSAGE_LOST,
    }
    assert at_rest.causes[0].kind is CauseKind.MESSAGE_LOST
    first = waiting.causes[0]
    assert (first.kind, first.confidence) == (CauseKind.IN_FLIGHT, Confidence.CERTAIN)


def test_older_version_may_have_come_back() -> None:
    """That an older version stands has two explanations, and both are told."""
    first, second = message("trade-1", "75.31"), message("trade-1", "81.07", 2)
    sent = [first, second, *different(30, start=2)]

    diagnosis = diagnosed(sent, held=[first, *sent[2:]])

    named = {cause.kind for cause in (*diagnosis.causes, *diagnosis.alternatives)}
    assert named == {CauseKind.MESSAGE_LOST, CauseKind.STALE_VERSION}
    assert diagnosis.causes[0].confidence is not Confidence.CERTAIN


def test_changes_decide_between_them() -> None:
    """If StateTable's changes show that the newer version was applied, the older one has come back.

    Either way the element names the other version, without which nobody knows by how much the totals are off.
    """
    sent = [message("trade-1", "75.31"), message("trade-1", "81.07", 2), *different(30, start=2)]
    first, second, *others = state(sent)
    rest = [MapRecord("shard-1", number, row) for number, row in enumerate(others, 4)]
    held = [sent[0], *sent[2:]]
    lost = [MapRecord("shard-1", 1, first), *rest]
    came_back = [*lost, MapRecord("shard-1", 2, second, first), MapRecord("shard-1", 3, first, second)]

    found = [diagnosed(sent, held=held, records=records).causes[0] for records in (lost, came_back)]

    assert [cause.kind for cause in found] == [CauseKind.MESSAGE_LOST, CauseKind.STALE_VERSION]
    assert {cause.confidence for cause in found} == {Confidence.CERTAIN}
    assert [(each.version, each.instead_of) for cause in found for each in cause.elements] == [(2, 1), (1, 2)]


def test_what_makes_no_sense_is_unknown_unless_records_are_pending() -> None:
    """A difference that nothing explains is unknown, or still in flight if records pend; never certain."""
    sent = different(60)
    observed = plus(totals(sent), dict.fromkeys(("PV:FXSpot:E", "PV:FXSpot", "PV", "Grand Total"), "0.01"))

    (at_rest,), (waiting,) = (diagnosed(sent, observed, pending=pending).causes for pending in (0, 7))

    assert (at_rest.kind, waiting.kind) == (CauseKind.UNKNOWN, CauseKind.IN_FLIGHT)
    assert at_rest.confidence is waiting.confidence is Confidence.POSSIBLE
    assert "7 records" in waiting.sentence


def test_leaf_that_nothing_belongs_to_is_named() -> None:
    """A total at a path that no message belongs to is told as such; how it came there is never certain."""
    sent = different(20)
    extra = dict.fromkeys(("XX:FXSpot:E", "XX:FXSpot", "XX", "Grand Total"), "5.00")

    (cause,) = diagnosed(sent, plus(totals(sent), extra)).causes

    assert (cause.kind, cause.confidence) == (CauseKind.UNKNOWN, Confidence.POSSIBLE)
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

    diagnosis = diagnosed([], observed)

    assert diagnosis.cells
    assert diagnosis.causes[0].kind is CauseKind.UNKNOWN


def test_nobody_is_told_to_wait_for_a_function_that_fails() -> None:
    """Records that a failing function holds up are in flight, and waiting alone brings them nowhere."""
    held_up = diagnosed(different(30), totals(()), pending=30).with_trouble("MapLambda fails: KeyError: 'a'.")

    for told in (held_up.summary, held_up.causes[0].sentence):
        assert "wait, and look again" not in told
        assert told.endswith("Waiting helps only once this is mended: MapLambda fails: KeyError: 'a'.")
