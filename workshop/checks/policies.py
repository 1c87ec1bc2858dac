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
    """One statement of a policy, with the name of the policy that it stands in.

    A statement has either `actions` or `not_actions`, and so with resources. A policy that is not the role's
    own, but attached to it, has an ARN.
    """

    policy: str
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_actions: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    policy_arn: str = ""

    @property
    def is_negative(self) -> bool:
        """Whether the statement speaks of everything but what it names."""
        return bool(self.not_actions or self.not_resources)

    def covers(self, action: str, resource: str) -> bool:
        """Whether the statement speaks of this action on this resource."""
        return _speaks_of(action, self.actions, self.not_actions, re.IGNORECASE) and _speaks_of(
            resource, self.resources, self.not_resources
        )

    def names(self, *actions: str) -> bool:
        """Whether one of these actions stands in the statement, in any case of letters."""
        return bool({each.lower() for each in self.actions} & {each.lower() for each in actions})


def statements_of(client: IAMClient, role: str) -> tuple[Statement, ...]:
    """Return the statements of a role's policies: inline ones, then those that are attached to it."""
    found: list[Statement] = []
    for page in client.get_paginator("list_role_policies").paginate(RoleName=role):
        for name in page["PolicyNames"]:
            document: Any = client.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            found += [_statement(name, part) for part in _several(document.get("Statement"))]
    for attached in client.get_paginator("list_attached_role_policies").paginate(RoleName=role):
        for each in attached["AttachedPolicies"]:
            arn = each["PolicyArn"]
            version = client.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            managed = client.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
            document = managed["Document"]
            found += [
                _statement(each["PolicyName"], part, arn) for part in _several(document.get("Statement"))
            ]
    return tuple(found)


def allows(statements: Iterable[Statement], action: str, resource: str) -> bool:
    """Whether a call is allowed: some statement allows it, and none denies it."""
    effects = {each.effect for each in statements if each.covers(action, resource)}
    return "Allow" in effects and "Deny" not in effects


def _statement(policy: str, part: dict[str, Any], policy_arn: str = "") -> Statement:
    names = ("Action", "Resource", "NotAction", "NotResource")
    actions, resources, not_actions, not_resources = (
        tuple(map(str, _several(part.get(name)))) for name in names
    )
    effect = str(part.get("Effect", ""))
    return Statement(policy, effect, actions, resources, not_actions, not_resources, policy_arn)


def _speaks_of(text: str, patterns: tuple[str, ...], others: tuple[str, ...], flags: int = 0) -> bool:
    if others:
        return not any(_matches(pattern, text, flags) for pattern in others)
    return any(_matches(pattern, text, flags) for pattern in patterns)


def _several(value: Any) -> list[Any]:
    """Return a list of what may stand alone or in a list."""
    return [] if value is None else list(value) if isinstance(value, list) else [value]


def _matches(pattern: str, text: str, flags: int = 0) -> bool:
    expression = "".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in pattern)
    return re.fullmatch(expression, text, flags | re.DOTALL) is not None
