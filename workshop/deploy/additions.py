"""What somebody added by hand to the resources of a stack, which CloudFormation knows nothing of.

A role with a policy that is not its stack's cannot be deleted, and event source mappings and alarms of the
stack's functions would stay behind. In go the resources of a stack; what was added is found by asking the
services, and removed. What hangs on things of other people, or was protected on purpose, is only found: it is
theirs to undo.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from botocore.exceptions import ClientError

from workshop.cloud.connection import Cloud
from workshop.deploy.leftovers import StackResource

__all__ = ["delete_addition", "find_additions", "obstacles", "own_policy_of", "remove_additions"]

ALARM = "AWS::CloudWatch::Alarm"
FUNCTION = "AWS::Lambda::Function"
MAPPING = "AWS::Lambda::EventSourceMapping"
POLICY = "AWS::IAM::ManagedPolicy"
ROLE = "AWS::IAM::Role"
TABLE = "AWS::DynamoDB::Table"
# A mapping that is just being made, changed or deleted; it goes a little later.
BUSY_CODES = frozenset({"ResourceInUseException", "ResourceNotFoundException"})
NO_ENTITY = "NoSuchEntity"
# The key of a kind of entity in IAM's answer, its name there, and the command that undoes it.
ENTITIES = (
    ("PolicyUsers", "UserName", "user", "--user-name"),
    ("PolicyGroups", "GroupName", "group", "--group-name"),
    ("PolicyRoles", "RoleName", "role", "--role-name"),
)


@dataclass(frozen=True)
class RolePolicy:
    """A policy that a role of a stack did not get from its template; without `arn` it is an inline one."""

    role: StackResource
    name: str
    arn: str = ""

    def __str__(self) -> str:
        return f"policy `{self.name}` of {self.role}"


Addition = StackResource | RolePolicy


def find_additions(cloud: Cloud, resources: Iterable[StackResource]) -> tuple[Addition, ...]:
    """Return mappings, alarms and policies that were added by hand, and go with the stack."""
    known = tuple(resources)
    own = {each.physical_id for each in known}
    functions = tuple(each for each in known if each.resource_type == FUNCTION)
    found = (*_mappings(cloud, functions), *_alarms(cloud, known))
    policies = (each for role in known if role.resource_type == ROLE for each in _policies(cloud, role))
    return (*(each for each in found if each.physical_id not in own), *policies)


def remove_additions(cloud: Cloud, resources: Iterable[StackResource]) -> tuple[StackResource, ...]:
    """Remove mappings, alarms and policies that were added by hand; may be repeated.

    Returns the mappings and alarms: mappings may take a moment to go.
    """
    later = []
    for each in find_additions(cloud, resources):
        if isinstance(each, RolePolicy):
            _take(cloud, each)
        else:
            delete_addition(cloud, each)
            later.append(each)
    return tuple(later)


def obstacles(cloud: Cloud, resources: Iterable[StackResource]) -> Iterator[str]:
    """Yield what would keep CloudFormation from deleting the stack, each with the command that undoes it."""
    known = tuple(resources)
    own = {each.physical_id for each in known}
    for each in known:
        if each.resource_type == TABLE and _is_protected(cloud, each.physical_id):
            yield (
                f"{each} is protected from deletion: `aws dynamodb update-table --table-name "
                f"{each.physical_id} --no-deletion-protection-enabled`"
            )
        if each.resource_type == POLICY:
            for kind, name, option in _holders(cloud, each.physical_id):
                if name not in own:
                    yield (
                        f"{each} is attached to the {kind} `{name}`: `aws iam detach-{kind}-policy "
                        f"{option} {name} --policy-arn {each.physical_id}`"
                    )


def delete_addition(cloud: Cloud, resource: StackResource) -> None:
    """Delete a mapping or an alarm; may be repeated, and has to be if the mapping is being changed."""
    if resource.resource_type == ALARM:
        cloud.client("cloudwatch").delete_alarms(AlarmNames=[resource.physical_id])
        return
    try:
        cloud.client("lambda").delete_event_source_mapping(UUID=resource.physical_id)
    except ClientError as error:
        if error.response["Error"]["Code"] not in BUSY_CODES:
            raise


def own_policy_of(role: str) -> str:
    """Return the name of the inline policy that our templates give to a role, by the role's logical id."""
    return role.removesuffix("Role")


def _mappings(cloud: Cloud, functions: tuple[StackResource, ...]) -> list[StackResource]:
    pages = cloud.client("lambda").get_paginator("list_event_source_mappings")
    found = []
    for function in functions:
        try:
            mappings = [
                mapping
                for page in pages.paginate(FunctionName=function.physical_id)
                for mapping in page["EventSourceMappings"]
            ]
        except ClientError as error:
            if error.response["Error"]["Code"] not in BUSY_CODES:
                raise
            continue
        found += [StackResource(f"of {function.logical_id}", MAPPING, each["UUID"]) for each in mappings]
    return found


def _alarms(cloud: Cloud, watched: tuple[StackResource, ...]) -> list[StackResource]:
    """Return the alarms on metrics of these resources; a queue's are known by the last part of its URL."""
    names = {each.physical_id.rpartition("/")[2]: each.logical_id for each in watched}
    pages = cloud.client("cloudwatch").get_paginator("describe_alarms").paginate()
    return [
        StackResource(f"of {names[dimension['Value']]}", ALARM, alarm["AlarmName"])
        for page in pages
        for alarm in page["MetricAlarms"]
        for dimension in alarm.get("Dimensions", [])
        if dimension["Value"] in names
    ]


def _policies(cloud: Cloud, role: StackResource) -> list[RolePolicy]:
    """Return every policy of a role but the inline one that its template gave it."""
    iam, name = cloud.client("iam"), role.physical_id
    try:
        inline = [
            RolePolicy(role, policy)
            for page in iam.get_paginator("list_role_policies").paginate(RoleName=name)
            for policy in page["PolicyNames"]
            if policy != own_policy_of(role.logical_id)
        ]
        attached = [
            RolePolicy(role, policy["PolicyName"], policy["PolicyArn"])
            for page in iam.get_paginator("list_attached_role_policies").paginate(RoleName=name)
            for policy in page["AttachedPolicies"]
        ]
    except ClientError as error:
        # The role went in an earlier try to delete the stack.
        if error.response["Error"]["Code"] != NO_ENTITY:
            raise
        return []
    return inline + attached


def _take(cloud: Cloud, policy: RolePolicy) -> None:
    iam, role = cloud.client("iam"), policy.role.physical_id
    try:
        if policy.arn:
            iam.detach_role_policy(RoleName=role, PolicyArn=policy.arn)
        else:
            iam.delete_role_policy(RoleName=role, PolicyName=policy.name)
    except ClientError as error:
        # Somebody else was faster.
        if error.response["Error"]["Code"] != NO_ENTITY:
            raise


def _is_protected(cloud: Cloud, table: str) -> bool:
    try:
        described = cloud.client("dynamodb").describe_table(TableName=table)["Table"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in BUSY_CODES:
            raise
        return False
    return bool(described.get("DeletionProtectionEnabled"))


def _holders(cloud: Cloud, policy: str) -> list[tuple[str, str, str]]:
    """Return who has a managed policy: kind, name, and the option that names it to the AWS CLI."""
    pages = cloud.client("iam").get_paginator("list_entities_for_policy").paginate(PolicyArn=policy)
    try:
        return [
            (kind, entity[name], option)
            for page in pages
            for key, name, kind, option in ENTITIES
            for entity in page[key]
        ]
    except ClientError as error:
        if error.response["Error"]["Code"] != NO_ENTITY:
            raise
        return []
