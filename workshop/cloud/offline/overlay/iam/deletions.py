"""Users, groups and policies that are in use are not deleted.

AWS deletes a user without keys, password, groups and policies only, a group without users and policies, and a
policy with one version that is attached to nothing
(https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html, API_DeleteGroup.html and
API_DeletePolicy.html there). moto asks a user for policies alone, and nothing else for anything. Changed:
these deletions.
"""

from typing import Any

from moto.iam.exceptions import DeleteConflictException
from moto.iam.models import IAMBackend

from workshop.cloud.offline.overlay.correct import corrects

__all__ = ["attached_to"]

KINDS = ("group", "role", "user")

_MOTO_DELETE_USER = IAMBackend.delete_user
_MOTO_DELETE_GROUP = IAMBackend.delete_group
_MOTO_DELETE_POLICY = IAMBackend.delete_policy


def attached_to(backend: Any, policy_arn: str) -> set[tuple[str, str]]:
    """Return kind and name of what a managed policy is attached to."""
    return {
        (kind, entity.name)
        for kind in KINDS
        for entity in getattr(backend, f"{kind}s").values()
        if policy_arn in entity.managed_policies
    }


def _refuse(in_use: dict[str, Any]) -> None:
    for what, found in in_use.items():
        if found:
            raise DeleteConflictException(f"Cannot delete entity, must {what} first.")


@corrects(IAMBackend, "delete_user")
def _delete_user(self: Any, user_name: str) -> None:
    user = self.get_user(user_name)
    _refuse(
        {
            "delete access keys": user.access_keys,
            "delete login profile": user.password,
            "remove users from group": self.get_groups_for_user(user_name),
            "delete MFA device": user.mfa_devices,
        }
    )
    _MOTO_DELETE_USER(self, user_name)


@corrects(IAMBackend, "delete_group")
def _delete_group(self: Any, group_name: str) -> None:
    if (group := self.groups.get(group_name)) is not None:
        _refuse(
            {
                "detach all policies": group.managed_policies,
                "delete policies": group.policies,
                "remove users from group": group.users,
            }
        )
    _MOTO_DELETE_GROUP(self, group_name)


@corrects(IAMBackend, "delete_policy")
def _delete_policy(self: Any, policy_arn: str) -> None:
    policy = self.get_policy(policy_arn)
    if attached_to(self, policy_arn):
        raise DeleteConflictException("Cannot delete a policy attached to entities.")
    if len(policy.versions) > 1:
        raise DeleteConflictException(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's "
            "versions. The default version is deleted with the policy."
        )
    _MOTO_DELETE_POLICY(self, policy_arn)
