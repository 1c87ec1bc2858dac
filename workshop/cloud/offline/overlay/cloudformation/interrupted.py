"""Stacks whose operation was under way when the offline cloud ended.

On AWS an operation goes on whatever happens to the caller; here it ends with its process. What was made so
far belongs to the stack, which can be deleted; one that was being updated can be updated again.
"""

from typing import Any

from moto.cloudformation.models import cloudformation_backends

from workshop.cloud.offline.overlay.cloudformation.events import record
from workshop.cloud.offline.overlay.cloudformation.operations import settle
from workshop.cloud.offline.overlay.cloudformation.resource_types.custom_resource import delete_answers

__all__ = ["end_interrupted_operations"]

REASON = "The offline cloud ended while this was under way"
DELETE = f"{REASON}; delete the stack"
# How an operation ends that was under way. What is only cleaned up afterwards never fails.
ENDS = {
    "CREATE_IN_PROGRESS": ("CREATE_FAILED", DELETE),
    "ROLLBACK_IN_PROGRESS": ("ROLLBACK_FAILED", DELETE),
    "DELETE_IN_PROGRESS": ("DELETE_FAILED", f"{DELETE} again"),
    "UPDATE_IN_PROGRESS": ("UPDATE_FAILED", f"{REASON}; update the stack again, or delete it"),
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": ("UPDATE_COMPLETE", REASON),
    "UPDATE_ROLLBACK_IN_PROGRESS": ("UPDATE_ROLLBACK_FAILED", DELETE),
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": ("UPDATE_ROLLBACK_COMPLETE", REASON),
}


def end_interrupted_operations() -> bool:
    """Let what was under way have failed; return whether anything was. The caller holds the lock."""
    backends: list[Any] = [backend for _, _, backend in cloudformation_backends.iter_backends()]
    stacks = [stack for one in backends for stack in one.stacks.values() if stack.status in ENDS]
    for stack in stacks:
        _end_resources(stack, stacks)
    for stack in stacks:
        record(stack, *ENDS[stack.status])
    for change_set in (change_set for one in backends for change_set in one.change_sets.values()):
        if change_set.execution_status == "EXECUTE_IN_PROGRESS":
            change_set.execution_status = "EXECUTE_FAILED"
    if stacks:
        delete_answers()
    return bool(stacks)


def _end_resources(stack: Any, interrupted: list[Any]) -> None:
    for resource in stack.deployed.values():
        if resource.status.endswith("_IN_PROGRESS"):
            # A stack that is made in another is known there only when it is complete.
            inner = f"{stack.name}-{resource.logical_id}-"
            found = next((one for one in interrupted if one.name.startswith(inner)), None)
            resource.model = resource.model or found
            settle(stack, resource, f"{resource.status.partition('_')[0]}_FAILED", REASON)
