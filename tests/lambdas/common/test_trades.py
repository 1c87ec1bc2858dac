"""What counts as a trade: messages that are decoded, and messages that are refused with a reason."""

import json
from decimal import Decimal

import pytest
from common.trades import MalformedRecordError, Trade, decode_trade
from hypothesis import given
from hypothesis import strategies as st

from tests.lambdas.handler_bench import LEVELS, message

VALID = {
    "TradeID": '"t-1"',
    "Value": "34624.51",
    "Version": "3",
    "Timestamp": "1616413258.8997078",
    "Hierarchy": '{"RiskType": "Delta", "Region": "AMER", "TradeDesk": "FXSpot"}',
}


def wire(**replaced: str | None) -> bytes:
    """Return a valid message with some fields replaced by other JSON, or left out."""
    fields = {name: text for name, text in (VALID | replaced).items() if text is not None}
    return ("{" + ", ".join(f'"{name}": {text}' for name, text in fields.items()) + "}").encode()


def short(value: object) -> str:
    """Return a name for a case that fits on a line."""
    return str(value)[:40]


def test_a_message_becomes_a_trade_digit_for_digit() -> None:
    """Every digit of a message arrives in the trade, and its path follows the configured levels."""
    trade = decode_trade(wire(), LEVELS)

    assert trade == Trade(
        trade_id="t-1",
        value=Decimal("34624.51"),
        version=3,
        timestamp=Decimal("1616413258.8997078"),
        hierarchy={"RiskType": "Delta", "Region": "AMER", "TradeDesk": "FXSpot"},
        path="Delta:FXSpot:AMER",
    )


def test_a_wrapped_message_is_the_same_trade() -> None:
    """A message inside `RiskMessage` is read like a plain one."""
    assert decode_trade(b'{"RiskMessage": ' + wire() + b"}", LEVELS) == decode_trade(wire(), LEVELS)


def test_a_cancelled_trade_counts_for_nothing() -> None:
    """A cancelled trade has value 0 and counts as no trade, whatever value it came with."""
    trade = decode_trade(wire(Cancelled="true"), LEVELS)

    assert (trade.cancelled, trade.value, trade.count) == (True, Decimal(0), 0)


def test_unknown_fields_and_further_levels_are_allowed() -> None:
    """A message may carry more than the pipeline needs; further levels are kept."""
    hierarchy = '{"RiskType": "PV", "Region": "EMEA", "TradeDesk": "FX", "Book": "B7"}'

    trade = decode_trade(wire(Hierarchy=hierarchy, Note="1e400", Nested="[[{}]]"), LEVELS)

    assert (trade.path, trade.hierarchy["Book"]) == ("PV:FX:EMEA", "B7")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("120", "120.00"),
        ("-0.01", "-0.01"),
        ("1.50", "1.50"),
        ("1.5000000000000000000000000000000000000000000000000000", "1.50"),
        ("1e3", "1000.00"),
        ("-0.0", "0.00"),
        ("0e400", "0.00"),
        ("999999999999999.99", "999999999999999.99"),
    ],
)
def test_values_keep_their_cents(text: str, value: str) -> None:
    """A value with up to 15 digits and 2 decimals is exact, in whatever form JSON writes it."""
    assert str(decode_trade(wire(Value=text), LEVELS).value) == value


@pytest.mark.parametrize(("text", "version"), [("0", 0), ("7.0", 7), ("999999999999999999", 10**18 - 1)])
def test_versions_are_whole_numbers_from_zero(text: str, version: int) -> None:
    """A version is a whole number from 0, in whatever form JSON writes it."""
    assert decode_trade(wire(Version=text), LEVELS).version == version


@pytest.mark.parametrize(
    ("text", "timestamp"),
    [("0", "0"), ("1.75e9", "1750000000"), ("5e-324", "0"), ("1.0000000019", "1.000000002")],
)
def test_timestamps_are_kept_to_the_nanosecond(text: str, timestamp: str) -> None:
    """A timestamp keeps what anybody can have measured, and fits into DynamoDB's numbers."""
    assert decode_trade(wire(Timestamp=text), LEVELS).timestamp == Decimal(timestamp)


@pytest.mark.parametrize("missing", ["TradeID", "Value", "Hierarchy", "Timestamp"])
def test_a_field_without_a_default_is_needed(missing: str) -> None:
    """A message without such a field is refused, and the reason names the field."""
    with pytest.raises(MalformedRecordError, match=f"`{missing}` is missing"):
        decode_trade(wire(**{missing: None}), LEVELS)


def test_a_message_without_a_version_is_version_0() -> None:
    """The first version of a trade needs no number, and every number but 0 is newer."""
    assert decode_trade(wire(Version=None), LEVELS) == decode_trade(wire(Version="0"), LEVELS)


def test_a_message_without_a_timestamp_is_as_old_as_its_record() -> None:
    """The time of arrival stands in for a timestamp that is missing, and for none that is there."""
    arrived_at = Decimal("1750000001.5")

    assert decode_trade(wire(Timestamp=None), LEVELS, arrived_at).timestamp == arrived_at
    assert decode_trade(wire(), LEVELS, arrived_at) == decode_trade(wire(), LEVELS)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not JSON"),
        (b"hello", "not JSON"),
        (b"{", "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b'{"Value": 1}\xff', "not UTF-8 text: byte 12"),
        (b"\x80", "not UTF-8 text"),
        (b"[]", "is a list, not an object"),
        (b"null", "is null, not an object"),
        (b'"text"', "is text, not an object"),
        (b"12", "is a number, not an object"),
        (b"true", "is true or false, not an object"),
        (b'{"RiskMessage": []}', "is a list, not an object"),
        (b"[" * 100_000, "nests lists or objects too deeply"),
        (b'{"a":' * 100_000, "nests lists or objects too deeply"),
        (b'{"Value": 1e9999999999999999999}', "number whose exponent is too large to read"),
        (b'{"Note": Infinity}', "holds Infinity"),
    ],
    ids=short,
)
def test_what_is_no_json_object_is_refused(data: bytes, reason: str) -> None:
    """Bytes that are no JSON object are refused with a reason, however they are broken."""
    with pytest.raises(MalformedRecordError, match=reason):
        decode_trade(data, LEVELS)


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        ("Value", "NaN", "holds NaN, which is not a number that can be summed"),
        ("Value", "-Infinity", "holds -Infinity"),
        ("Value", "true", "`Value` is true or false, not a number"),
        ("Value", '"5.00"', "`Value` is text, not a number"),
        ("Value", "null", "`Value` is null, not a number"),
        ("Value", "[5]", "`Value` is a list, not a number"),
        ("Value", "1.005", "`Value` is 1.005, with more than 2 decimals"),
        ("Value", "1e-400", "more than 2 decimals"),
        ("Value", "1000000000000000", "more than 15 digits before the point"),
        ("Value", "1e400", r"`Value` is 1E\+400, with more than 15 digits"),
        ("Value", "9" * 5000, "9…, with more than 15 digits"),
        ("Version", "1.5", "`Version` is 1.5, not a whole number"),
        ("Version", "-1", "`Version` is -1, not a whole number"),
        ("Version", "false", "`Version` is true or false, not a number"),
        ("Version", '"1"', "`Version` is text, not a number"),
        ("Version", "null", "`Version` is null, not a number"),
        ("Version", "1e18", "not a whole number from 0 of up to 18 digits"),
        ("Version", "1e5000000", "not a whole number"),
        ("Timestamp", '"now"', "`Timestamp` is text, not a number"),
        ("Timestamp", "null", "`Timestamp` is null, not a number"),
        ("Timestamp", "-1", "not a time in unix seconds"),
        ("Timestamp", "1750000000000", "are these milliseconds"),
        ("TradeID", '""', "`TradeID` is empty"),
        ("TradeID", "5", "`TradeID` is a number, not text"),
        ("TradeID", '"' + "x" * 2049 + '"', "`TradeID` has 2049 bytes, more than 2048"),
        ("TradeID", '"' + "€" * 683 + '"', "`TradeID` has 2049 bytes"),
        ("TradeID", r'"\ud800"', "`TradeID` holds half of a surrogate pair"),
        ("Hierarchy", '"PV:FX:EMEA"', "`Hierarchy` is text, not an object"),
        ("Hierarchy", "[]", "`Hierarchy` is a list, not an object"),
        ("Hierarchy", "{}", "no level `RiskType`; it needs RiskType, TradeDesk, Region"),
        ("Cancelled", '"yes"', "`Cancelled` is text, not true or false"),
        ("Cancelled", "1", "`Cancelled` is a number, not true or false"),
        ("Cancelled", "null", "`Cancelled` is null, not true or false"),
        ("RunID", '"' + "r" * 37 + '"', "`RunID` has 37 characters, more than 36"),
        ("RunID", '""', "`RunID` is empty"),
        ("RunID", "7", "`RunID` is a number, not text"),
        ("RunID", r'"\udc00"', "`RunID` holds half of a surrogate pair"),
    ],
    ids=short,
)
def test_a_field_out_of_its_range_is_refused(field: str, text: str, reason: str) -> None:
    """A field of the wrong kind or out of its range is refused, with what was found and what was expected."""
    with pytest.raises(MalformedRecordError, match=reason):
        decode_trade(wire(**{field: text}), LEVELS)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ('""', "`TradeDesk` in `Hierarchy` is empty"),
        ("5", "`TradeDesk` in `Hierarchy` is a number, not text"),
        ("null", "`TradeDesk` in `Hierarchy` is null, not text"),
        ('["FX"]', "`TradeDesk` in `Hierarchy` is a list, not text"),
        ('{"FX": 1}', "`TradeDesk` in `Hierarchy` is an object, not text"),
        (r'"\ud83d"', "`TradeDesk` in `Hierarchy` holds half of a surrogate pair"),
        ('"' + "x" * 2041 + '"', "make a path of 2049 bytes; a row's key holds 2048"),
        ('"' + ":" * 1000 + '"', "make a path of 3008 bytes"),
        ('"' + "x" * 40_000 + '"', "has 40000 bytes, more than 32768"),
    ],
    ids=short,
)
def test_a_name_that_makes_no_path_is_refused(name: str, reason: str) -> None:
    """A name that is empty, is no text, or is too long once it is escaped, is refused."""
    hierarchy = f'{{"RiskType": "PV", "TradeDesk": {name}, "Region": "EMEA"}}'

    with pytest.raises(MalformedRecordError, match=reason):
        decode_trade(wire(Hierarchy=hierarchy), LEVELS)


def test_a_known_hierarchy_is_judged_by_the_levels_that_are_asked_for() -> None:
    """The same names make another path for other levels, and none for a level that they lack."""
    data = wire(Hierarchy='{"RiskType": "PV", "TradeDesk": "FX", "Region": "EMEA"}')

    assert decode_trade(data, LEVELS).path == "PV:FX:EMEA"
    assert decode_trade(data, ["Region", "RiskType"]).path == "EMEA:PV"
    with pytest.raises(MalformedRecordError, match="no level `Book`; it needs Region, Book"):
        decode_trade(data, ["Region", "Book"])


@pytest.mark.parametrize(
    ("level", "reason"),
    [
        ('""', "the name of a level in `Hierarchy` is empty"),
        (r'"\ud800"', "the name of a level in `Hierarchy` holds half"),
        ('"' + "x" * 20_000 + '"', "`Hierarchy` has 40"),
    ],
    ids=short,
)
def test_a_further_level_must_be_storable(level: str, reason: str) -> None:
    """A level that the roll-up does not use must still fit into StateTable."""
    hierarchy = f'{{"RiskType": "PV", "TradeDesk": "FX", "Region": "EMEA", {level}: "{"y" * 20_000}"}}'

    with pytest.raises(MalformedRecordError, match=reason):
        decode_trade(wire(Hierarchy=hierarchy), LEVELS)


@pytest.mark.parametrize(
    "name", ["EMEA: north", "it's", '"', "😀", "%", "#1", "Grand Total", "MessageCount", "é\n"]
)
def test_a_name_may_be_any_text(name: str) -> None:
    """A name may hold separators, quotes, emoji, or the words that the pipeline itself uses."""
    trade = decode_trade(message("t", "1", name, name, name), LEVELS)

    assert set(trade.hierarchy.values()) == {name}


@given(st.binary(max_size=200))
def test_no_bytes_break_the_decoder(data: bytes) -> None:
    """Whatever bytes arrive, they are a trade or are refused; nothing else is raised."""
    with pytest.raises(MalformedRecordError):
        decode_trade(data, LEVELS)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3)
    ),
    max_leaves=8,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys((*VALID, "Cancelled", "RunID"), JSON)))
def test_no_json_breaks_the_decoder(fields: dict[str, object]) -> None:
    """Whatever the fields hold, they are a trade or are refused; nothing else is raised."""
    data = json.dumps(json.loads(wire()) | fields).encode()

    try:
        trade = decode_trade(data, LEVELS)
    except MalformedRecordError:
        return

    assert trade.value == trade.value.quantize(Decimal("0.01"))
    assert abs(trade.value) < 10**15
