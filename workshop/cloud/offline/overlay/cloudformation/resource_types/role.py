"""AWS::IAM::Role has its policies, and changes in place.

AWS puts inline policies and attaches managed ones. An update brings both, the trust policy and the other
properties to what the template says; policies that were never in the template stay, and as long as there is
one, the role cannot be deleted
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-iam-role.html). moto ignores
`ManagedPolicyArns`, stores inline policies unchecked and not as JSON text, updates only the description,
cannot delete a role with a managed policy, and deletes one whatever its inline policies. Changed: creation,
update and deletion.
"""

from dataclasses import replace
from typing import Any

from moto.iam.models import Role, iam_backends

from workshop.cloud.offline.overlay.cloudformation.handlers import (
    Wanted,
    changes,
    creates,
    deletes,
    policy_text,
    undone,
)

# The attribute in which moto's role remembers the policies of its template; an update removes only these, and
# leaves alone what somebody attached by hand.
FROM_TEMPLATE = "policies_from_template"

_create_role = Role.create_from_cloudformation_json.__func__


@creates(Role)
def _create(wanted: Wanted) -> Any:
    bare = {"Properties": {**wanted.properties, "Policies": []}}
    role = _create_role(Role, wanted.name, bare, wanted.account_id, wanted.region_name)
    with undone(lambda: _remove(replace(wanted, name=role.name))):
        _settle(wanted.backend(iam_backends, is_global=True), role, wanted.properties)
    return role


@changes(Role)
def _change(wanted: Wanted) -> Any:
    properties, backend = wanted.properties, wanted.backend(iam_backends, is_global=True)
    role = backend.get_role(wanted.name)
    backend.update_assume_role_policy(role.name, policy_text(properties["AssumeRolePolicyDocument"]))
    backend.update_role(
        role.name, properties.get("Description", ""), properties.get("MaxSessionDuration", 3600)
    )
    backend.put_role_permissions_boundary(role.name, properties.get("PermissionsBoundary", ""))
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
    for policy in wanted.properties.get("Policies", []):
        if policy["PolicyName"] in role.policies:
            backend.delete_role_policy(wanted.name, policy["PolicyName"])
    backend.delete_role(wanted.name)


def _settle(backend: Any, role: Any, properties: dict[str, Any]) -> None:
    inline = {
        policy["PolicyName"]: policy_text(policy["PolicyDocument"])
        for policy in properties.get("Policies", [])
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
