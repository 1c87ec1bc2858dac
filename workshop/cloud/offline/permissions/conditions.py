"""The condition element of a policy: operators over the keys of a call. Pure.

Several operators, and several keys of one operator, must all hold. Of several values one must match, or for
a negated operator none. A key that the call does not have satisfies negated operators, `…IfExists` and
`ForAllValues`, and no other. IAM refuses unknown operators when a policy is created; in a policy that was
never validated such a condition never holds, so that it cannot widen anything. Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html.
"""

import ipaddress
import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from workshop.cloud.offline.permissions.wildcards import Keys, Pattern

__all__ = ["PolicyCondition", "parse_conditions"]

# IAM reads names of operators without regard to case.
FOR_ALL = "forallvalues"
FOR_ANY = "foranyvalue"
IF_EXISTS = "ifexists"

# From a value of the policy to a test of one value of the call.
Test = Callable[[str, Keys], bool]
MakeTest = Callable[[str, bool], Test]


@dataclass(frozen=True, slots=True)
class PolicyCondition:
    """One operator over one key."""

    key: str
    tests: tuple[Test, ...]
    is_negated: bool = False
    quantifier: str = ""
    if_exists: bool = False
    wants_absence: bool | None = None

    def holds(self, keys: Keys) -> bool:
        """Return whether a call with these keys satisfies it."""
        values = keys.get(self.key, ())
        if self.wants_absence is not None:
            return self.wants_absence is not bool(values)
        if not values:
            return self.if_exists or self.quantifier == FOR_ALL or self._holds_without_values()
        passed = [self._passes(value, keys) for value in values]
        if self.quantifier == FOR_ANY:
            return any(passed)
        if self.quantifier == FOR_ALL or self.is_negated:
            return all(passed)
        return any(passed)

    def _holds_without_values(self) -> bool:
        return self.is_negated and not self.quantifier

    def _passes(self, value: str, keys: Keys) -> bool:
        return any(test(value, keys) for test in self.tests) is not self.is_negated


def parse_conditions(block: Any, *, variables: bool) -> tuple[PolicyCondition, ...]:
    """Read the condition element of a statement."""
    return tuple(
        _parse(name, key, _texts(values), variables=variables)
        for name, keys in (block or {}).items()
        for key, values in keys.items()
    )


def _parse(name: str, key: str, values: list[str], *, variables: bool) -> PolicyCondition:
    quantifier, _, plain = name.lower().rpartition(":")
    if_exists = plain.endswith(IF_EXISTS)
    plain = plain.removesuffix(IF_EXISTS)
    if plain == "null":
        return PolicyCondition(key.lower(), (), wants_absence=values[:1] == ["true"])
    make, is_negated = OPERATORS.get(plain, (_never, False))
    tests = tuple(make(value, variables) for value in values)
    return PolicyCondition(
        key.lower(), tests, is_negated=is_negated, quantifier=quantifier, if_exists=if_exists
    )


def _texts(values: Any) -> list[str]:
    listed = values if isinstance(values, list) else [values]
    return [str(value).lower() if isinstance(value, bool) else str(value) for value in listed]


def _equal(wanted: str, variables: bool) -> Test:  # the tables below call all alike
    return Pattern(wanted, is_exact=True, variables=variables).matches


def _equal_in_any_case(wanted: str, variables: bool) -> Test:  # as above
    return Pattern(wanted, is_exact=True, ignores_case=True, variables=variables).matches


def _like(wanted: str, variables: bool) -> Test:  # as above
    return Pattern(wanted, variables=variables).matches


def _arn(wanted: str, variables: bool) -> Test:  # as above
    return Pattern(wanted, is_arn=True, variables=variables).matches


def _bool(wanted: str, _variables: bool) -> Test:  # as above
    return lambda value, _: value.lower() == wanted.lower()


def _never(_wanted: str, _variables: bool) -> Test:  # as above
    return lambda _value, _keys: False


def _in_network(wanted: str, _variables: bool) -> Test:  # as above
    try:
        network = ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return _never(wanted, False)

    def test(value: str, _keys: Keys) -> bool:
        try:
            return ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return test


def _comparing(read: Callable[[str], Any], compare: Callable[[Any, Any], bool]) -> MakeTest:
    """Return a maker of tests that read both values as numbers or times; what cannot be read never passes."""

    def make(wanted: str, _variables: bool) -> Test:  # as above
        def test(value: str, _keys: Keys) -> bool:
            try:
                return compare(read(value), read(wanted))
            except (ArithmeticError, OSError, ValueError):  # no number or time, or one that no clock reaches
                return False

        return test

    return make


def _moment(text: str) -> datetime:
    """Read a time as ISO 8601 or in unix seconds."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return datetime.fromtimestamp(float(text), UTC)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


COMPARISONS: dict[str, tuple[Callable[[Any, Any], bool], bool]] = {
    "Equals": (operator.eq, False),
    "NotEquals": (operator.eq, True),
    "LessThan": (operator.lt, False),
    "LessThanEquals": (operator.le, False),
    "GreaterThan": (operator.gt, False),
    "GreaterThanEquals": (operator.ge, False),
}

# How tests of an operator are made, and whether it is negated.
NAMED: dict[str, tuple[MakeTest, bool]] = {
    "StringEquals": (_equal, False),
    "StringNotEquals": (_equal, True),
    "StringEqualsIgnoreCase": (_equal_in_any_case, False),
    "StringNotEqualsIgnoreCase": (_equal_in_any_case, True),
    "StringLike": (_like, False),
    "StringNotLike": (_like, True),
    "ArnEquals": (_arn, False),
    "ArnLike": (_arn, False),
    "ArnNotEquals": (_arn, True),
    "ArnNotLike": (_arn, True),
    "BinaryEquals": (_equal, False),
    "Bool": (_bool, False),
    "IpAddress": (_in_network, False),
    "NotIpAddress": (_in_network, True),
    **{
        f"{kind}{name}": (_comparing(read, compare), is_negated)
        for kind, read in (("Numeric", Decimal), ("Date", _moment))
        for name, (compare, is_negated) in COMPARISONS.items()
    },
}
OPERATORS = {name.lower(): made for name, made in NAMED.items()}
