"""Change sets: what CloudFormation would do to a stack, asked for before it is done.

In goes the request for a stack, out comes what would change, resource by resource, before anything has
happened. A stack that would be new exists from then on, in `REVIEW_IN_PROGRESS`, with nothing in it.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from workshop.clock import Clock
from workshop.cloud.connection import Cloud
from workshop.deploy.events import POLL_SECONDS, going_on, is_throttled
from workshop.deploy.finding import CHANGE_SET, change_sets_of, describe
from workshop.errors import DeploymentError

__all__ = ["ChangeSet", "StackChange", "is_lost", "propose"]

UNCHANGED = ("didn't contain changes", "No updates are to be performed")


@dataclass(frozen=True)
class StackChange:
    """What a change set does to one resource: `Add`, `Modify` or `Remove`.

    A resource that `is_replaced` is made anew, and what the old one held is gone with it.
    """

    action: str
    logical_id: str
    resource_type: str
    is_replaced: bool = False


@dataclass(frozen=True)
class ChangeSet:
    """A change set that can be executed."""

    cloud: Cloud
    arn: str
    stack_id: str
    changes: tuple[StackChange, ...]

    def execute(self) -> None:
        """Let CloudFormation begin with it."""
        self.cloud.client("cloudformation").execute_change_set(
            StackName=self.stack_id, ChangeSetName=self.arn
        )


def propose(
    cloud: Cloud, pipeline: str, request: Mapping[str, Any], *, is_new: bool, clock: Clock
) -> ChangeSet | None:
    """Make a change set and block until CloudFormation knows what it does; None if it changes nothing.

    Raises:
        ClientError: CloudFormation refuses the request.
        DeploymentError: it found a reason against it later; what was made for it is removed.
    """
    client = cloud.client("cloudformation")
    # Somebody else's stack under review has the name already, and has to outlive a change set of ours.
    was_there = describe(cloud, request["StackName"]) is not None
    made = client.create_change_set(
        **request,
        ChangeSetName=f"{CHANGE_SET}{pipeline}-{secrets.token_hex(8)}",
        ChangeSetType="CREATE" if is_new else "UPDATE",
        Description="Made by `workshop deploy`.",
    )
    with going_on(made["StackId"]):
        rows, described = _awaited(cloud, made, clock)
        if described["Status"] == "CREATE_COMPLETE":
            changes = tuple(_change(row["ResourceChange"]) for row in rows)
            return ChangeSet(cloud, made["Id"], made["StackId"], changes)
        client.delete_change_set(StackName=made["StackId"], ChangeSetName=made["Id"])
        if not was_there and not change_sets_of(cloud, made["StackId"]):
            client.delete_stack(StackName=made["StackId"])
    reason = str(described.get("StatusReason", ""))
    if any(words in reason for words in UNCHANGED):
        return None
    raise DeploymentError(
        f"CloudFormation cannot change the stack `{request['StackName']}` like this: {reason}; "
        "nothing was changed, so correct the cause and deploy again"
    )


def is_lost(error: ClientError) -> bool:
    """Return whether a change set can no longer be executed, since somebody else's was faster."""
    return error.response["Error"]["Code"] in {"ChangeSetNotFound", "InvalidChangeSetStatus"}


def _awaited(
    cloud: Cloud, made: Mapping[str, str], clock: Clock
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the changes of a change set, and its description, when it is made or has failed."""
    pages = cloud.client("cloudformation").get_paginator("describe_change_set")
    while True:
        try:
            found = list(pages.paginate(StackName=made["StackId"], ChangeSetName=made["Id"]))
        except ClientError as error:
            if not is_throttled(error):
                raise
        else:
            if found[0]["Status"] in {"CREATE_COMPLETE", "FAILED"}:
                return [row for page in found for row in page.get("Changes", [])], found[0]
        clock.sleep(POLL_SECONDS)


def _change(row: Mapping[str, Any]) -> StackChange:
    # `Conditional` means that nobody knows yet: better to be warned.
    is_replaced = row.get("Replacement", "False") != "False"
    return StackChange(row["Action"], row["LogicalResourceId"], row["ResourceType"], is_replaced)
