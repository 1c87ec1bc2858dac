"""The condition element: every operator, several values, keys that are missing, variables."""

from typing import Any

import pytest

from workshop.cloud.offline.permissions.conditions import parse_conditions
from workshop.cloud.offline.permissions.policy_evaluation import (
    Access,
    PolicySet,
    PolicyVerdict,
    parse_statements,
)


def holds(operator: str, wanted: Any, *values: str) -> bool:
    """Return whether a condition on the key `k` holds for these values of the call."""
    [condition] = parse_conditions({operator: {"K": wanted}}, variables=True)
    return condition.holds({"k": values, "aws:username": ("ann",)} if values else {"aws:username": ("ann",)})


@pytest.mark.parametrize(
    ("operator", "wanted", "passing", "failing"),
    [
        ("StringEquals", ["a", "b*"], "b*", "bc"),
        ("StringNotEquals", ["a", "b"], "c", "b"),
        ("StringEqualsIgnoreCase", "Ab", "aB", "b"),
        ("StringNotEqualsIgnoreCase", "Ab", "b", "aB"),
        ("StringLike", "a*c?", "abcd", "abc"),
        ("StringNotLike", "a*", "b", "ab"),
        ("StringEquals", "${aws:username}", "ann", "bob"),
        ("StringLike", "${aws:username}/*", "ann/x", "bob/x"),
        ("StringEquals", "${aws:none, 'x'}", "x", "${aws:none, 'x'}"),
        ("ArnLike", "arn:aws:s:*:1:x/*", "arn:aws:s:r:1:x/a", "arn:aws:s:r:2:1:x/a"),
        ("ArnNotEquals", "arn:aws:s:*:1:x", "arn:aws:s:r:1:y", "arn:aws:s:r:1:x"),
        ("Bool", True, "true", "false"),
        ("Bool", "false", "False", "true"),
        ("NumericEquals", 10, "10.0", "11"),
        ("NumericNotEquals", "10", "11", "10"),
        ("NumericLessThan", "10", "9.5", "10"),
        ("NumericLessThanEquals", "10", "10", "10.1"),
        ("NumericGreaterThan", "10", "10.1", "10"),
        ("NumericGreaterThanEquals", "10", "10", "word"),
        ("DateGreaterThan", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00+00:00", "2025-12-31T23:59:59Z"),
        ("DateLessThan", "1750000000", "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("IpAddress", ["10.0.0.0/8", "127.0.0.1/32"], "127.0.0.1", "192.0.2.1"),
        ("NotIpAddress", "10.0.0.0/8", "192.0.2.1", "10.1.2.3"),
        ("BinaryEquals", "QQ==", "QQ==", "QUE="),
    ],
)
def test_each_operator_compares_as_it_is_called(
    operator: str, wanted: Any, passing: str, failing: str
) -> None:
    """An operator holds for what it is named after, in any letters, and for nothing else."""
    for name in (operator, operator.lower(), operator.upper()):
        assert holds(name, wanted, passing)
        assert not holds(name, wanted, failing)


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("StringEquals", False),
        ("StringNotEquals", True),
        ("StringEqualsIfExists", True),
        ("stringequalsifexists", True),
        ("NumericLessThan", False),
        ("IpAddress", False),
        ("ForAllValues:StringEquals", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringNotEquals", False),
    ],
)
def test_a_missing_key(operator: str, expected: bool) -> None:  # a parameter of the test
    """A key that the call does not have satisfies negations, `IfExists` and `ForAllValues`, nothing else."""
    assert holds(operator, "1") is expected


@pytest.mark.parametrize(
    ("operator", "values", "expected"),
    [
        ("ForAllValues:StringEquals", ("a", "b"), True),
        ("ForAllValues:StringEquals", ("a", "c"), False),
        ("ForAnyValue:StringEquals", ("a", "c"), True),
        ("ForAnyValue:StringEquals", ("c", "d"), False),
        ("ForAllValues:StringNotEquals", ("c", "d"), True),
        ("ForAllValues:StringNotEquals", ("a", "d"), False),
        ("ForAnyValue:StringNotEquals", ("a", "d"), True),
        ("forallvalues:stringequals", ("a", "c"), False),
        ("foranyvalue:stringequals", ("a", "c"), True),
        ("stringequalsifexists", ("c",), False),
        ("StringEqualsIfExists", ("c",), False),
    ],
)
def test_several_values(operator: str, values: tuple[str, ...], expected: bool) -> None:  # as above
    """`ForAllValues` wants each value of the call to pass, `ForAnyValue` one."""
    assert holds(operator, ["a", "b"], *values) is expected


@pytest.mark.parametrize("moment", ["1e30", "-1e30", "1e400", "nan", "99999999999999", "9999-99-99", "soon"])
def test_an_absurd_time_compares_with_nothing(moment: str) -> None:
    """A time that nobody can read, in the policy or in the call, satisfies no comparison."""
    assert not holds("DateLessThan", moment, "2026-01-01T00:00:00Z")
    assert not holds("DateGreaterThan", "2026-01-01T00:00:00Z", moment)


@pytest.mark.parametrize("operator", ["StringSounds", "ForAnyValue:Odd", "OddIfExists"])
def test_an_unknown_operator_never_holds(operator: str) -> None:
    """An operator that IAM does not have lets nothing through."""
    assert not holds(operator, "a", "a")


def test_null_asks_whether_there_is_a_key() -> None:
    """`Null` holds for a key that is missing when it is true, for one that is there when it is false."""
    assert holds("Null", "true")
    assert holds("null", "true")
    assert not holds("Null", "true", "x")
    assert holds("Null", False, "x")
    assert not holds("Null", False)


def test_all_conditions_must_hold() -> None:
    """Several operators and keys of a statement must all hold, and decide anew for each call."""
    block = {"StringEquals": {"A": "1", "B": "2"}, "Bool": {"C": "true"}}
    statement = {"Effect": "Allow", "Action": "s:Get", "Resource": "*", "Condition": block}
    policies = PolicySet(parse_statements({"Version": "2012-10-17", "Statement": statement}))
    keys = {"a": ("1",), "b": ("2",), "c": ("true",)}

    assert policies.decide(Access("s:Get", "r", keys)) is PolicyVerdict.ALLOWED
    for name in keys:
        assert policies.decide(Access("s:Get", "r", {**keys, name: ("x",)})) is PolicyVerdict.SILENT


def test_variables_need_the_current_version() -> None:
    """In a policy without the current version a variable is text; with it, resources follow the caller."""
    statement = {"Effect": "Allow", "Action": "s:Get", "Resource": "arn:aws:s3:::b/${aws:username}/*"}
    access = Access("s:Get", "arn:aws:s3:::b/ann/x", {"aws:username": ("ann",)})
    other = Access("s:Get", "arn:aws:s3:::b/bob/x", {"aws:username": ("ann",)})

    current = PolicySet(parse_statements({"Version": "2012-10-17", "Statement": [statement]}))
    old = PolicySet(parse_statements({"Statement": [statement]}))

    assert [current.decide(one) for one in (access, other)] == [PolicyVerdict.ALLOWED, PolicyVerdict.SILENT]
    assert old.decide(access) is PolicyVerdict.SILENT


def test_a_value_of_a_variable_is_no_pattern() -> None:
    """A star in the value of a variable is a star."""
    statement = {"Effect": "Allow", "Action": "s:Get", "Resource": "arn:aws:s3:::${aws:username}"}
    policies = PolicySet(parse_statements({"Version": "2012-10-17", "Statement": [statement]}))

    assert (
        policies.decide(Access("s:Get", "arn:aws:s3:::x", {"aws:username": ("*",)})) is PolicyVerdict.SILENT
    )
