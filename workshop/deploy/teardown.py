"""A pipeline removed from the connected cloud, and the proof that nothing of it is left.

CloudFormation deletes what it made. What it does not know goes here: what somebody added by hand, the zips in
the bucket, log groups that Lambda made by itself, and, with the last stack, the bucket. Then every service is
asked for every resource, and lists are searched for the stack's name. What would leave the stack half deleted
is looked for before.
"""

from collections.abc import Callable, Mapping
from typing import Any

from workshop.clock import Clock, SystemClock
from workshop.cloud.connection import Cloud
from workshop.deploy.additions import delete_addition, find_additions, obstacles, remove_additions
from workshop.deploy.code_bucket import CodeBucket, bucket_name
from workshop.deploy.ending import remove_end
from workshop.deploy.events import EventLog, StackEvent, follow
from workshop.deploy.finding import GONE, describe, list_stacks, own_stack
from workshop.deploy.leftovers import StackResource, log_groups_of, remaining, resources_of
from workshop.deploy.listing import strays
from workshop.errors import StackNotFoundError, TearDownError

__all__ = ["added_by_hand", "destroy"]

# A queue can be seen for a minute after it was deleted; everything else goes sooner.
PATIENCE_SECONDS = 120
ASK_AGAIN_SECONDS = 3.0


def added_by_hand(cloud: Cloud, stack: str) -> tuple[str, ...]:
    """Return what somebody added to a pipeline's functions and roles: it goes with the pipeline."""
    described = describe(cloud, stack)
    if described is None or own_stack(cloud, described) is None:
        return ()
    return tuple(map(str, find_additions(cloud, resources_of(cloud, stack))))


def destroy(
    cloud: Cloud,
    stack: str,
    *,
    on_event: Callable[[StackEvent], None] | None = None,
    clock: Clock | None = None,
) -> None:
    """Delete a pipeline with everything that belongs to it, and make sure that nothing is left.

    Of a stack that somebody deleted by other means, or that has ended, the zips and what ended it go. The
    bucket goes with the last stack; what others have put there stays, and is named.

    Raises:
        StackNotFoundError: there is no such stack, or it is no pipeline of the workshop.
        TearDownError: something is still there, or something keeps the stack from being deleted, and then
            nothing was; names each thing.
    """
    waiting = clock or SystemClock()
    described = describe(cloud, stack)
    is_there = described is not None and own_stack(cloud, described) is not None
    try:
        if described is not None and is_there:
            _delete(cloud, described, on_event=on_event, clock=waiting)
        had_zips = described is None and _deleted_zips(cloud, stack)
    except TearDownError:
        if describe(cloud, stack) is None:
            # There is nothing left to end, whatever else is.
            remove_end(cloud, stack, on_event=on_event, clock=waiting)
        raise
    # Last: if anything above is cut off, the pipeline still ends.
    had_end = remove_end(cloud, stack, on_event=on_event, clock=waiting)
    if not (is_there or had_zips or had_end):
        raise StackNotFoundError(stack, tuple(each.name for each in list_stacks(cloud)))


def _delete(
    cloud: Cloud,
    described: Mapping[str, Any],
    *,
    on_event: Callable[[StackEvent], None] | None,
    clock: Clock,
) -> None:
    stack = described["StackName"]
    resources = resources_of(cloud, stack)
    _refuse_if_held(cloud, stack, resources)
    added = remove_additions(cloud, resources)
    log = EventLog(cloud, described["StackId"])
    log.skip()
    cloud.client("cloudformation").delete_stack(StackName=described["StackId"])
    before = described["StackStatus"]
    status, events = follow(cloud, log, described["StackId"], before=before, on_event=on_event, clock=clock)
    bucket = _bucket_of(cloud, described)
    foreign = _clear(cloud, bucket, stack)
    groups = log_groups_of(stack, resources)
    everything = (*resources, *groups, *added)
    if status == GONE:
        _wait_until_gone(cloud, everything, added=added, groups=groups, clock=clock)
    left = [str(each) for each in remaining(cloud, everything)]
    left += foreign
    left += [each for each in strays(cloud, stack) if not any(each[each.index("`") :] in one for one in left)]
    if left or status != GONE:
        raise _remainder(stack, status, events, tuple(left))


def _refuse_if_held(cloud: Cloud, stack: str, resources: tuple[StackResource, ...]) -> None:
    """Refuse to begin what would end in the middle."""
    if held := tuple(obstacles(cloud, resources)):
        lines = "".join(f"\n  {line}" for line in held)
        raise TearDownError(
            f"the stack `{stack}` cannot be deleted as a whole, so nothing was deleted:{lines}\n"
            f"undo that, then run `workshop destroy {stack}` again",
            held,
        )


def _deleted_zips(cloud: Cloud, stack: str) -> bool:
    """Delete what lies in the bucket for a stack that is gone; return whether there was anything."""
    bucket = CodeBucket(cloud)
    # A bucket without anything in it is what a deployment leaves that was cut off at its very beginning.
    if not bucket.exists() or (any(bucket.versions()) and not any(bucket.versions(stack))):
        return False
    if foreign := _clear(cloud, bucket, stack):
        raise _remainder(stack, GONE, (), tuple(foreign))
    return True


def _bucket_of(cloud: Cloud, described: Mapping[str, Any]) -> CodeBucket:
    """Return the bucket that the stack's code came from if it is one of the workshop's, else our own."""
    parameters = {row["ParameterKey"]: row["ParameterValue"] for row in described.get("Parameters", [])}
    name = parameters.get("CodeBucket", "")
    own = bucket_name(cloud.account_id, cloud.region)
    return CodeBucket(cloud, name if name == own or name.startswith(f"{own}-") else None)


def _clear(cloud: Cloud, bucket: CodeBucket, stack: str) -> list[str]:
    """Delete the zips of a stack, and the bucket if it is empty then; return what is somebody's own in it."""
    bucket.clear(stack)
    is_last = not list_stacks(cloud)
    if is_last:
        bucket.clear_templates()
        # Zips of stacks that somebody deleted by other means.
        for gone in (each for each in bucket.stacks() if describe(cloud, each) is None):
            bucket.clear(gone)
    foreign = bucket.foreign(None if is_last else stack)
    bucket.remove_if_empty()
    return [
        f"object `{key}` in the bucket `{bucket.name}`, which the workshop did not put there"
        for key in foreign
    ]


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
