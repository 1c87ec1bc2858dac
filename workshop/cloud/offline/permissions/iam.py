"""The permissions that calls of IAM need: the role or policy that they concern, and the boundary of a role.

Of a role that is made or given another boundary, the boundary is the one that it is to have; of any other
change of its policies, the one that it has. Source:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from workshop.cloud.offline.permissions.call_scope import CallScope, Needed
from workshop.cloud.offline.permissions.roles import find_role

__all__ = ["needs_of_iam"]

# In this order: attaching a policy to a role concerns the role.
KINDS = {"RoleName": "role", "UserName": "user", "GroupName": "group", "PolicyName": "policy"}


def needs_of_iam(name: str, parameters: Mapping[str, Any], scope: CallScope) -> Iterator[Needed]:
    """Yield what a call of this operation needs."""
    for parameter, kind in KINDS.items():
        if named := parameters.get(parameter):
            arn = scope.arn("iam", f"{kind}/{named}", is_global=True)
            break
    else:
        arn = str(parameters.get("PolicyArn") or "*")
    wanted = str(parameters.get("PermissionsBoundary") or "")
    yield Needed(f"iam:{name}", arn, partial(_boundary, arn, wanted))


def _boundary(arn: str, wanted: str) -> Mapping[str, tuple[str, ...]]:
    role = None if wanted else find_role(arn)
    boundary = wanted or getattr(role, "permissions_boundary_arn", None)
    return {"iam:permissionsboundary": (boundary,)} if boundary else {}
