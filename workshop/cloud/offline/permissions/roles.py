"""What a role may do now: its inline policies, its attached policies, its permissions boundary.

Policies are parsed once and cached for as long as the role's documents are equal, so that a changed policy
takes effect with the next call. On AWS that takes some seconds, since changes are eventually consistent:
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html.
"""

from dataclasses import dataclass
from typing import Any

from moto.iam.models import iam_backends

from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.partitions import PARTITIONS
from workshop.cloud.offline.permissions.policy_evaluation import Access, PolicySet, parse_statements
from workshop.cloud.offline.permissions.rights import NO_RIGHTS, Rights
from workshop.cloud.offline.permissions.standing_keys import standing_keys
from workshop.cloud.offline.permissions.wildcards import LazyKeys

__all__ = ["find_role", "managed_document", "may", "rights_of_role"]

Documents = tuple[tuple[Any, ...], Any]


@dataclass(slots=True)
class _Known:
    """A role, the documents that were read, and what they amount to."""

    role: Any
    documents: Documents
    rights: Rights


_known: dict[str, _Known] = {}


def find_role(role_arn: str) -> Any:
    """Return moto's role, None if there is none; the caller holds the lock."""
    _, partition, _, _, account_id, *_ = (*role_arn.split(":"), "", "", "", "", "")
    partitions = dict.get(iam_backends, account_id)
    backend = dict.get(partitions, partition) if partitions is not None else None
    if backend is None:
        return None
    known = _known.get(role_arn)
    if known is not None and backend.roles.get(known.role.id) is known.role:
        return known.role
    return next((role for role in backend.roles.values() if role.arn == role_arn), None)


def rights_of_role(role_arn: str) -> Rights:
    """Return what the role may do now; a role that does not exist may do nothing."""
    with LOCK:
        role = find_role(role_arn)
        if role is None:
            _known.pop(role_arn, None)
            return NO_RIGHTS
        documents = _documents(role)
        known = _known.get(role_arn)
        if known is None or known.role is not role or known.documents != documents:
            known = _known[role_arn] = _Known(role, documents, _rights(documents))
        return known.rights


def may(role_arn: str, action: str, resource: str) -> bool:
    """Return whether a role may do something; for what services do in its name."""
    region = resource.split(":")[3] if resource.count(":") >= 5 else ""
    keys = LazyKeys(lambda: standing_keys(role_arn, _role(role_arn), region))
    return rights_of_role(role_arn).allow(Access(action, resource, keys))


def _role(role_arn: str) -> Any:
    with LOCK:
        return find_role(role_arn)


def managed_document(policy_arn: str, account_id: str) -> Any:
    """Return a managed policy's default document, None if it does not exist; the caller holds the lock."""
    _, partition, *_ = (*policy_arn.split(":"), "")
    policies = iam_backends[account_id][partition].managed_policies if partition in PARTITIONS else {}
    policy = policies.get(policy_arn)
    return None if policy is None else _default_document(policy)


def _documents(role: Any) -> Documents:
    """Return the documents in force; equal as long as nobody has changed any of them."""
    attached = [_default_document(policy) for policy in role.managed_policies.values()]
    return (*role.policies.values(), *attached), _boundary(role)


def _rights(documents: Documents) -> Rights:
    identity, boundary = documents
    return Rights(
        PolicySet(statement for document in identity for statement in parse_statements(document)),
        None if boundary is None else PolicySet(parse_statements(boundary)),
    )


def _default_document(policy: Any) -> Any:
    return next(
        (version.document for version in policy.versions if version.version_id == policy.default_version_id),
        "",
    )


def _boundary(role: Any) -> Any:
    """Return the boundary's document, None without one; a boundary that has been deleted allows nothing."""
    if not role.permissions_boundary_arn:
        return None
    return managed_document(role.permissions_boundary_arn, role.account_id) or ""
