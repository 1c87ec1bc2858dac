"""AWS::IAM::Role carries its policies, and changes in place.

AWS puts inline policies, attaches managed ones, and on an update brings both, the trust policy and the other
properties to what the template says; policies that never were in the template stay
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-iam-role.html). moto ignores
`ManagedPolicyArns`, keeps inline policies unchecked and not as JSON text, and updates only the description; a
role with a managed policy cannot be deleted. Changed: creation, update and deletion.
"""

import json
from dataclasses import replace
from typing import Any

from moto.iam.models import Role, iam_backends

from workshop.cloud.offline.overlay.cloudformation.handlers import Wanted, changes, creates, deletes

# Where a role keeps what its template gave it, so that an update leaves alone what somebody added by hand.
FROM_TEMPLATE = "policies_from_template"

_create_role = Role.create_from_cloudformation_json.__func__
_delete_role = Role.delete_from_cloudformation_json.__func__


@creates(Role)
def _create(wanted: Wanted) -> Any:
    bare = {"Properties": {**wanted.properties, "Policies": []}}
    role = _create_role(Role, wanted.name, bare, wanted.account_id, wanted.region_name)
    try:
        _settle(wanted.backend(iam_backends, is_global=True), role, wanted.properties)
    except Exception:
        # Nothing may be left of a role that failed: the stack does not know of it yet.
        _remove(replace(wanted, name=role.name))
        raise
    return role


@changes(Role)
def _change(wanted: Wanted) -> Any:
    properties, backend = wanted.properties, wanted.backend(iam_backends, is_global=True)
    role = backend.get_role(wanted.name)
    backend.update_assume_role_policy(role.name, _document(properties["AssumeRolePolicyDocument"]))
    backend.update_role(
        role.name, properties.get("Description", ""), properties.get("MaxSessionDuration", 3600)
    )
    role.permissions_boundary_arn = properties.get("PermissionsBoundary", "")
    role.tags = properties.get("Tags", [])
    _settle(backend, role, properties)
    return role


@deletes(Role)
def _remove(wanted: Wanted) -> None:
    backend = wanted.backend(iam_backends, is_global=True)
    role = backend.get_role(wanted.name)
    for arn in wanted.properties.get("ManagedPolicyArns", []):
        if arn in role.managed_policies:
            backend.detach_role_policy(arn, wanted.name)
    _delete_role(Role, wanted.name, {"Properties": wanted.properties}, wanted.account_id, wanted.region_name)


def _settle(backend: Any, role: Any, properties: dict[str, Any]) -> None:
    inline = {
        policy["PolicyName"]: _document(policy["PolicyDocument"]) for policy in properties.get("Policies", [])
    }
    before_inline, before_attached = getattr(role, FROM_TEMPLATE, ((), ()))
    for name in [name for name in role.policies if name in before_inline and name not in inline]:
        backend.delete_role_policy(role.name, name)
    for name, document in inline.items():
        backend.put_role_policy(role.name, name, document)
    wanted = properties.get("ManagedPolicyArns", [])
    for arn in [arn for arn in role.managed_policies if arn in before_attached and arn not in wanted]:
        backend.detach_role_policy(arn, role.name)
    for arn in wanted:
        if arn not in role.managed_policies:
            backend.attach_role_policy(arn, role.name)
    setattr(role, FROM_TEMPLATE, (tuple(inline), tuple(wanted)))


def _document(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)
