"""Stack events say what happens to each resource, and when.

AWS writes an event whenever work on a resource begins, ends or fails, with the reason, besides those of the
stack itself (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html). moto
writes events of the stack only, stamped with the machine's time. Changed: `record` and `record_resource`
write both kinds, a stack remembers when it was last updated and the reason for its status, and stacks,
change sets and events are stamped with the cloud's time.
"""

from typing import Any

from moto.cloudformation import models
from moto.cloudformation.parsing import OutputMap

from workshop.cloud.offline.overlay.correct import CLOCK, corrects

__all__ = ["record", "record_resource"]

_init_stack = models.Stack.__init__
_init_change_set = models.ChangeSet.__init__
_init_event = models.Event.__init__


def record(stack: Any, status: str, reason: str | None = None) -> None:
    """Give a stack a new status and write the event."""
    stack.status = status
    stack.stack_status_reason = reason
    stack._add_stack_event(status, resource_status_reason=reason)


def record_resource(stack: Any, resource: Any, reason: str | None = None) -> None:
    """Write the event of a resource's new status."""
    event = models.Event(
        stack_id=stack.stack_id,
        stack_name=stack.name,
        logical_resource_id=resource.logical_id,
        physical_resource_id=resource.physical_id or "",
        resource_type=resource.resource_type,
        resource_status=resource.status,
        resource_status_reason=reason,
        resource_properties=None,
    )
    event.sendToSns(stack.account_id, stack.region_name, stack.notification_arns)
    stack.events.append(event)


@corrects(models.Stack, "__init__")
def _new_stack(stack: Any, *args: Any, **kwargs: Any) -> None:
    _init_stack(stack, *args, **kwargs)
    stack.creation_time = CLOCK.moment()
    stack.last_updated_time = None
    stack.deletion_time = None
    stack.stack_status_reason = None
    stack.capabilities = []
    stack.deployed = {}
    # What an update has replaced or undone, with that word, until it is deleted.
    stack.leftovers = []
    # Outputs belong to a finished operation; until then their references cannot be resolved.
    stack.output_map = OutputMap(stack.resource_map, {}, stack.stack_id)


@corrects(models.ChangeSet, "__init__")
def _new_change_set(change_set: Any, *args: Any, **kwargs: Any) -> None:
    _init_change_set(change_set, *args, **kwargs)
    change_set.creation_time = CLOCK.moment()


@corrects(models.Event, "__init__")
def _new_event(event: Any, *args: Any, **kwargs: Any) -> None:
    _init_event(event, *args, **kwargs)
    event.timestamp = CLOCK.moment()
