"""AWS::IAM::ManagedPolicy changes in place, and is detached before it is deleted.

AWS creates a new default version of the document, dropping the oldest of five, and attaches the policy to
what the template names. Deleting detaches it from these first
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-iam-managedpolicy.html). moto
says `UPDATE_COMPLETE` and changes nothing, fails to delete an attached policy with `DeleteConflict`, and
leaves a policy behind when it cannot attach it. Changed: creation, update and deletion.
"""

from dataclasses import replace
from typing import Any

from moto.iam.models import ManagedPolicy, iam_backends

from workshop.cloud.offline.overlay.cloudformation.handlers import (
    Wanted,
    changes,
    creates,
    deletes,
    policy_text,
    undone,
)
from workshop.cloud.offline.overlay.iam.deletions import attached_to

VERSIONS_KEPT = 5
KINDS = {"Groups": "group", "Users": "user", "Roles": "role"}


@creates(ManagedPolicy)
def _create(wanted: Wanted) -> Any:
    properties, backend = wanted.properties, wanted.backend(iam_backends, is_global=True)
    entities = _entities(properties)
    for kind, entity in entities:
        # Raises for a missing entity before the policy is created: the stack could not delete it afterwards.
        getattr(backend, f"get_{kind}")(entity)
    policy = backend.create_policy(
        description=properties.get("Description"),
        path=properties.get("Path"),
        policy_document=policy_text(properties["PolicyDocument"]),
        policy_name=properties.get("ManagedPolicyName", wanted.name),
        tags=properties.get("Tags", []),
    )
    with undone(lambda: _remove(replace(wanted, name=policy.arn))):
        _for_each(backend, "attach", policy.arn, entities)
    return policy


@changes(ManagedPolicy)
def _change(wanted: Wanted) -> Any:
    properties, backend = wanted.properties, wanted.backend(iam_backends, is_global=True)
    policy = backend.get_policy(wanted.name)
    document = policy_text(properties["PolicyDocument"])
    if document != next(version.document for version in policy.versions if version.is_default):
        # IAM keeps five, and never drops one by itself:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html
        if len(policy.versions) == VERSIONS_KEPT:
            oldest = next(version for version in policy.versions if not version.is_default)
            backend.delete_policy_version(policy.arn, oldest.version_id)
        backend.create_policy_version(policy.arn, document, set_as_default=True)
    entities, attached = _entities(properties), attached_to(backend, policy.arn)
    _for_each(backend, "detach", policy.arn, attached - entities)
    _for_each(backend, "attach", policy.arn, entities - attached)
    return policy


@deletes(ManagedPolicy)
def _remove(wanted: Wanted) -> None:
    backend, arn = wanted.backend(iam_backends, is_global=True), wanted.name
    # Whoever attached it by hand still uses it; AWS then refuses, and the stack says why.
    _for_each(backend, "detach", arn, attached_to(backend, arn) & _entities(wanted.properties))
    if not attached_to(backend, arn):
        policy = backend.get_policy(arn)
        for version in [one for one in policy.versions if not one.is_default]:
            backend.delete_policy_version(arn, version.version_id)
    backend.delete_policy(arn)


def _entities(properties: dict[str, Any]) -> set[tuple[str, str]]:
    return {(kind, name) for group, kind in KINDS.items() for name in properties.get(group, [])}


def _for_each(backend: Any, action: str, arn: str, entities: set[tuple[str, str]]) -> None:
    for kind, name in sorted(entities):
        getattr(backend, f"{action}_{kind}_policy")(policy_arn=arn, **{f"{kind}_name": name})
