"""What a role's policies allow, read the way AWS reads them, as far as the course needs it.

In go the policies that hang on a role, out come their statements, and whether they allow a call that has
certain condition keys. Only calls to IAM are made here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from workshop.cloud.policies import applies

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

    from workshop.course.course import Course

__all__ = ["NO_KEYS", "Keys", "RoleStatement", "allows", "keys_of_role", "statements_of"]

# Names and values of a call's condition keys.
Keys = Mapping[str, str]
NO_KEYS: Keys = {}
CURRENT_VERSION = "2012-10-17"


@dataclass(frozen=True)
class RoleStatement:
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
    condition: Mapping[str, Any] = field(default_factory=dict)
    has_variables: bool = True

    @property
    def is_negative(self) -> bool:
        """Whether the statement applies to everything but what it names (`NotAction`, `NotResource`)."""
        return bool(self.not_actions or self.not_resources)

    def covers(self, action: str, resource: str, keys: Keys = NO_KEYS) -> bool:
        """Whether the statement applies to this action on this resource, in a call with these keys."""
        elements: dict[str, Any] = {
            "Action": list(self.actions),
            "Resource": list(self.resources),
            "NotAction": list(self.not_actions),
            "NotResource": list(self.not_resources),
            "Condition": self.condition,
        }
        statement = {name: value for name, value in elements.items() if value}
        return applies(statement, action, resource, keys=keys, variables=self.has_variables)

    def is_held_back(self, action: str, resource: str, keys: Keys) -> bool:
        """Whether nothing but its condition keeps the statement from speaking of this call."""
        unconditional = replace(self, condition={})
        return unconditional.covers(action, resource, keys) and not self.covers(action, resource, keys)

    def names(self, *actions: str) -> bool:
        """Whether the statement names one of these actions; case does not matter."""
        return bool({each.lower() for each in self.actions} & {each.lower() for each in actions})


def statements_of(client: IAMClient, role: str) -> tuple[RoleStatement, ...]:
    """Return the statements of a role's policies: inline ones, then those that are attached to it."""
    found: list[RoleStatement] = []
    for page in client.get_paginator("list_role_policies").paginate(RoleName=role):
        for name in page["PolicyNames"]:
            document: Any = client.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            found += _statements(name, document)
    for attached in client.get_paginator("list_attached_role_policies").paginate(RoleName=role):
        for each in attached["AttachedPolicies"]:
            arn = each["PolicyArn"]
            version = client.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            managed = client.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
            found += _statements(each["PolicyName"], managed["Document"], arn)
    return tuple(found)


def allows(statements: Iterable[RoleStatement], action: str, resource: str, keys: Keys = NO_KEYS) -> bool:
    """Whether a call is allowed: some statement allows it, and none denies it."""
    effects = {each.effect for each in statements if each.covers(action, resource, keys)}
    return "Allow" in effects and "Deny" not in effects


def keys_of_role(course: Course, role: str) -> Keys:
    """Return the condition keys that every call of a role's session has, wherever it comes from.

    Others, such as the caller's address, are left out: a condition on those cannot be relied on.
    """
    offline = course.cloud.offline
    now = course.clock.now() if offline is None else offline.now()
    return {
        "aws:CurrentTime": datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"),
        "aws:EpochTime": str(int(now)),
        "aws:PrincipalAccount": course.cloud.account_id,
        "aws:PrincipalArn": course.client("iam").get_role(RoleName=role)["Role"]["Arn"],
        "aws:PrincipalType": "AssumedRole",
        "aws:RequestedRegion": course.cloud.region,
        "aws:ResourceAccount": course.cloud.account_id,
        "aws:SecureTransport": "true",
        "aws:ViaAWSService": "false",
    }


def _statements(policy: str, document: Any, policy_arn: str = "") -> list[RoleStatement]:
    has_variables = document.get("Version") == CURRENT_VERSION
    return [
        replace(_statement(policy, part, policy_arn), has_variables=has_variables)
        for part in _several(document.get("Statement"))
    ]


def _statement(policy: str, part: dict[str, Any], policy_arn: str) -> RoleStatement:
    names = ("Action", "Resource", "NotAction", "NotResource")
    elements = (tuple(map(str, _several(part.get(name)))) for name in names)
    actions, resources, not_actions, not_resources = elements
    return RoleStatement(
        policy,
        str(part.get("Effect", "")),
        actions,
        resources,
        not_actions,
        not_resources,
        policy_arn,
        part.get("Condition") or {},
    )


def _several(value: Any) -> list[Any]:
    """Return a list of what may stand alone or in a list."""
    return [] if value is None else list(value) if isinstance(value, list) else [value]
