"""What a learner reads."""

import re

import pytest

from tests.diagnosis.cases import VIEWS, diagnosis_of, name_of, plant, seen
from tests.diagnosis.messages import diagnosed, different, message
from tests.diagnosis.pipeline_model import Model
from tests.diagnosis.planting import STATEFUL, Plant
from workshop.diagnosis import BatchElement, CauseKind, CellElement, RowElement, TradeElement
from workshop.diagnosis.words import sentence_of


def test_summary_tells_cell_amount_and_cause() -> None:
    """The summary names the deepest wrong cell, the amount, and the cause with its trade."""
    sent = [message("5b1e77a2", "1234.50"), *different(30)]

    summary = diagnosed(sent, held=sent[1:]).summary

    assert summary == (
        "`PV:FXSpot:EMEA` is 1,234.50 too small, with 1 trade too few. 3 of the totals above are wrong as "
        "well.\nA message lost (certain): Version 1 of trade `5b1e77a2` (1,234.50 in `PV:FXSpot:EMEA`) was "
        "sent once and counts not at all. StateTable shows it."
    )


def test_summary_tells_what_else_it_could_be() -> None:
    """When other faults explain the same, the summary names them."""
    sent = different(30)

    summary = diagnosed(sent, held=sent[:-1], pending=None).summary

    assert "The same numbers could also come from: a message lost." in summary


@pytest.mark.parametrize("fault", STATEFUL, ids=name_of)
def test_every_sentence_is_whole(fault: Plant) -> None:
    """Every sentence is complete: no gap, no internal word, no enumeration without end."""
    for view in VIEWS:
        model = Model("stateful", 6, messages=220)
        planted, outcome = plant(model, [fault])
        diagnosis = diagnosis_of(model, outcome, seen(outcome, view, planted))

        for cause in (*diagnosis.causes, *diagnosis.alternatives):
            assert re.fullmatch(r"[A-Z0-9`].*\.", cause.sentence), cause.sentence
            assert not re.search(r"None|[{}]|  |\bElement|\.\.", cause.sentence), cause.sentence
            assert len(cause.sentence) < 900


@pytest.mark.parametrize(
    ("kind", "elements", "sentence"),
    [
        (
            CauseKind.DUPLICATE_COUNTED,
            (TradeElement("t", 2, "PV:A", message("t", "5").value, sent=2, counted=3),),
            "Version 2 of trade `t` (5.00 in `PV:A`) was sent twice and counts 3 times.",
        ),
        (
            CauseKind.STALE_VERSION,
            (TradeElement("t", 1, "PV:A", message("t", "5").value, sent=1, counted=1, instead_of=2),),
            "Version 1 of trade `t` (5.00 in `PV:A`) stands, although version 2 was sent as well.",
        ),
        (
            CauseKind.OLD_VALUE_KEPT,
            (TradeElement("t", 1, "PV:A", message("t", "5").value, sent=1, counted=1, instead_of=1),),
            (
                "Version 1 of trade `t` (5.00 in `PV:A`) still counts beside other content of the same "
                "version, which replaced it."
            ),
        ),
        (
            CauseKind.BATCH_LOST,
            (BatchElement(1, first=12, last=120, messages=57, counted=0),),
            "57 messages of shard 1, among numbers 12 to 120 of all that was sent, never reached the totals.",
        ),
        (
            CauseKind.DOUBLE_REDUCE,
            tuple(RowElement(f"r{number}", 1_000, 2) for number in range(5)),
            (
                "Row `r0` (made from 1,000 records) was added twice; row `r1` (made from 1,000 records) was "
                "added twice; row `r2` (made from 1,000 records) was added twice; and 2 more."
            ),
        ),
        (
            CauseKind.DOUBLE_REDUCE,
            (RowElement("r0", 1, 2),),
            "Row `r0` (made from 1 record) was added twice.",
        ),
        (
            CauseKind.UNKNOWN,
            (CellElement("XX", message("t", "5").value),),
            "No message that was sent belongs to `XX`.",
        ),
    ],
)
def test_sentences_say_what_was_observed(kind: CauseKind, elements: tuple, sentence: str) -> None:
    """A sentence names the thing and what was observed of it."""
    assert sentence_of(kind, elements) == sentence
