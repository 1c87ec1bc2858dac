"""A schedule may delete a stack.

EventBridge Scheduler makes calls of nearly every service in its role's name, with the target's input as the
request (https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html). moto's
schedules do nothing. Changed: `aws-sdk:cloudformation:deleteStack` deletes the stack when it is due, if the
role may; the rights to delete what is in the stack are not looked at.
"""

from collections.abc import Mapping
from typing import Any

from moto.cloudformation.models import cloudformation_backends

from workshop.cloud.offline.keeping.marks import MARKS
from workshop.cloud.offline.overlay.cloudformation import operations
from workshop.cloud.offline.overlay.cloudformation.options import check_unprotected
from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.partitions import partition_of
from workshop.cloud.offline.permissions.resource_policies import DeliveringService, role_problem
from workshop.cloud.offline.runtime.deliveries.targets import ApiCalls, DeliveryError


@corrects(ApiCalls, "delete_stack", kind=staticmethod)
def _delete_stack(sender: DeliveringService, request: Mapping[str, Any]) -> None:
    region, name = sender.source_arn.split(":")[3], str(request["StackName"])
    backend = cloudformation_backends[sender.account_id][region]
    stacks = [each for each in backend.stacks.values() if name in (each.name, each.stack_id)]
    # Of a stack that is not there any more, no ARN is known, and deleting it is no error.
    arns = [each.stack_id for each in stacks] or [
        f"arn:{partition_of(region)}:cloudformation:{region}:{sender.account_id}:stack/{name}/none"
    ]
    if (problem := role_problem(sender, "cloudformation:DeleteStack", arns[0])) is not None:
        raise DeliveryError("AccessDenied", problem)
    for stack in stacks:
        check_unprotected(stack)
        operations.delete(stack)
    MARKS.note_resources()
