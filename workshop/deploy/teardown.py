"""A pipeline removed from the connected cloud, and the proof that nothing of it is left.

CloudFormation deletes what it made. What it does not know goes here: what somebody added by hand, the zips in
the bucket, log groups that Lambda made by itself, and, with the last stack, the bucket. Then every service is
asked for every resource, and lists are searched for the stack's name.
"""

from collections.abc import Callable, Mapping
from typing import Any

from workshop.clock import Clock, SystemClock
from workshop.cloud.connection import Cloud
from workshop.deploy.additions import delete_addition, remove_additions
from workshop.deploy.code_bucket import CodeBucket, bucket_name
from workshop.deploy.events import EventLog, StackEvent, follow
from workshop.deploy.finding import describe, list_stacks, own_stack
from workshop.deploy.leftovers import StackResource, log_groups_of, remaining, resources_of
from workshop.deploy.listing import strays
from workshop.errors import StackNotFoundError, TearDownError

__all__ = ["destroy"]

# A queue can be seen for a minute after it was deleted; everything else goes sooner.
PATIENCE_SECONDS = 120
ASK_AGAIN_SECONDS = 3.0


def destroy(
    cloud: Cloud,
    stack: str,
    *,
    on_event: Callable[[StackEvent], None] | None = None,
    clock: Clock | None = None,
) -> None:
    """Delete a pipeline with everything that belongs to it, and make sure that nothing is left.

    Of a stack that somebody deleted by other means, the zips go, and with the last stack their bucket.

    Raises:
        StackNotFoundError: there is no such stack, or it is no pipeline of the workshop.
        TearDownError: something is still there; names each thing.
    """
    waiting = clock or SystemClock()
    described = describe(cloud, stack)
    if described is None and _deleted_zips(cloud, stack):
        return
    if described is None or own_stack(cloud, described) is None:
        raise StackNotFoundError(stack, tuple(each.name for each in list_stacks(cloud)))
    resources = resources_of(cloud, stack)
    added = remove_additions(cloud, resources)
    log = EventLog(cloud, described["StackId"])
    log.skip()
    cloud.client("cloudformation").delete_stack(StackName=described["StackId"])
    status, events = follow(cloud, log, described["StackId"], on_event=on_event, clock=waiting)
    bucket = _bucket_of(cloud, described)
    _clear(cloud, bucket, stack)
    groups = log_groups_of(stack, resources)
    everything = (*resources, *groups, *added)
    if status == "DELETE_COMPLETE":
        _wait_until_gone(cloud, everything, added=added, groups=groups, clock=waiting)
    left = [str(each) for each in remaining(cloud, everything)]
    left += [f"object `{each['Key']}` in the bucket `{bucket.name}`" for each in bucket.versions(stack)]
    left += [each for each in strays(cloud, stack) if not any(each[each.index("`") :] in one for one in left)]
    if left or status != "DELETE_COMPLETE":
        raise _remainder(stack, status, events, tuple(left))


def _deleted_zips(cloud: Cloud, stack: str) -> bool:
    """Delete what lies in the bucket for a stack that is gone; return whether there was anything."""
    bucket = CodeBucket(cloud)
    # A bucket without anything in it is what a deployment leaves that was cut off at its very beginning.
    if not bucket.exists() or (any(bucket.versions()) and not any(bucket.versions(stack))):
        return False
    _clear(cloud, bucket, stack)
    return True


def _bucket_of(cloud: Cloud, described: Mapping[str, Any]) -> CodeBucket:
    """Return the bucket that the stack's code came from if it is one of the workshop's, else our own."""
    parameters = {row["ParameterKey"]: row["ParameterValue"] for row in described.get("Parameters", [])}
    name = parameters.get("CodeBucket", "")
    own = bucket_name(cloud.account_id, cloud.region)
    return CodeBucket(cloud, name if name == own or name.startswith(f"{own}-") else None)


def _clear(cloud: Cloud, bucket: CodeBucket, stack: str) -> None:
    """Delete the zips of a stack, and the bucket if nothing else needs it."""
    bucket.clear(stack)
    if not any(bucket.versions()) or not list_stacks(cloud):
        bucket.remove()


def _wait_until_gone(
    cloud: Cloud,
    resources: tuple[StackResource, ...],
    *,
    added: tuple[StackResource, ...],
    groups: tuple[StackResource, ...],
    clock: Clock,
) -> None:
    """Return when every resource is gone, or patience is at its end."""
    deadline = clock.now() + PATIENCE_SECONDS
    while left := remaining(cloud, resources):
        for each in (each for each in left if each in added):
            # A mapping that was being changed could not be deleted before.
            delete_addition(cloud, each)
        for group in (each for each in left if each in groups):
            # An invocation that was under way when its function went makes the log group once more.
            cloud.client("logs").delete_log_group(logGroupName=group.physical_id)
        if clock.now() >= deadline:
            return
        clock.sleep(ASK_AGAIN_SECONDS)


def _remainder(
    stack: str, status: str, events: tuple[StackEvent, ...], left: tuple[str, ...]
) -> TearDownError:
    reasons = [f"{event.logical_id}: {event.reason}" for event in events if event.is_failure]
    lines = "".join(f"\n  {line}" for line in (*left, *reasons))
    return TearDownError(
        f"the stack `{stack}` ended in `{status}` and something is left:{lines}\n"
        f"remove the cause, then run `workshop destroy {stack}` again",
        left,
    )
