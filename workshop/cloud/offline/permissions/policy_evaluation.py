"""Policy documents, parsed once into statements that allow an access, deny it, or do not apply. Pure.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Self

from workshop.cloud.offline.permissions.conditions import PolicyCondition, parse_conditions
from workshop.cloud.offline.permissions.wildcards import NO_KEYS, Keys, Pattern

__all__ = ["Access", "PolicySet", "PolicyStatement", "PolicyVerdict", "as_list", "parse_statements"]

CURRENT_VERSION = "2012-10-17"
REMEMBERED = 4096


class PolicyVerdict(Enum):
    """What policies say about an access."""

    ALLOWED = "allowed"
    DENIED = "denied"
    SILENT = "silent"


@dataclass(frozen=True)
class Access:
    """One thing that a call wants to do: an action on a resource, with the keys that conditions look at."""

    action: str
    resource: str
    keys: Keys = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Elements:
    """`Action` or `NotAction`, `Resource` or `NotResource`: patterns, and whether they exclude."""

    patterns: tuple[Pattern, ...]
    excludes: bool = False

    def match(self, value: str, keys: Keys = NO_KEYS) -> bool:
        """Return whether the element covers a value."""
        return any(pattern.matches(value, keys) for pattern in self.patterns) is not self.excludes


@dataclass(frozen=True)
class PolicyStatement:
    """One statement. `principals` is what a trust policy says about who may assume."""

    allows: bool
    actions: Elements
    resources: Elements
    conditions: tuple[PolicyCondition, ...] = ()
    principals: Any = None
    excludes_principals: bool = False

    @classmethod
    def parse(cls, document: dict[str, Any], *, variables: bool) -> Self:
        """Read a statement; a trust policy's has no resource and concerns its own role."""
        return cls(
            allows=document.get("Effect") == "Allow",
            actions=_elements(document, "Action", ignores_case=True),
            resources=_elements(document, "Resource", is_arn=True, variables=variables),
            conditions=parse_conditions(document.get("Condition"), variables=variables),
            principals=document.get("Principal", document.get("NotPrincipal")),
            excludes_principals="NotPrincipal" in document,
        )

    @property
    def is_fixed(self) -> bool:
        """Whether nothing but action and resource decides."""
        return not self.conditions and not any(one.has_variables for one in self.resources.patterns)

    def applies(self, access: Access) -> bool:
        """Return whether the statement applies to this access; its action has been matched before."""
        if not self.resources.match(access.resource, NO_KEYS if self.is_fixed else access.keys):
            return False
        return all(condition.holds(access.keys) for condition in self.conditions)


class PolicySet:
    """The statements of several policies together; caches verdicts that do not depend on a call's keys."""

    def __init__(self, statements: Iterable[PolicyStatement]) -> None:
        self._statements = tuple(statements)
        self._by_action: dict[str, tuple[tuple[PolicyStatement, ...], bool]] = {}
        self._decided: dict[tuple[str, str], PolicyVerdict] = {}

    def decide(self, access: Access) -> PolicyVerdict:
        """Return the verdict: one statement that denies outweighs all that allow."""
        key = (access.action, access.resource)
        if (known := self._decided.get(key)) is not None:
            return known
        statements, is_fixed = self._concerning(access.action)
        applying = {statement.allows for statement in statements if statement.applies(access)}
        verdict = PolicyVerdict.SILENT
        if applying:
            verdict = PolicyVerdict.DENIED if False in applying else PolicyVerdict.ALLOWED
        if is_fixed:
            if len(self._decided) >= REMEMBERED:
                self._decided.clear()
            self._decided[key] = verdict
        return verdict

    def _concerning(self, action: str) -> tuple[tuple[PolicyStatement, ...], bool]:
        known = self._by_action.get(action)
        if known is None:
            concerning = tuple(one for one in self._statements if one.actions.match(action))
            known = self._by_action[action] = (concerning, all(one.is_fixed for one in concerning))
        return known


def parse_statements(document: Any) -> tuple[PolicyStatement, ...]:
    """Parse a policy document, JSON text or a dictionary; a malformed one has no statements."""
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            return ()
    if not isinstance(document, dict):
        return ()
    variables = document.get("Version") == CURRENT_VERSION
    return tuple(
        PolicyStatement.parse(statement, variables=variables)
        for statement in as_list(document.get("Statement"))
    )


def as_list(value: Any) -> list[Any]:
    """Return a value that may stand alone or in a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _elements(document: dict[str, Any], name: str, **options: bool) -> Elements:
    excludes = f"Not{name}" in document
    texts = as_list(document.get(f"Not{name}" if excludes else name))
    if not texts and name == "Resource":
        texts = ["*"]
    return Elements(tuple(Pattern(str(text), **options) for text in texts), excludes)
