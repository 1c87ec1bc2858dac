"""Whether a policy statement applies to a call, decided as the offline cloud does for its roles. Pure.

Takes the statement as IAM stores it and the condition keys of the call. On a real account IAM itself
decides; this predicts its decision from AWS's documentation.
"""

from collections.abc import Mapping
from typing import Any

from workshop.cloud.offline.permissions.policy_evaluation import Access, PolicyStatement

__all__ = ["applies"]


def applies(
    statement: dict[str, Any], action: str, resource: str, *, keys: Mapping[str, str], variables: bool = True
) -> bool:
    """Return whether a statement, allowing or denying, applies to an action on a resource.

    `keys` are the condition keys of the call, such as `aws:SecureTransport`, in any case of letters. Policy
    variables (`${aws:PrincipalAccount}`) are text in policies that are older than version 2012-10-17.
    """
    read = PolicyStatement.parse(statement, variables=variables)
    access = Access(action, resource, {name.lower(): (value,) for name, value in keys.items()})
    return read.actions.match(action) and read.applies(access)
