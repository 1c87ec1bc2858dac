"""What a role's policies allow, read the way AWS reads them, as far as the course needs it.

In go the policies that hang on a role, out come their statements, and whether they allow a call. Conditions
are not looked at: the policies of the course have none. Only calls to IAM are made here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

__all__ = ["Statement", "allows", "statements_of"]


@dataclass(frozen=True)
class Statement:
    """One statement of a policy, with the name of the policy that it stands in."""

    policy: str
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]

    def covers(self, action: str, resource: str) -> bool:
        """Whether the statement speaks of this action on this resource."""
        return any(_matches(pattern, action, re.IGNORECASE) for pattern in self.actions) and any(
            _matches(pattern, resource) for pattern in self.resources
        )


def statements_of(client: IAMClient, role: str) -> tuple[Statement, ...]:
    """Return the statements of a role's inline policies, in the order of their names."""
    found: list[Statement] = []
    for page in client.get_paginator("list_role_policies").paginate(RoleName=role):
        for name in page["PolicyNames"]:
            document: Any = client.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            found += [_statement(name, part) for part in _several(document.get("Statement"))]
    return tuple(found)


def allows(statements: Iterable[Statement], action: str, resource: str) -> bool:
    """Whether a call is allowed: some statement allows it, and none denies it."""
    effects = {each.effect for each in statements if each.covers(action, resource)}
    return "Allow" in effects and "Deny" not in effects


def _statement(policy: str, part: dict[str, Any]) -> Statement:
    return Statement(
        policy,
        str(part.get("Effect", "")),
        tuple(map(str, _several(part.get("Action")))),
        tuple(map(str, _several(part.get("Resource")))),
    )


def _several(value: Any) -> list[Any]:
    """Return a list of what may stand alone or in a list."""
    return [] if value is None else list(value) if isinstance(value, list) else [value]


def _matches(pattern: str, text: str, flags: int = 0) -> bool:
    expression = "".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in pattern)
    return re.fullmatch(expression, text, flags | re.DOTALL) is not None
