"""What somebody added by hand to the resources of a stack, which CloudFormation knows nothing of.

A role with a policy that is not its stack's cannot be deleted, and event source mappings and alarms of the
stack's functions would stay behind. In go the resources of a stack; what was added is found by asking the
services, and removed.
"""

from collections.abc import Iterable

from botocore.exceptions import ClientError

from workshop.cloud.connection import Cloud
from workshop.deploy.leftovers import StackResource

__all__ = ["delete_addition", "own_policy_of", "remove_additions"]

ALARM = "AWS::CloudWatch::Alarm"
FUNCTION = "AWS::Lambda::Function"
MAPPING = "AWS::Lambda::EventSourceMapping"
ROLE = "AWS::IAM::Role"
# A mapping that is just being made, changed or deleted; it goes a little later.
BUSY_CODES = frozenset({"ResourceInUseException", "ResourceNotFoundException"})


def remove_additions(cloud: Cloud, resources: Iterable[StackResource]) -> tuple[StackResource, ...]:
    """Remove mappings, alarms and policies that were added by hand; may be repeated.

    Returns the mappings and alarms: mappings may take a moment to go.
    """
    known = tuple(resources)
    own = {each.physical_id for each in known}
    functions = tuple(each for each in known if each.resource_type == FUNCTION)
    found = (*_mappings(cloud, functions), *_alarms(cloud, known))
    added = tuple(each for each in found if each.physical_id not in own)
    for each in added:
        delete_addition(cloud, each)
    for role in known:
        if role.resource_type == ROLE:
            _strip(cloud, role.physical_id, keep=own_policy_of(role.logical_id))
    return added


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


def _strip(cloud: Cloud, role: str, *, keep: str) -> None:
    """Take every policy from a role but the inline one that its template gave it."""
    iam = cloud.client("iam")
    try:
        inline = iam.get_paginator("list_role_policies").paginate(RoleName=role)
        for name in [name for page in inline for name in page["PolicyNames"] if name != keep]:
            iam.delete_role_policy(RoleName=role, PolicyName=name)
        attached = iam.get_paginator("list_attached_role_policies").paginate(RoleName=role)
        for policy in [policy for page in attached for policy in page["AttachedPolicies"]]:
            iam.detach_role_policy(RoleName=role, PolicyArn=policy["PolicyArn"])
    except ClientError as error:
        # The role went in an earlier try to delete the stack.
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
