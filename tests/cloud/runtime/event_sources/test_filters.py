"""Filter criteria: which records pass."""

import base64
import json

import pytest

from workshop.cloud.offline.runtime.event_sources.filters import (
    InvalidPatternError,
    filter_view,
    matches_any,
    parse_pattern,
)

RECORD = {
    "eventName": "INSERT",
    "data": {"price": 150, "desk": "EMEA", "note": None, "tags": ["a", "b"], "live": True},
}


@pytest.mark.parametrize(
    ("pattern", "passes"),
    [
        ({"data": {"desk": ["EMEA"]}}, True),
        ({"data": {"desk": ["emea"]}}, False),
        ({"data": {"desk": [{"equals-ignore-case": "emea"}]}}, True),
        ({"data": {"desk": [{"prefix": "EM"}]}}, True),
        ({"data": {"desk": [{"suffix": "EA"}]}}, True),
        ({"data": {"desk": [{"prefix": {"equals-ignore-case": "em"}}]}}, True),
        ({"data": {"desk": [{"anything-but": ["APAC", "AMER"]}]}}, True),
        ({"data": {"desk": [{"anything-but": "EMEA"}]}}, False),
        ({"data": {"desk": [{"anything-but": {"prefix": "AP"}}]}}, True),
        ({"data": {"price": [{"numeric": [">", 100, "<=", 150]}]}}, True),
        ({"data": {"price": [{"numeric": ["=", 100]}]}}, False),
        ({"data": {"desk": [{"numeric": [">", 100]}]}}, False),
        ({"data": {"price": [150.0]}}, True),
        ({"data": {"live": [1]}}, False),
        ({"data": {"live": [True]}}, True),
        ({"data": {"note": [None]}}, True),
        ({"data": {"tags": ["b"]}}, True),
        ({"data": {"tags": ["c"]}}, False),
        ({"data": {"missing": [{"exists": False}]}}, True),
        ({"data": {"desk": [{"exists": True}]}}, True),
        ({"data": {"missing": ["x"]}}, False),
        ({"data": {"desk": ["EMEA"], "price": [1]}}, False),
        ({"$or": [{"data": {"price": [1]}}, {"eventName": ["INSERT"]}]}, True),
        ({"data": {"$or": [{"price": [1]}, {"desk": ["APAC"]}]}}, False),
        ({"eventName": {"desk": ["EMEA"]}}, False),
        ({}, True),
    ],
)
def test_pattern_decides(pattern, passes) -> None:
    """A record passes if every field of the pattern matches one of the values given for it."""
    assert matches_any([parse_pattern(json.dumps(pattern))], RECORD) is passes


def test_one_matching_filter_is_enough() -> None:
    """A record passes when any of the filters matches; without filters every record passes."""
    refusing, accepting = {"eventName": ["REMOVE"]}, {"eventName": ["INSERT"]}

    assert matches_any([refusing, accepting], RECORD)
    assert not matches_any([refusing], RECORD)
    assert matches_any([], RECORD)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        '{"a": "text"}',
        '{"a": []}',
        '{"a": [["nested"]]}',
        '{"a": [{"wild": "x"}]}',
        '{"a": [{"prefix": "x", "suffix": "y"}]}',
        '{"$or": {}}',
        json.dumps({"a": ["x" * 5000]}),
    ],
)
def test_other_patterns_are_refused(text) -> None:
    """What is not a pattern, or uses an operator that Lambda does not have, is refused."""
    with pytest.raises(InvalidPatternError):
        parse_pattern(text)


def kinesis(data: bytes) -> dict:
    return {"eventID": "e", "kinesis": {"partitionKey": "p", "data": base64.b64encode(data).decode()}}


def test_kinesis_data_is_decoded() -> None:
    """Patterns see the decoded data of a Kinesis record, its own fields and its partition key."""
    view = filter_view(kinesis(b'{"a": 1}'))

    assert matches_any([{"data": {"a": [1]}, "partitionKey": ["p"], "eventID": ["e"]}], view)


def test_data_that_is_not_json_does_not_match_a_data_pattern() -> None:
    """Data that is not JSON is dropped by a pattern for JSON data, and kept by one for metadata alone."""
    view = filter_view(kinesis(b"plain"))

    assert not matches_any([{"data": {"a": [1]}}], view)
    assert matches_any([{"data": ["plain"]}], view)
    assert matches_any([{"partitionKey": ["p"]}], view)
