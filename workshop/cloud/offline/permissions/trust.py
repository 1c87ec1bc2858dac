"""Who may assume a role: its trust policy decides, for people, other roles and services.

Within an account a trust policy that names the caller is enough; one that names the account delegates the
decision to the caller's own policies. Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from workshop.cloud.offline.partitions import PARTITIONS
from workshop.cloud.offline.permissions.policy_evaluation import (
    Access,
    PolicyStatement,
    as_list,
    parse_statements,
)
from workshop.cloud.offline.permissions.wildcards import Keys

__all__ = ["ASSUME_ROLE", "Principal", "Trust", "named_in", "names_of_service", "trust_in"]

ASSUME_ROLE = "sts:AssumeRole"
# Has a name in each region besides.
LOGS = "logs.amazonaws.com"


class Trust(Enum):
    """How far a role trusts a principal."""

    NONE = "none"
    ACCOUNT = "account"
    NAMED = "named"


@dataclass(frozen=True)
class Principal:
    """A caller that wants to assume a role: the ARNs it matches and its account, or a service's names."""

    arns: frozenset[str] = frozenset()
    account_id: str = ""
    services: frozenset[str] = frozenset()


def names_of_service(service: str, source_arn: str) -> frozenset[str]:
    """Return the names by which policies call a service that acts for a resource. Pure."""
    if service != LOGS:
        return frozenset({service})
    return frozenset({LOGS, LOGS.replace("logs.", f"logs.{source_arn.split(':')[3]}.")})


def trust_in(principal: Principal, document: Any, *, role_arn: str, keys: Keys) -> Trust:
    """Return how far a trust policy trusts a principal to assume its role. Pure."""
    found = Trust.NONE
    access = Access(ASSUME_ROLE, role_arn, keys)
    for statement in parse_statements(document):
        trust = named_in(principal, statement)
        if trust is Trust.NONE or not statement.actions.match(ASSUME_ROLE) or not statement.applies(access):
            continue
        if not statement.allows:
            return Trust.NONE
        found = Trust.NAMED if Trust.NAMED in {trust, found} else trust
    return found


def named_in(principal: Principal, statement: PolicyStatement) -> Trust:
    """Return how a statement of a resource's policy names a principal, as itself or by its account. Pure."""
    trust = _among(principal, statement.principals)
    if not statement.excludes_principals:
        return trust
    return Trust.ACCOUNT if trust is Trust.NONE else Trust.NONE


def _among(principal: Principal, principals: Any) -> Trust:
    if principals == "*":
        return Trust.NAMED
    if not isinstance(principals, Mapping):
        return Trust.NONE
    if principal.services:
        return Trust.NAMED if principal.services & set(as_list(principals.get("Service"))) else Trust.NONE
    named = {str(one) for one in as_list(principals.get("AWS"))}
    if "*" in named or named & principal.arns:
        return Trust.NAMED
    roots = {f"arn:{partition}:iam::{principal.account_id}:root" for partition in PARTITIONS}
    account = {principal.account_id, *roots}
    return Trust.ACCOUNT if named & account else Trust.NONE
