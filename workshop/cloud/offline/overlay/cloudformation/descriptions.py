"""A stack's resources are listed with their own status and time.

AWS lists each resource that exists, or existed until a rollback, with the status and time of its last event
(https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackResource.html). moto lists every
resource of the template, with empty names where the condition is false, and gives all of them the stack's
status and a time in 2010. Changed: DescribeStackResource(s) and ListStackResources.
"""

from typing import Any

from moto.cloudformation import responses
from moto.cloudformation.exceptions import ValidationError
from moto.core.responses import ActionResult

from workshop.cloud.offline.overlay.cloudformation.resources import DeployedResource
from workshop.cloud.offline.overlay.correct import corrects


@corrects(responses.CloudFormationResponse, "describe_stack_resource")
def _describe_one(request: Any) -> Any:
    stack, logical_id = _stack(request), request._get_param("LogicalResourceId")
    if logical_id not in stack.deployed:
        raise ValidationError(message=f"Resource {logical_id} does not exist for stack {stack.name}")
    row = _row(stack, stack.deployed[logical_id])
    return ActionResult({"StackResourceDetail": {**row, "LastUpdatedTimestamp": row["Timestamp"]}})


@corrects(responses.CloudFormationResponse, "describe_stack_resources")
def _describe(request: Any) -> Any:
    logical_id, physical_id = (
        request._get_param("LogicalResourceId"),
        request._get_param("PhysicalResourceId"),
    )
    stack = _stack_with(request, physical_id) if physical_id else _stack(request)
    rows = [_row(stack, resource) for name, resource in stack.deployed.items() if logical_id in (None, name)]
    return ActionResult({"StackResources": rows})


@corrects(responses.CloudFormationResponse, "list_stack_resources")
def _list(request: Any) -> Any:
    stack = _stack(request)
    rows = [_row(stack, resource) for resource in stack.deployed.values()]
    summaries = [{**row, "LastUpdatedTimestamp": row["Timestamp"]} for row in rows]
    return ActionResult({"StackResourceSummaries": summaries})


def _stack(request: Any) -> Any:
    return request.cloudformation_backend.get_stack(request._get_param("StackName"))


def _stack_with(request: Any, physical_id: str) -> Any:
    for stack in request.cloudformation_backend.stacks.values():
        if any(resource.physical_id == physical_id for resource in stack.deployed.values()):
            return stack
    raise ValidationError(message=f"Stack for {physical_id} does not exist")


def _row(stack: Any, resource: DeployedResource) -> dict[str, Any]:
    return {
        "StackId": stack.stack_id,
        "StackName": stack.name,
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_id,
        "ResourceType": resource.resource_type,
        "Timestamp": resource.timestamp,
        "ResourceStatus": resource.status,
        "ResourceStatusReason": resource.reason,
    }
