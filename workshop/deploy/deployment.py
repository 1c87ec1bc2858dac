"""A pipeline brought to the connected cloud: zips made and put into the bucket, the stack created or updated.

Speaks to CloudFormation, S3 and Lambda through boto3 alone, so the offline cloud and AWS are served by the
same lines.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from workshop.clock import stopwatch
from workshop.cloud.connection import Cloud
from workshop.deploy.bundles import FUNCTIONS, GAME, build_bundle
from workshop.deploy.code_bucket import CodeBucket
from workshop.deploy.deployed_code import deployed_digests, restore_code
from workshop.deploy.events import EventLog, StackEvent, follow
from workshop.deploy.finding import STACK_TAG, describe, find_stack, pipeline_stack
from workshop.errors import ConfigurationError, DeploymentError
from workshop.settings import project_root

__all__ = ["DEFAULT_STACKS", "Deployment", "code_parameters", "deploy", "template_body"]

DEFAULT_STACKS = {
    "stateless": "trade-risk-stateless",
    "stateful": "trade-risk-stateful",
    GAME: "trade-risk-game-generator",
}
# The names of functions begin with the stack's and may have 64 characters.
STACK_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,49}")
CONSENT = ("CAPABILITY_IAM",)
# Stacks that never came to work: they refuse updates and hold nothing.
BROKEN = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED", "REVIEW_IN_PROGRESS")


@dataclass(frozen=True)
class Deployment:
    """A deployed pipeline; `changed_functions` have other code than before."""

    stack: str
    pipeline: str
    variant: str
    outputs: dict[str, str]
    changed_functions: tuple[str, ...]
    seconds: float


def deploy(  # noqa: PLR0913 - what is deployed, where, and who is told; most have a default
    cloud: Cloud,
    pipeline: str,
    *,
    stack: str | None = None,
    variant: str = "ledger",
    parameters: Mapping[str, str] | None = None,
    on_event: Callable[[StackEvent], None] | None = None,
    root: Path | None = None,
) -> Deployment:
    """Create the stack of a pipeline or bring it up to date; may be repeated, and then changes nothing.

    Handlers come from the checkout `root`, else from the one around the working directory. Parameters that
    are not mentioned keep the values that the stack has, or get their defaults.

    Raises:
        ConfigurationError: a name or parameter is invalid, or another kind of stack has that name.
        BundleError: a handler is missing or is not valid Python.
        DeploymentError: CloudFormation refused or rolled back; carries each failing resource with its reason.
    """
    started = stopwatch()
    name = _checked_name(stack or DEFAULT_STACKS[pipeline])
    place = _Place(cloud, pipeline, name, on_event)
    bundles = {each: build_bundle(pipeline, each, variant, root=root) for each in FUNCTIONS[pipeline]}
    described = place.usable_stack()
    before = deployed_digests(cloud, described, bundles)
    bucket = CodeBucket(cloud)
    keys = bucket.upload(name, bundles)
    code = code_parameters(bucket.name, keys) | ({} if pipeline == GAME else {"Variant": variant})
    place.bring(template_body(pipeline), {**code, **(parameters or {})}, described)
    restore_code(cloud, describe(cloud, name), bundles, bucket=bucket.name, keys=keys)
    return Deployment(
        name,
        pipeline,
        variant,
        find_stack(cloud, name).outputs,
        tuple(each for each, bundle in bundles.items() if before.get(each) != bundle.digest),
        stopwatch() - started,
    )


def template_body(pipeline: str) -> str:
    """Return the text of a pipeline's template."""
    return (project_root() / "cloudformation" / f"{pipeline}.yaml").read_text(encoding="utf-8")


def code_parameters(bucket: str, keys: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters that tell a stack where the zips of its functions lie."""
    return {"CodeBucket": bucket, **{f"{name.capitalize()}CodeKey": key for name, key in keys.items()}}


class _Place:
    """Where a pipeline is brought to: a stack name in a cloud."""

    def __init__(
        self, cloud: Cloud, pipeline: str, stack: str, on_event: Callable[[StackEvent], None] | None
    ) -> None:
        self._cloud = cloud
        self._cloudformation = cloud.client("cloudformation")
        self._pipeline = pipeline
        self._stack = stack
        self._on_event = on_event

    def usable_stack(self) -> dict[str, Any] | None:
        """Return the stack if it can be updated; delete one that never came to work, and return None.

        What somebody else is doing to it, such as another notebook, is waited for.
        """
        described = self._described_at_rest()
        if described is None:
            return None
        found, status = pipeline_stack(described), described["StackStatus"]
        if found is None or found.pipeline != self._pipeline:
            what = "is no pipeline of this workshop" if found is None else f"is a {found.pipeline} pipeline"
            raise ConfigurationError(
                f"the stack `{self._stack}` exists and {what}; choose another name with `--stack NAME`"
            )
        if status in BROKEN:
            self._delete(described["StackId"])
            return None
        return described

    def _described_at_rest(self) -> dict[str, Any] | None:
        while (described := describe(self._cloud, self._stack)) is not None:
            if not described["StackStatus"].endswith("_IN_PROGRESS"):
                return described
            log = EventLog(self._cloud, described["StackId"])
            log.skip()
            follow(self._cloud, log, described["StackId"], on_event=self._on_event)
        return None

    def bring(self, template: str, wanted: Mapping[str, str], described: dict[str, Any] | None) -> None:
        """Create or update the stack and wait until that is over."""
        request = {
            "StackName": self._stack,
            "TemplateBody": template,
            "Parameters": self._parameters(template, wanted, described),
            "Capabilities": list(CONSENT),
            "Tags": [{"Key": STACK_TAG, "Value": self._pipeline}],
        }
        try:
            if described is None:
                stack_id = self._cloudformation.create_stack(**request)["StackId"]
                log = EventLog(self._cloud, stack_id)
            else:
                stack_id = described["StackId"]
                log = EventLog(self._cloud, stack_id)
                log.skip()
                self._cloudformation.update_stack(**request)
        except ClientError as error:
            if "No updates are to be performed" in error.response["Error"]["Message"]:
                return
            if described is None and error.response["Error"]["Code"] == "AlreadyExistsException":
                # Somebody else was faster: it is theirs that is brought up to date.
                self.bring(template, wanted, self.usable_stack())
                return
            raise _refusal(self._stack, error) from error
        status, events = follow(self._cloud, log, stack_id, on_event=self._on_event)
        if status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            raise _failure(self._stack, status, events)

    def _parameters(
        self, template: str, wanted: Mapping[str, str], described: dict[str, Any] | None
    ) -> list[dict[str, Any]]:
        try:
            declared = self._cloudformation.validate_template(TemplateBody=template)["Parameters"]
        except ClientError as error:
            raise _refusal(self._stack, error) from error
        known = [row["ParameterKey"] for row in declared]
        if unknown := [name for name in wanted if name not in known]:
            raise ConfigurationError(
                f"`{unknown[0]}` is not a parameter of the {self._pipeline} pipeline; "
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

    def _delete(self, stack_id: str) -> None:
        log = EventLog(self._cloud, stack_id)
        log.skip()
        self._cloudformation.delete_stack(StackName=stack_id)
        status, events = follow(self._cloud, log, stack_id, on_event=self._on_event)
        if status != "DELETE_COMPLETE":
            raise _failure(self._stack, status, events)


def _checked_name(stack: str) -> str:
    if STACK_NAME.fullmatch(stack):
        return stack
    raise ConfigurationError(
        f"`{stack}` is not a name for a stack; take up to 50 letters, digits and hyphens, a letter first"
    )


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
        outcome = "look at the stack's events, or remove it with `workshop destroy`"
    return DeploymentError(
        f"the stack `{stack}` could not be deployed and ended in `{status}`:{lines}\n"
        f"{outcome}; correct the cause and deploy again",
        failures,
    )
