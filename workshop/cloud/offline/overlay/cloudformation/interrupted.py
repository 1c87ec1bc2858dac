"""Stacks whose operation was under way when the offline cloud ended.

On AWS an operation goes on whatever happens to the caller; here it ends with its process. What was made so
far belongs to the stack, which can be deleted.
"""

from typing import Any

from moto.cloudformation.models import cloudformation_backends

from workshop.cloud.offline.overlay.cloudformation.events import record

__all__ = ["end_interrupted_operations"]

REASON = "The offline cloud ended while this was under way; delete the stack, or deploy it again"
# By the first word of what was under way.
ENDS = {"CREATE": "CREATE_FAILED", "ROLLBACK": "ROLLBACK_FAILED", "DELETE": "DELETE_FAILED"}
OTHERS = "UPDATE_ROLLBACK_FAILED"
WAITING = "REVIEW_IN_PROGRESS"


def end_interrupted_operations() -> bool:
    """Let what was under way have failed; return whether anything was. The caller holds the lock."""
    stacks: list[Any] = [
        stack
        for _, _, backend in cloudformation_backends.iter_backends()
        for stack in backend.stacks.values()
        if stack.status.endswith("_IN_PROGRESS") and stack.status != WAITING
    ]
    for stack in stacks:
        record(stack, ENDS.get(stack.status.partition("_")[0], OTHERS), REASON)
    return bool(stacks)
