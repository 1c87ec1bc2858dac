"""Messages that somebody else wrote."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.lambdas.test_published_messages import PUBLISHED
from workshop.errors import ConfigurationError
from workshop.pipeline.producer.message_file import parse_lines, read_message_file
from workshop.pipeline.truth import stateful_truth
from workshop.settings import project_root

PLACE = '{"RiskType": "PV", "TradeDesk": "FXSpot", "Region": "EMEA"}'
GOOD = f'{{"TradeID": "a", "Value": 1.50, "Version": 1, "Timestamp": 1.5, "Hierarchy": {PLACE}}}'


def line(**changes: str) -> bytes:
    """A line with some attributes replaced, or left out where the replacement is empty."""
    attributes = {"TradeID": '"a"', "Value": "1.50", "Version": "1", "Hierarchy": PLACE} | changes
    return ("{" + ", ".join(f'"{name}": {text}' for name, text in attributes.items() if text) + "}").encode()


def test_plain_and_wrapped_lines_are_messages() -> None:
    """A message may stand in its line as it is, or inside `RiskMessage`; it is sent as it stood."""
    plain, wrapped = parse_lines([GOOD.encode(), f'{{"RiskMessage": {GOOD}}}'.encode()]).entries

    assert plain.message == wrapped.message
    assert (plain.wrapped, wrapped.wrapped) == (False, True)
    assert plain.message.value == Decimal("1.50")


def test_a_bad_line_is_reported_by_its_number_and_the_rest_goes_on() -> None:
    """Lines around a bad one are read, empty lines are passed over, and numbers count from one."""
    read = parse_lines([GOOD.encode(), b"", b"not json", line(TradeID='"b"')])

    assert [entry.message.trade_id for entry in read.entries] == ["a", "b"]
    assert [(problem.line, str(problem)) for problem in read.problems] == [
        (3, "line 3: not JSON: expecting value at column 1")
    ]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"[1]", "not a JSON object"),
        (b'{"RiskMessage": 5}', "not a JSON object"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (line(Value=""), "`Value` is missing"),
        (line(Hierarchy=""), "`Hierarchy` is missing"),
        (line(Value="NaN"), "`NaN` is not a number"),
        (line(Value="-Infinity"), "`-Infinity` is not a number"),
        (line(Value='"1.50"'), "must be a number"),
        (line(Value="true"), "must be a number"),
        (line(Value="1.505"), "at most two decimals"),
        (line(Value="1e999999999"), "at most 15 digits"),
        (line(Value="1" + "0" * 15), "at most 15 digits"),
        (line(Value="1e99999999999999999999"), "exponent"),
        (line(Value="9" * 5000), "5000 digits"),
        (line(Version="1.5"), "whole number"),
        (line(Version="-1"), "whole number"),
        (line(Version="true"), "whole number"),
        (line(Version="null"), "whole number"),
        (line(Version="1" + "0" * 18), "at most 18 digits"),
        (line(TradeID='""'), "1 to 256 characters"),
        (line(TradeID="7"), "1 to 256 characters"),
        (line(RunID=f'"{"r" * 37}"'), "1 to 36 characters"),
        (line(Cancelled='"yes"'), "true or false"),
        (line(Hierarchy="[]"), "must be an object"),
        (line(Hierarchy='{"RiskType": "PV", "TradeDesk": "FXSpot"}'), 'no name for `"Region"`'),
        (line(Hierarchy='{"RiskType": "PV", "TradeDesk": "FXSpot", "Region": 7}'), 'no name for `"Region"`'),
        (line(Hierarchy=PLACE[:-1] + ', "Book": ""}'), 'no name for `"Book"`'),
        (line(Hierarchy=PLACE.replace("EMEA", "\\ud83d")), "no name for"),
        (line(Hierarchy=PLACE.replace("EMEA", "x" * 2050)), "too long"),
        (line(TradeID='"\\ud83d"'), "1 to 256 characters"),
    ],
)
def test_what_is_no_risk_message_is_named(bad: bytes, reason: str) -> None:
    """Each kind of defect is named in words, with what would be right."""
    read = parse_lines([bad])

    assert not read.entries
    assert reason in read.problems[0].reason


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1", "1.00"),
        ("1.5", "1.50"),
        ("-0.01", "-0.01"),
        ("1e3", "1000.00"),
        ("1.500", "1.50"),
        ("0e99", "0.00"),
    ],
)
def test_a_value_may_be_written_as_json_allows(written: str, value: str) -> None:
    """Any JSON number with at most two decimals is a value, and is sent with two."""
    (entry,) = parse_lines([line(Value=written)]).entries

    assert str(entry.message.value) == value


def test_a_published_message_needs_no_version() -> None:
    """The first published design's message is version 0, and those of the second are what they say."""
    read = parse_lines([b" ".join(data.splitlines()) for data in PUBLISHED])

    assert not read.problems
    assert [(entry.message.version, entry.wrapped) for entry in read.entries] == [
        (0, True),
        (3, True),
        (1, False),
        (1, False),
    ]
    assert json.loads(read.entries[0].message.wire(1.0))["Version"] == 0


def test_a_repeated_message_counts_as_a_duplicate_of_the_first() -> None:
    """Equal content has the first line's number and is sent with the same bytes; other content is not."""
    read = parse_lines([line(), line(TradeID='"b"'), line(), line(Value="2.00")])

    assert [entry.number for entry in read.entries] == [1, 2, 1, 4]


def test_the_levels_are_those_of_the_pipeline() -> None:
    """A pipeline with other levels takes messages with those levels."""
    book = line(Hierarchy='{"Book": "x"}')

    assert parse_lines([book], ("Book",)).entries
    assert parse_lines([book]).problems


def test_a_file_may_begin_with_a_byte_order_mark_and_end_lines_as_windows_does(tmp_path: Path) -> None:
    """Files from other systems are read all the same."""
    path = tmp_path / "messages.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode() + b"\r\n" + line(TradeID='"b"') + b"\r\n")

    assert len(read_message_file(path).entries) == 2


def test_a_file_that_is_not_there_is_a_configuration_error(tmp_path: Path) -> None:
    """A missing file, or a folder, is named with what to do."""
    for path in (tmp_path / "nothing.jsonl", tmp_path):
        with pytest.raises(ConfigurationError, match="--file"):
            read_message_file(path)


def test_the_sample_file_holds_what_it_promises() -> None:
    """The sample has plain and wrapped lines, a new version, a duplicate and one bad line."""
    read = read_message_file(project_root() / "notebooks" / "data" / "sample-messages.jsonl")
    messages = [entry.message for entry in read.entries]

    assert len(read.problems) == 1
    assert {entry.wrapped for entry in read.entries} == {True, False}
    assert len({entry.number for entry in read.entries}) < len(messages)
    assert stateful_truth(messages).totals
    assert all("Timestamp" in json.loads(entry.message.wire(1.0)) for entry in read.entries)
