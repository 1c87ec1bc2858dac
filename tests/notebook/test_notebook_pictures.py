"""The picture of the pipeline, the dashboard's drawings, and one trade followed."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from decimal import Decimal

import pytest

from workshop.course.sent import SentRecord
from workshop.notebook.views.follow import Trail, draw_trail, may_hold
from workshop.notebook.views.picture import draw_picture
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.hops import Hop, PipelineLook
from workshop.pipeline.table_changes import ItemChange
from workshop.pipeline.truth import DEFAULT_ORDER

HOPS = (
    Hop("StateLambda", "IncomingDataStream", "StateTable", "Enabled", 100, waiting=12, age_seconds=0.5),
    Hop("MapLambda", "StateTable", "ReduceTable", "Disabled", 100, waiting=0, attempts=2),
    Hop("ReduceLambda", "ReduceTable", "AggregateTable"),
)
LOOK = PipelineLook("stateful", HOPS, {"StateTable": 1200, "QuarantineTable": 3}, shards=2)
HIERARCHY = {"RiskType": "PV", "TradeDesk": "FXSpot", "Region": "EMEA"}


def record(version: int, value: str, *, at: float = 100.0) -> SentRecord:
    data = {
        "TradeID": "t-1",
        "Value": float(value),
        "Version": version,
        "Timestamp": at - 0.1,
        "Hierarchy": HIERARCHY,
    }
    return SentRecord("shardId-000000000001", f"49{version:020}", at, json.dumps(data))


def trail(**parts: object) -> Trail:
    known = {
        "records": [record(1, "10.00")],
        "changes": (),
        "item": None,
        "rows": (),
        "totals": AggregateSnapshot(),
        "order": DEFAULT_ORDER,
    }
    return Trail("t-1", **{**known, **parts})


def test_the_picture_tells_state_and_lag_of_every_hop() -> None:
    """Each mapping says in words how it stands and how much waits; the drawing says the same as the table."""
    shown = draw_picture(LOOK)

    for told in ("● Enabled", "‖ Disabled", "○ Not connected", "1,200"):
        assert told in shown.text
        assert told in shown.html
    assert ">○</text>" in shown.html  # alone above the line: beside the words it would touch the boxes
    assert "12 waiting" in shown.html
    assert "3 records set aside" in shown.text


def test_the_picture_names_functions_that_fail() -> None:
    """The last error of a stage stands below the picture, in both forms."""
    shown = draw_picture(LOOK, trouble="MapLambda fails: KeyError: 'Value'.")

    assert "✗ MapLambda fails: KeyError: 'Value'." in shown.text
    assert "✗ MapLambda fails" in shown.html


@pytest.mark.parametrize("moving", [False, True])
def test_the_picture_is_well_formed(moving: bool) -> None:
    """The drawing is XML that any browser reads, and has a name for whoever does not see it."""
    html = draw_picture(LOOK, moving=moving).html
    drawing = ET.fromstring(html[html.index("<svg") : html.index("</svg>") + 6])  # noqa: S314 - our own

    assert drawing.get("role") == "img"
    assert "StateLambda" in str(drawing.get("aria-label"))


def test_a_trade_is_followed_through_every_stage() -> None:
    """Stream, StateTable with its difference, ReduceTable and the totals on its way, each with its time."""
    change = ItemChange(
        "MODIFY",
        {"TradeID": "t-1", "Value": Decimal("10.00"), "Version": Decimal(1)},
        {"TradeID": "t-1", "Value": Decimal("7.50"), "Version": Decimal(2)},
        101.0,
        "shard",
        "1",
    )
    row = {"MessageHash": "h", "Deltas": {"PV:FXSpot:EMEA": Decimal("7.50")}, "MappedAt": Decimal(102)}
    totals = AggregateSnapshot(totals={"PV": Decimal(8), "Grand Total": Decimal(8)}, updated_at=Decimal(103))
    shown = draw_trail(trail(changes=(change,), rows=[row], totals=totals))

    for told in ("shard 1", "version 1: 10.00 → version 2: 7.50", "\N{MINUS SIGN}2.50", "+7.50", "+3.000 s"):
        assert told in shown.text
    assert [
        shown.text.index(stage) for stage in ("Stream", "StateTable", "ReduceTable", "AggregateTable")
    ] == (
        sorted(shown.text.index(stage) for stage in ("Stream", "StateTable", "ReduceTable", "AggregateTable"))
    )


def test_a_trade_that_was_not_sent_is_said_to_be_missing() -> None:
    """An unknown id gives a sentence, not an empty table."""
    assert "No message of trade" in draw_trail(trail(records=[])).text


@pytest.mark.parametrize(
    ("first", "mapped", "path", "fits"),
    [
        ("99", "102", "PV:FXSpot:EMEA", True),
        ("99", "98", "PV:FXSpot:EMEA", False),
        ("101", "102", "PV:FXSpot:EMEA", False),
        ("99", "102", "PV:FXSpot:APAC", False),
    ],
)
def test_only_rows_that_can_hold_a_trade_are_shown(first: str, mapped: str, path: str, fits: bool) -> None:
    """A row holds a trade if it has its path, begins before it and was made after it."""
    row = {"Deltas": {path: Decimal(1)}, "FirstTimestamp": Decimal(first), "MappedAt": Decimal(mapped)}

    assert may_hold(row, trail()) is fits


@pytest.mark.parametrize(("first", "fits"), [("100.001", True), ("100.002", False)])
def test_a_message_without_a_time_is_as_old_as_its_record(first: str, fits: bool) -> None:
    """Rows that begin after a record arrived, to the millisecond, do not hold its message."""
    sent = record(1, "10.00", at=100.00099)
    document = json.loads(sent.data)
    del document["Timestamp"]
    row = {"Deltas": {"PV:FXSpot:EMEA": Decimal(1)}, "FirstTimestamp": Decimal(first)}

    assert may_hold(row, trail(records=[replace(sent, data=json.dumps(document))])) is fits
