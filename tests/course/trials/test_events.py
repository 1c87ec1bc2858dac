"""Events that are made by hand look like those of AWS."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from common.trades import MalformedRecordError, decode_trade

from workshop.course.sent import message_of
from workshop.course.trials.events import change_event, kinesis_event, reduce_row, row_event
from workshop.pipeline.example import EXAMPLE_MESSAGES
from workshop.pipeline.messages import Message
from workshop.pipeline.truth import DEFAULT_ORDER, stateful_truth

GOLDEN = Path(__file__).parents[2] / "events"
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/incoming"
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/state/stream/2025-06-15T15:06:40.000"
M1, M2 = (EXAMPLE_MESSAGES[name] for name in ("M1", "M2"))


def golden(name: str) -> Any:
    document = json.loads((GOLDEN / name).read_text(encoding="utf-8"))
    return {key: value for key, value in document.items() if key != "_source"}


def shape(value: Any) -> Any:
    """Return the fields of a document with the types of their values."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def test_events_of_the_stream_have_the_shape_of_aws() -> None:
    """An event with messages has every field of a golden event of Kinesis, with the same types."""
    assert shape(kinesis_event([M1, M2], source_arn=STREAM)) == shape(golden("kinesis.json"))


def test_events_of_a_table_have_the_shape_of_aws() -> None:
    """An event with a change has every field of a golden event of a tumbling window, with the same types."""
    assert shape(change_event([(None, M1)], source_arn=TABLE)) == shape(golden("dynamodb_window.json"))


@pytest.mark.parametrize(
    ("change", "name", "images"),
    [
        ((None, M1), "INSERT", {"NewImage"}),
        ((M1, M1), "MODIFY", {"OldImage", "NewImage"}),
        ((M1, None), "REMOVE", {"OldImage"}),
    ],
)
def test_a_change_is_named_by_its_images(
    change: tuple[Message | None, Message | None], name: str, images: set[str]
) -> None:
    """A change is an insert, a modification or a removal, by what was there before and after."""
    [record] = change_event([change], source_arn=TABLE)["Records"]

    assert record["eventName"] == name
    assert record["dynamodb"].keys() & {"OldImage", "NewImage"} == images


def test_without_a_window_no_shard_is_named() -> None:
    """An event of a mapping without a tumbling window holds records and nothing else."""
    assert change_event([(None, M1)], source_arn=TABLE, window=False).keys() == {"Records"}


def test_the_same_event_is_a_re_delivery() -> None:
    """The same arguments give the same bytes, a later start gives later sequence numbers."""
    first, again, later = (
        kinesis_event([M1, M2], source_arn=STREAM, start=start)["Records"] for start in (0, 0, 2)
    )

    assert first == again
    assert int(later[0]["kinesis"]["sequenceNumber"]) == int(first[1]["kinesis"]["sequenceNumber"]) + 1


def test_a_row_adds_up_its_messages() -> None:
    """A row of ReduceTable made here has the totals that the truth has, but for the Grand Total."""
    row = reduce_row([M1, M2])
    truth = stateful_truth([M1, M2]).totals

    assert row["Deltas"] == {path: value for path, value in truth.items() if path != "Grand Total"}
    assert row_event([row], source_arn=TABLE)["Records"][0]["dynamodb"]["NewImage"]["MessageCount"] == {
        "N": "2"
    }


def test_a_record_is_read_as_the_message_that_it_was() -> None:
    """What goes over the wire comes back as the same message, wrapped or not, the value digit for digit."""
    message = Message("t", Decimal("34624.50"), 2, M1.hierarchy, cancelled=True, run_id="r")

    assert message_of(message.wire(1.5).decode()) == message
    assert message_of(message.wire(1.5, wrapped=True).decode()) == message


@pytest.mark.parametrize("data", ["", "[]", "{}", '{"TradeID": 5}', '{"Marker": "workshop clear"}', "7"])
def test_a_record_that_is_no_message_is_none(data: str) -> None:
    """Records that hold no risk message are not messages, and no error."""
    assert message_of(data) is None


def changed(**fields: str) -> str:
    """Return a message with fields as given, in the words of JSON; None in their place leaves them out."""
    body = {
        "TradeID": '"t"',
        "Value": "1.50",
        "Version": "1",
        "Timestamp": "1.5",
        "Hierarchy": json.dumps(dict(M1.hierarchy)),
        **fields,
    }
    return "{" + ", ".join(f'"{name}": {value}' for name, value in body.items() if value) + "}"


@pytest.mark.parametrize(
    "data",
    [
        changed(),
        changed(Version="3.0", Timestamp="0", Value="-0E+400"),
        changed(Version="0", TradeID=json.dumps("é" * 1024), RunID=json.dumps("r" * 36)),
        changed(Other="Infinity"),
        changed(Value='"1.50"'),
        changed(Value="1.505"),
        changed(Value="1e15"),
        changed(Value="1e99999999999999999999"),
        changed(Value="true"),
        changed(Version="Infinity"),
        changed(Version="1.5"),
        changed(Version="-1"),
        changed(Version="1e18"),
        changed(Version='"1"'),
        changed(Version=""),
        changed(Version="null"),
        changed(Timestamp=""),
        changed(Timestamp="null"),
        changed(Timestamp="1750000000000"),
        changed(Timestamp="-1"),
        changed(TradeID='""'),
        changed(TradeID=json.dumps("é" * 1025)),
        changed(TradeID='"\\ud800"'),
        changed(Hierarchy='{"RiskType": "PV"}'),
        changed(Hierarchy=json.dumps({**M1.hierarchy, "": "x"})),
        changed(Hierarchy=json.dumps({**M1.hierarchy, "Book": ""})),
        changed(Hierarchy=json.dumps({**M1.hierarchy, "Book": "x" * 32_768})),
        changed(Hierarchy=json.dumps({**M1.hierarchy, "Region": ":" * 1000})),
        changed(Cancelled="1"),
        changed(Cancelled="null"),
        changed(RunID='""'),
        changed(RunID=json.dumps("r" * 37)),
        '{"RiskMessage": ' + changed() + "}",
        '{"RiskMessage": 7, ' + changed()[1:],
        "[" * 100_000,
    ],
    ids=lambda data: data[:100],
)
def test_a_message_is_what_the_pipeline_takes(data: str) -> None:
    """What the pipeline sets aside is no message to the truth, and what it takes is one."""
    try:
        trade = decode_trade(data.encode(), DEFAULT_ORDER, Decimal("1.5"))
    except MalformedRecordError:
        trade = None
    message = message_of(data)

    assert (message is None) == (trade is None)
    if message and trade:
        assert (message.trade_id, message.value, message.version) == (
            trade.trade_id,
            trade.value,
            trade.version,
        )
