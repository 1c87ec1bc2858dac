"""Tables read back as values."""

from decimal import Decimal

import pytest

from workshop.pipeline.tables import (
    format_amount,
    read_quarantine,
    read_reduce_table,
    read_state_table,
    scan_rows,
)


def test_a_table_of_many_pages_is_read_to_its_end(dynamodb, make_table) -> None:
    """A scan goes on until the last page, however large the items are."""
    large = {"S": "x" * 300_000}
    name = make_table("t", "Key", *({"Key": {"S": f"{n:02}"}, "Large": large} for n in range(12)))

    assert len(list(scan_rows(dynamodb, name))) == 12


def test_state_rows_are_trades(dynamodb, make_table) -> None:
    """A row of StateTable is a trade with its newest version; the hierarchy may be a map or a text."""
    place = {"M": {"RiskType": {"S": "PV"}}}
    name = make_table(
        "state",
        "TradeID",
        {"TradeID": {"S": "b"}, "Value": {"N": "1.5"}, "Version": {"N": "2"}, "Hierarchy": place},
        {"TradeID": {"S": "a"}, "Value": {"N": "0"}, "Version": {"N": "3"}, "Hierarchy": {"S": "{}"}}
        | {"Cancelled": {"BOOL": True}},
    )

    cancelled, live = read_state_table(dynamodb, name)

    assert (cancelled.trade_id, cancelled.cancelled, cancelled.hierarchy) == ("a", True, "{}")
    assert (live.value, live.version, live.hierarchy) == (Decimal("1.5"), 2, {"RiskType": "PV"})


def test_reduce_rows_come_in_the_order_in_which_they_were_made(dynamodb, make_table) -> None:
    """A row of ReduceTable holds the deltas of one batch; rows are sorted by the time of mapping."""

    def row(message_hash: str, mapped_at: str) -> dict:
        deltas = {"M": {"PV": {"N": "1"}}}
        return {"MessageHash": {"S": message_hash}, "MappedAt": {"N": mapped_at}, "Deltas": deltas}

    name = make_table("reduce", "MessageHash", row("a", "20"), row("b", "10"))

    first, second = read_reduce_table(dynamodb, name)

    assert (first.message_hash, second.message_hash) == ("b", "a")
    assert first.deltas == {"PV": Decimal(1)}


def test_quarantined_records_are_shown_as_text(dynamodb, make_table) -> None:
    """Raw data that is binary becomes text, with a mark for bytes that are none."""
    name = make_table(
        "quarantine",
        "RecordID",
        {
            "RecordID": {"S": "1"},
            "Reason": {"S": "not JSON"},
            "Stage": {"S": "state"},
            "RawData": {"B": b"a\xff"},
        },
    )

    (record,) = read_quarantine(dynamodb, name)

    assert (record.reason, record.stage, record.raw_data) == ("not JSON", "state", "a\ufffd")


@pytest.mark.parametrize(
    ("amount", "text", "grouped"),
    [
        ("34624.5", "34624.50", "34,624.50"),
        ("0", "0.00", "0.00"),
        ("-1234.5", "-1234.50", "-1,234.50"),
        ("1E+4", "10000.00", "10,000.00"),
        ("1.005", "1.005", "1.005"),
    ],
)
def test_amounts_have_two_decimals_or_as_many_as_they_need(amount: str, text: str, grouped: str) -> None:
    """An amount is written in full, never rounded and never with an exponent."""
    assert format_amount(Decimal(amount)) == text
    assert format_amount(Decimal(amount), grouped=True) == grouped
