"""A pipeline brought to the connected cloud: zips made and put into the bucket, the stack created or updated.

Speaks to CloudFormation, S3 and Lambda through boto3 alone, so the offline cloud and AWS are served by the
same lines.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workshop.clock import SystemClock, stopwatch
from workshop.cloud.connection import Cloud
from workshop.deploy.boundary import boundary_of
from workshop.deploy.bundles import FUNCTIONS, GAME, Bundle, build_bundle
from workshop.deploy.change_sets import StackChange
from workshop.deploy.code_bucket import CodeBucket
from workshop.deploy.concurrency import can_reserve
from workshop.deploy.deployed_code import deployed_digests, restore_code
from workshop.deploy.events import StackEvent
from workshop.deploy.finding import LEARNER_TAG, STACK_TAG, describe, find_stack
from workshop.deploy.site import StackSite, Told
from workshop.errors import ConfigurationError, DeploymentError
from workshop.settings import own_prefix, project_root

__all__ = [
    "Deployment",
    "code_parameters",
    "default_of",
    "default_stack",
    "deploy",
    "stack_tags",
    "template_body",
]

DEFAULT_STACKS = {
    "stateless": "trade-risk-stateless",
    "stateful": "trade-risk-stateful",
    GAME: "trade-risk-game-generator",
}
# The names of functions begin with the stack's and may have 64 characters.
STACK_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,49}")


@dataclass(frozen=True)
class Deployment:
    """A deployed pipeline; `changed_functions` have other code than before.

    `without_reservation` if it is new and its account had no concurrency to reserve for ReduceLambda.
    """

    stack: str
    pipeline: str
    variant: str
    outputs: dict[str, str]
    changed_functions: tuple[str, ...]
    seconds: float
    without_reservation: bool = False


def deploy(  # noqa: PLR0913 - what is deployed, where, and who is told; most have a default
    cloud: Cloud,
    pipeline: str,
    *,
    stack: str | None = None,
    variant: str = "ledger",
    parameters: Mapping[str, str] | None = None,
    on_plan: Callable[[Sequence[StackChange]], None] | None = None,
    on_event: Callable[[StackEvent], None] | None = None,
    root: Path | None = None,
) -> Deployment:
    """Create the stack of a pipeline or bring it up to date; may be repeated, and then changes nothing.

    Handlers come from the checkout `root`, else from the one around the working directory. Parameters that
    are not mentioned keep their values, or get their defaults. `on_plan` is told what will change, then
    `on_event` each event. A run that was cut off can be repeated, whatever the stack's state.

    Raises:
        ConfigurationError: a name or parameter is invalid, or another kind of stack has that name.
        BundleError: a handler is missing or is not valid Python.
        DeploymentError: CloudFormation refused or rolled back; carries each failing resource with its reason.
    """
    started, name = stopwatch(), _checked_name(stack or default_stack(pipeline))
    site = StackSite(cloud, pipeline, name, told=Told(on_plan, on_event), clock=SystemClock())
    bundles = {each: build_bundle(pipeline, each, variant, root=root) for each in FUNCTIONS[pipeline]}
    described = site.usable_stack()
    before = deployed_digests(cloud, described, bundles)
    unreserved = _unreserved(cloud, pipeline) if described is None else {}
    wanted = {**unreserved, **boundary_of(cloud), **_variant(pipeline, variant), **(parameters or {})}
    _bring(cloud, site, bundles, wanted, described)
    return Deployment(
        name,
        pipeline,
        variant,
        find_stack(cloud, name).outputs,
        tuple(each for each, bundle in bundles.items() if before.get(each) != bundle.digest),
        stopwatch() - started,
        bool(unreserved.keys() - (parameters or {}).keys()),
    )


def _bring(
    cloud: Cloud,
    site: StackSite,
    bundles: Mapping[str, Bundle],
    wanted: Mapping[str, str],
    described: dict[str, Any] | None,
) -> None:
    """Bring a stack up to date from zips in the bucket, and give functions their own code back."""
    bucket = CodeBucket(cloud)
    body, tags = template_body(site.pipeline), stack_tags(site.pipeline)
    while True:
        keys = bucket.upload(site.stack, bundles)
        try:
            site.bring(body, {**code_parameters(bucket.name, keys), **wanted}, described, tags=tags)
        except DeploymentError:
            if set(keys.values()) <= set(bucket.keys(site.stack)):
                raise
            # Somebody destroyed the last stack meanwhile, and the bucket with our zips went with it.
            described = site.usable_stack()
        else:
            break
    restore_code(cloud, describe(cloud, site.stack), bundles, bucket=bucket.name, keys=keys)


def default_stack(pipeline: str) -> str:
    """Return the name of a pipeline's stack that nobody named; it begins with the learner's own prefix."""
    prefix, name = own_prefix(), DEFAULT_STACKS[pipeline]
    return f"{prefix}-{name}" if prefix else name


def template_body(pipeline: str) -> str:
    """Return the text of a pipeline's template."""
    return (project_root() / "cloudformation" / f"{pipeline}.yaml").read_text(encoding="utf-8")


def default_of(pipeline: str, parameter: str) -> str:
    """Return the default of a parameter of a pipeline's template; it has one."""
    pattern = rf"^  {parameter}:\n(?:    .*\n)*?    Default: (\S+)$"
    declared = re.search(pattern, template_body(pipeline), re.MULTILINE)
    if declared is None:
        raise ConfigurationError(f"`{parameter}` has no default in the template of the {pipeline} pipeline")
    return declared[1]


def code_parameters(bucket: str, keys: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters that tell a stack where the zips of its functions lie."""
    return {"CodeBucket": bucket, **{f"{name.capitalize()}CodeKey": key for name, key in keys.items()}}


def stack_tags(pipeline: str) -> dict[str, str]:
    """Return the tags of a stack; CloudFormation gives them to everything in it that can have tags."""
    prefix = own_prefix()
    return {STACK_TAG: pipeline, **({LEARNER_TAG: prefix} if prefix else {})}


def _variant(pipeline: str, variant: str) -> dict[str, str]:
    return {} if pipeline == GAME else {"Variant": variant}


def _unreserved(cloud: Cloud, pipeline: str) -> dict[str, str]:
    """Return the parameter that reserves nothing, for an account that has nothing to reserve."""
    return {} if pipeline == GAME or can_reserve(cloud) else {"ReduceConcurrency": "0"}


def _checked_name(stack: str) -> str:
    if STACK_NAME.fullmatch(stack):
        return stack
    raise ConfigurationError(
        f"`{stack}` is not a name for a stack; take up to 50 letters, digits and hyphens, a letter first"
    )
