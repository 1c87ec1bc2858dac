"""Policies of IAM have a largest size, and an identity has at most ten managed ones.

AWS counts characters without white space: 6,144 of a managed policy, 10,240 of all inline policies of a role
(5,120 of a group, 2,048 of a user), 2,048 of a trust policy; a user is in at most ten groups
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html). moto counts nothing. Changed: as
above, with AWS's sentences as users report them.

A policy that is attached or inline names no principal, a trust policy is judged when a role is made and later
alike, and a permissions boundary is a policy that is there
(https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePermissionsBoundary.html). moto takes any
principal, any trust policy of a new role, and any boundary. Changed: as above.

A tag of a role or a user takes the place of one whose key differs in capitals alone
(https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html). moto keeps both. Changed.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from inspect import signature
from typing import Any

from moto.iam.exceptions import LimitExceededException, MalformedPolicyDocument, NotFoundException
from moto.iam.models import IAMBackend
from moto.iam.policy_validation import IAMTrustPolicyDocumentValidator

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.request_models.policies import identity_problem

MOST_ATTACHED, MOST_GROUPS, MOST_OF_MANAGED, MOST_OF_TRUST = 10, 10, 6_144, 2_048
MOST_INLINE = {"role": 10_240, "group": 5_120, "user": 2_048}

_MOTO_TAG_ROLE = IAMBackend.tag_role
_MOTO_TAG_USER = IAMBackend.tag_user

Check = Callable[[Any, Mapping[str, Any]], None]


def _size(document: Any) -> int:
    return len(re.sub(r"\s", "", str(document)))


def _check_quota(quota: str, size: int, most: int) -> None:
    if size > most:
        raise LimitExceededException(f"Cannot exceed quota for {quota}: {most}")


def _check_document(text: Any) -> None:
    if (problem := identity_problem(text)) is not None:
        raise MalformedPolicyDocument(problem)


def _check_boundary(backend: Any, arn: str | None) -> None:
    if not arn:
        return
    try:
        backend.get_policy(arn)
    except NotFoundException as error:
        raise NotFoundException(f"Scope ARN: {arn} does not exist or is not attachable.") from error


def _check_new_boundary(backend: Any, given: Mapping[str, Any]) -> None:
    backend.get_role(given["role_name"])
    _check_boundary(backend, given["permissions_boundary"])


def _check_managed(_backend: Any, given: Mapping[str, Any]) -> None:
    _check_document(given["policy_document"])
    _check_quota("PolicySize", _size(given["policy_document"]), MOST_OF_MANAGED)


def _check_role(backend: Any, given: Mapping[str, Any]) -> None:
    IAMTrustPolicyDocumentValidator(given["assume_role_policy_document"]).validate()
    _check_boundary(backend, given.get("permissions_boundary"))
    _check_quota("ACLSizePerRole", _size(given["assume_role_policy_document"]), MOST_OF_TRUST)


def _check_trust(_backend: Any, given: Mapping[str, Any]) -> None:
    _check_quota("ACLSizePerRole", _size(given["policy_document"]), MOST_OF_TRUST)


def _check_attached(kind: str, backend: Any, given: Mapping[str, Any]) -> None:
    identity = getattr(backend, f"get_{kind}")(given[f"{kind}_name"])
    attached = {*identity.managed_policies, given["policy_arn"]}
    _check_quota(f"PoliciesPer{kind.title()}", len(attached), MOST_ATTACHED)


def _check_groups(backend: Any, given: Mapping[str, Any]) -> None:
    groups = {group.name for group in backend.get_groups_for_user(given["user_name"])}
    _check_quota("GroupsPerUser", len({*groups, given["group_name"]}), MOST_GROUPS)


def _check_inline(kind: str, backend: Any, given: Mapping[str, Any]) -> None:
    _check_document(given["policy_json"])
    name, most = given[f"{kind}_name"], MOST_INLINE[kind]
    policies = {**_inline(kind, backend, name), given["policy_name"]: given["policy_json"]}
    if sum(map(_size, policies.values())) > most:
        raise LimitExceededException(f"Maximum policy size of {most} bytes exceeded for {kind} {name}")


def _inline(kind: str, backend: Any, name: str) -> Mapping[str, Any]:
    policies: Mapping[str, Any] = getattr(backend, f"get_{kind}")(name).policies
    return policies


def _checked(moto: Callable[..., Any], check: Check) -> Callable[..., Any]:
    """Return a method that checks its arguments, by their names, before moto's own."""
    expected = signature(moto)

    def method(self: Any, *arguments: Any, **named: Any) -> Any:
        check(self, expected.bind(self, *arguments, **named).arguments)
        return moto(self, *arguments, **named)

    return method


CHECKS: Mapping[str, Check] = {
    "add_user_to_group": _check_groups,
    "create_policy": _check_managed,
    "create_policy_version": _check_managed,
    "create_role": _check_role,
    "put_role_permissions_boundary": _check_new_boundary,
    "update_assume_role_policy": _check_trust,
    **{f"attach_{kind}_policy": partial(_check_attached, kind) for kind in MOST_INLINE},
    **{f"put_{kind}_policy": partial(_check_inline, kind) for kind in MOST_INLINE},
}
for _name, _check in CHECKS.items():
    corrects(IAMBackend, _name)(_checked(getattr(IAMBackend, _name), _check))


def _respelt(known: Iterable[str], tags: Iterable[Mapping[str, str]]) -> set[str]:
    """Return the keys of which new tags have other capitals."""
    given = {tag["Key"] for tag in tags}
    lowered = {key.lower() for key in given}
    return {key for key in known if key not in given and key.lower() in lowered}


@corrects(IAMBackend, "tag_role")
def _tag_role(self: Any, role_name: str, tags: list[dict[str, str]]) -> None:
    _MOTO_TAG_ROLE(self, role_name, tags)
    role = self.get_role(role_name)
    replaced = _respelt((tag["Key"] for tag in role.tags), tags)
    role.tags = [tag for tag in role.tags if tag["Key"] not in replaced]


@corrects(IAMBackend, "tag_user")
def _tag_user(self: Any, name: str, tags: list[dict[str, str]]) -> None:
    _MOTO_TAG_USER(self, name, tags)
    arn = self.get_user(name).arn
    self.tagger.untag_resource_using_names(arn, _respelt(self.tagger.get_tag_dict_for_resource(arn), tags))
