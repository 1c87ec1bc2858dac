"""Filter criteria: which records pass."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.cloud.offline.runtime.event_sources.filters import (
    InvalidPatternError,
    check_pattern,
    filter_view,
    matches_any,
    parse_pattern,
)

RECORD = {
    "eventName": "INSERT",
    "data": {"price": 150, "desk": "EMEA", "note": None, "tags": ["a", "b"], "live": True, "empty": ""},
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
        ({"data": {"price": [150]}}, True),
        ({"data": {"price": [150.0]}}, False),
        ({"data": {"price": [{"numeric": ["=", 150.0]}]}}, True),
        ({"data": {"live": [1]}}, False),
        ({"data": {"live": [True]}}, True),
        ({"data": {"note": [None]}}, True),
        ({"data": {"tags": ["b"]}}, True),
        ({"data": {"tags": ["c"]}}, False),
        ({"data": {"missing": [{"exists": False}]}}, True),
        ({"data": {"desk": [{"exists": True}]}}, True),
        ({"data": {"missing": ["x"]}}, False),
        ({"data": {"missing": {"below": [{"exists": False}]}}}, True),
        ({"data": {"desk": {"below": [{"exists": False}]}}}, True),
        ({"gone": {"missing": {"below": [{"exists": False}]}}}, True),
        ({"gone": {"missing": {"below": [{"exists": True}]}}}, False),
        ({"data": [{"exists": True}]}, False),
        ({"data": {"tags": [{"exists": True}]}}, True),
        ({"data": {"note": [{"exists": True}]}}, True),
        ({"data": {"empty": [""]}}, True),
        ({"data": {"note": [""]}}, False),
        ({"data": {"missing": [None]}}, False),
        ({"data": {"desk": [{"anything-but": {"suffix": "EA"}}]}}, False),
        ({"data": {"price": [{"anything-but": [150]}]}}, False),
        ({"data": {"missing": [{"anything-but": "x"}]}}, False),
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
        '{"a": [{"numeric": ["~", 2]}]}',
        '{"a": [{"numeric": [">", "25"]}]}',
        '{"a": [{"numeric": [">"]}]}',
        '{"a": [{"numeric": []}]}',
        '{"a": [{"numeric": [">", 1, ">", 2]}]}',
        '{"a": [{"numeric": [">", 5, "<", 1]}]}',
        '{"a": [{"numeric": ["<", 1, ">=", 5.0]}]}',
        '{"a": [{"numeric": [">=", 1, "<=", 1.0]}]}',
        '{"a": [{"numeric": 5}]}',
        '{"a": [{"exists": "true"}]}',
        '{"a": [{"exists": 1}]}',
        '{"a": [{"prefix": 1}]}',
        '{"a": [{"suffix": ["x"]}]}',
        '{"a": [{"equals-ignore-case": null}]}',
        '{"a": [{"anything-but": []}]}',
        '{"a": [{"anything-but": {"prefix": 1}}]}',
        '{"a": [{"anything-but": {"numeric": ["=", 1]}}]}',
        '{"a": [{"cidr": "10.0.0.0/8"}]}',
        '{"a": [{"wildcard": "a*"}]}',
        '{"a": [{"anything-but": {"wildcard": "a*"}}]}',
        '{"$or": [{"a": [{"cidr": "10.0.0.0/8"}]}]}',
        '{"a": [NaN]}',
        '{"a": 1, "b": {"c": "x"}}',
        '{"a":' * 1500 + "1" + "}" * 1500,
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


@pytest.mark.parametrize("data", [b"plain", b"\xff\xfe", b"5", b'"text"', b'{"a": NaN}'])
@pytest.mark.parametrize(
    "pattern",
    [
        {"data": {"a": [1]}},
        {"data": {"a": [{"exists": False}]}},
        {"$or": [{"data": {"a": [{"exists": False}]}}, {"eventID": ["x"]}]},
    ],
)
def test_data_that_is_not_json_does_not_match_a_data_pattern(data: bytes, pattern: dict) -> None:
    """Data that is no JSON object is dropped by a pattern for data, even if that asks for absence."""
    assert not matches_any([parse_pattern(json.dumps(pattern))], filter_view(kinesis(data)))


def test_data_that_is_not_json_does_not_matter_to_metadata() -> None:
    """Data that is not JSON passes a pattern that looks at metadata alone."""
    assert matches_any([{"partitionKey": ["p"]}], filter_view(kinesis(b"plain")))


@pytest.mark.parametrize(
    ("body", "pattern", "passes"),
    [
        ("plain", {"body": ["plain"]}, True),
        ("123", {"body": ["123"]}, True),
        ("plain", {"body": {"a": [{"exists": False}]}}, False),
        ('{"a": 1}', {"body": {"a": [1]}}, True),
        ('{"a": 1}', {"body": ['{"a": 1}']}, False),
        ("plain", {"messageId": ["m"]}, True),
    ],
)
def test_bodies_of_messages_are_compared_in_their_own_form(body: str, pattern: dict, passes: bool) -> None:
    """A pattern for JSON drops a plain body, and a plain pattern drops a JSON body."""
    view = filter_view({"messageId": "m", "body": body})

    assert matches_any([parse_pattern(json.dumps(pattern))], view) is passes


@pytest.mark.parametrize(
    ("written", "wanted", "passes"),
    [
        ("300", "300", True),
        ("300.0", "300", False),
        ("3.0e2", "300", False),
        ("3.0e2", "3.0e2", True),
        ("3.0E2", "3.0e2", False),
        ("12345678901234567890123", "12345678901234567890124", False),
        ("300.0", '{"numeric": ["=", 300]}', True),
        ("3.0e2", '{"numeric": [">=", 300, "<", 300.1]}', True),
        ("12345678901234567890123", '{"numeric": [">", 12345678901234567890122]}', True),
        ("300.0", '{"anything-but": 300}', True),
    ],
)
def test_numbers_are_equal_if_they_are_written_alike(written: str, wanted: str, passes: bool) -> None:
    """An equality compares how numbers are written, `numeric` their values."""
    view = filter_view(kinesis(f'{{"n": {written}}}'.encode()))

    assert matches_any([parse_pattern(f'{{"data": {{"n": [{wanted}]}}}}')], view) is passes


INSERTED = {"eventName": "INSERT", "dynamodb": {"NewImage": {"v": {"N": "1"}}}}
MODIFIED = {**INSERTED, "dynamodb": {**INSERTED["dynamodb"], "OldImage": {"v": {"N": "0"}}}}


def test_absence_below_what_is_absent_is_absence() -> None:
    """`OldImage.v.N … exists: false` passes what has no old image at all, and nothing that has one."""
    pattern = parse_pattern('{"dynamodb": {"OldImage": {"v": {"N": [{"exists": false}]}}}}')

    assert matches_any([pattern], INSERTED)
    assert not matches_any([pattern], MODIFIED)


@pytest.mark.parametrize(
    ("service", "pattern", "is_valid"),
    [
        ("kinesis", '{"data": ["plain"]}', False),
        ("kinesis", '{"$or": [{"data": ["plain"]}, {"eventID": ["x"]}]}', False),
        ("kinesis", '{"data": {"a": [1]}}', True),
        ("dynamodb", '{"dynamodb": ["x"]}', False),
        ("sqs", '{"body": ["plain"]}', True),
    ],
)
def test_patterns_for_streams_name_members_of_the_data(service: str, pattern: str, is_valid: bool) -> None:
    """A pattern for the data of a stream is an object; one for a message's body may be a text."""
    if is_valid:
        check_pattern(pattern, service=service)
    else:
        with pytest.raises(InvalidPatternError):
            check_pattern(pattern, service=service)


DOCUMENTS = st.recursive(
    st.sampled_from([None, True, "x", "y", "", 1, 2]),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
PATHS = st.lists(st.sampled_from("abc"), min_size=1, max_size=3)
MATCHERS = st.sampled_from(
    [{"exists": True}, {"exists": False}, "x", 1, None, {"prefix": "x"}, {"anything-but": ["x", 1]}]
)


def flattened(document: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Return the leaves of a document by their paths."""
    if not isinstance(document, dict):
        return {path: document}
    return {
        key: leaf for name, part in document.items() for key, leaf in flattened(part, (*path, name)).items()
    }


def expected(matcher: Any, leaves: dict[tuple[str, ...], Any], path: tuple[str, ...]) -> bool:
    """Return whether a leaf matches, as the documentation says it in words."""
    if matcher in ({"exists": True}, {"exists": False}):
        return (path in leaves) is matcher["exists"]
    if path not in leaves:
        return False
    leaf = leaves[path]
    if matcher == {"prefix": "x"}:
        return isinstance(leaf, str) and leaf.startswith("x")
    if matcher == {"anything-but": ["x", 1]}:
        return leaf is True or leaf not in ("x", 1)
    return type(leaf) is type(matcher) and leaf == matcher


@given(
    st.dictionaries(st.sampled_from("abc"), DOCUMENTS, max_size=3),
    PATHS,
    st.lists(MATCHERS, min_size=1, max_size=2),
)
def test_patterns_compare_flattened_leaves(document: dict, path: list[str], matchers: list) -> None:
    """A pattern looks at the paths of leaves and at nothing else."""
    pattern: Any = matchers
    for name in reversed(path):
        pattern = {name: pattern}

    passes = matches_any(
        [parse_pattern(json.dumps({"data": pattern}))], filter_view(kinesis(json.dumps(document).encode()))
    )

    assert passes is any(expected(matcher, flattened(document), tuple(path)) for matcher in matchers)


ONE, OTHER = {"a": 1, "b": 9}, {"a": 9, "b": 2}
ABSENT = [{"exists": False}]


@pytest.mark.parametrize(
    ("pattern", "found", "passes"),
    [
        ({"a": [1], "b": [2]}, [ONE, OTHER], False),
        ({"a": [1], "b": [9]}, [OTHER, ONE], True),
        ({"a": [1], "b": [2]}, [[ONE], [OTHER, {"a": 1, "b": 2}]], True),
        ({"a": [1], "b": {"c": [2]}}, [{"a": 1, "b": [{"c": 3}, {"c": 2}]}], True),
        ({"a": [1], "b": {"c": [2]}}, [{"a": 1, "b": {"c": 3}}, {"a": 2, "b": {"c": 2}}], False),
        ({"a": [1], "$or": [{"b": [2]}, {"c": [2]}]}, [ONE, OTHER], False),
        ({"$or": [{"b": [2]}, {"b": [9]}], "a": [1]}, [OTHER, ONE], True),
        ({"$or": [{"b": ABSENT}, {"c": [1]}], "a": [1]}, [{"a": 1}, OTHER], True),
        ({"a": [1], "z": ABSENT}, [ONE, {"z": 1}], True),
        ({"b": ABSENT}, [{"a": 1}, ONE], False),
        ({"b": ABSENT}, [{"a": 1}, 5, {}], True),
        ({"b": ABSENT}, [], True),
        ({"b": [{"exists": True}]}, [], False),
        ({"a": ABSENT, "b": [2]}, [{"b": 2}, {"a": 1}], False),
    ],
    ids=str,
)
def test_one_object_of_an_array_has_all_the_fields(pattern: dict, found: list, passes: bool) -> None:
    """What a pattern asks for below an array is in one element; what must be absent is so in the chosen one.

    If no element has been chosen by a field before, it is absent from all.
    """
    record = {"data": {"items": found}}

    assert matches_any([parse_pattern(json.dumps({"data": {"items": pattern}}))], record) is passes


@pytest.mark.parametrize(("pattern", "innermost"), [([1], "1"), ({"b": [1]}, '{"b": 1}')], ids=str)
def test_arrays_may_be_nested_as_deeply_as_can_be_read(pattern: Any, innermost: str) -> None:
    """What is in an array of an array counts as if it were in the outer one, and none is too deep."""
    data = ('{"a": ' + "[" * 700 + innermost + "]" * 700 + "}").encode()

    assert matches_any([parse_pattern(json.dumps({"data": {"a": pattern}}))], filter_view(kinesis(data)))
