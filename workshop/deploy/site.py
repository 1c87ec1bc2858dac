"""Where a pipeline is brought to: a stack name in a cloud, whatever state the stack is in.

Out comes a stack that is up to date. What somebody else is doing to it is waited for; what an interrupted or
failed run has left is put right first. What will change is known, and told, before it is done.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from workshop.clock import Clock
from workshop.cloud.connection import Cloud
from workshop.cloud.sign_in import refusal_advice
from workshop.deploy.additions import remove_additions
from workshop.deploy.change_sets import StackChange, is_lost, propose
from workshop.deploy.events import EventLog, StackEvent, follow
from workshop.deploy.finding import UNDER_REVIEW, describe, is_free, pipeline_stack
from workshop.deploy.leftovers import resources_of
from workshop.errors import ConfigurationError, DeploymentError

__all__ = ["CONSENT", "StackSite", "Told"]

CONSENT = ("CAPABILITY_IAM",)
# Stacks that never came to work, or are half deleted: they refuse updates, and nothing in them works.
BROKEN = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")
STUCK, UNSTUCK = "UPDATE_ROLLBACK_FAILED", "UPDATE_ROLLBACK_COMPLETE"


@dataclass(frozen=True)
class Told:
    """Who is told what: the changes that are going to be made, and each event while they are."""

    on_plan: Callable[[Sequence[StackChange]], None] | None = None
    on_event: Callable[[StackEvent], None] | None = None


class StackSite:
    """A stack name in a cloud, for one of the pipelines."""

    def __init__(self, cloud: Cloud, pipeline: str, stack: str, *, told: Told, clock: Clock) -> None:
        self._cloud = cloud
        self._cloudformation = cloud.client("cloudformation")
        self.pipeline = pipeline
        self.stack = stack
        self._told = told
        self._clock = clock

    def usable_stack(self) -> dict[str, Any] | None:
        """Return the stack if it can be updated; delete one that never came to work, and return None.

        What somebody else is doing to it, such as another notebook, is waited for.
        """
        described = self._described_at_rest()
        if described is None or is_free(self._cloud, described):
            return None
        found, status = pipeline_stack(described), described["StackStatus"]
        if found is None or found.pipeline != self.pipeline:
            what = "is no pipeline of this workshop" if found is None else f"is a {found.pipeline} pipeline"
            raise ConfigurationError(
                f"the stack `{self.stack}` exists and {what}; choose another name with `--stack NAME`"
            )
        if status in BROKEN:
            self._delete(described["StackId"], status)
            return None
        if status == STUCK:
            self._resume_rollback(described["StackId"])
        return described

    def _described_at_rest(self) -> dict[str, Any] | None:
        while (described := describe(self._cloud, self.stack)) is not None:
            status = described["StackStatus"]
            if status == UNDER_REVIEW or not status.endswith("_IN_PROGRESS"):
                return described
            log = self._log(described["StackId"])
            follow(self._cloud, log, described["StackId"], on_event=self._told.on_event, clock=self._clock)
        return None

    def bring(
        self,
        template: str,
        wanted: Mapping[str, str],
        described: dict[str, Any] | None,
        *,
        tags: Mapping[str, str],
    ) -> None:
        """Create or update the stack and wait until that is over."""
        while not self._has_brought(template, wanted, described, tags):
            # Somebody else was faster: it is theirs that is brought up to date.
            described = self.usable_stack()

    def _has_brought(
        self,
        template: str,
        wanted: Mapping[str, str],
        described: dict[str, Any] | None,
        tags: Mapping[str, str],
    ) -> bool:
        request = {
            "StackName": self.stack,
            "TemplateBody": template,
            "Parameters": self._parameters(template, wanted, described),
            "Capabilities": list(CONSENT),
            "Tags": [{"Key": name, "Value": value} for name, value in tags.items()],
        }
        try:
            change_set = propose(
                self._cloud, self.pipeline, request, is_new=described is None, clock=self._clock
            )
            if change_set is None:
                return True
            if self._told.on_plan is not None:
                self._told.on_plan(change_set.changes)
            log = self._log(change_set.stack_id)
            change_set.execute()
        except ClientError as error:
            if is_lost(error) or (
                described is None and "already exists" in error.response["Error"]["Message"]
            ):
                return False
            if refusal_advice(error):
                raise
            raise _refusal(self.stack, error) from error
        before = "" if described is None else described["StackStatus"]
        self._end(log, change_set.stack_id, {"CREATE_COMPLETE", "UPDATE_COMPLETE"}, before=before)
        return True

    def _parameters(
        self, template: str, wanted: Mapping[str, str], described: dict[str, Any] | None
    ) -> list[dict[str, Any]]:
        try:
            declared = self._cloudformation.validate_template(TemplateBody=template)["Parameters"]
        except ClientError as error:
            if refusal_advice(error):
                raise
            raise _refusal(self.stack, error) from error
        known = [row["ParameterKey"] for row in declared]
        if unknown := [name for name in wanted if name not in known]:
            raise ConfigurationError(
                f"`{unknown[0]}` is not a parameter of the {self.pipeline} pipeline; "
                f"there are: {', '.join(known)}"
            )
        kept = {row["ParameterKey"] for row in (described or {}).get("Parameters", [])} & set(known)
        return [
            {"ParameterKey": name, "ParameterValue": str(wanted[name])}
            if name in wanted
            else {"ParameterKey": name, "UsePreviousValue": True}
            for name in known
            if name in wanted or name in kept
        ]

    def _delete(self, stack_id: str, status: str) -> None:
        # What somebody added by hand is often what keeps a stack from being deleted.
        remove_additions(self._cloud, resources_of(self._cloud, stack_id))
        log = self._log(stack_id)
        self._cloudformation.delete_stack(StackName=stack_id)
        self._end(log, stack_id, {"DELETE_COMPLETE"}, before=status)

    def _resume_rollback(self, stack_id: str) -> None:
        log = self._log(stack_id)
        self._cloudformation.continue_update_rollback(StackName=stack_id)
        self._end(log, stack_id, {UNSTUCK}, before=STUCK)

    def _log(self, stack_id: str) -> EventLog:
        """Return the log of what happens from now on."""
        log = EventLog(self._cloud, stack_id)
        log.skip()
        return log

    def _end(self, log: EventLog, stack_id: str, wanted: Collection[str], *, before: str) -> None:
        """Wait until an operation is over, and raise an error if it did not end as wanted."""
        told = self._told.on_event
        status, events = follow(self._cloud, log, stack_id, before=before, on_event=told, clock=self._clock)
        if status not in wanted:
            raise _failure(self.stack, status, events)


def _refusal(stack: str, error: ClientError) -> ConfigurationError | DeploymentError:
    message = error.response["Error"]["Message"]
    if message.startswith("Parameter"):
        return ConfigurationError(f"the stack `{stack}` was not deployed: {message}; correct the parameter")
    return DeploymentError(
        f"CloudFormation refused to deploy the stack `{stack}`: {message}; "
        "nothing was changed, so correct the cause and deploy again"
    )


def _failure(stack: str, status: str, events: tuple[StackEvent, ...]) -> DeploymentError:
    failures = tuple(
        (event.logical_id, event.reason)
        for event in events
        if event.is_failure and "cancelled" not in event.reason
    )
    lines = "".join(f"\n  {logical_id}: {reason}" for logical_id, reason in failures)
    if status.startswith("UPDATE_ROLLBACK_COMPLETE"):
        outcome = "the stack is what it was before"
    elif status == "ROLLBACK_COMPLETE":
        outcome = "what had been made was deleted again"
    else:
        outcome = f"what is left can be removed with `workshop destroy {stack}`"
    return DeploymentError(
        f"the stack `{stack}` could not be deployed and ended in `{status}`:{lines}\n"
        f"{outcome}; correct the cause and deploy again",
        failures,
    )
