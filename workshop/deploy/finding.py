"""The stacks of this workshop in the connected cloud, told from others by a tag.

A stack that was deployed from the templates by another client has no tag; it is found by its name all the
same, since its outputs say which pipeline it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from workshop.cloud.connection import Cloud
from workshop.deploy.bundles import FUNCTIONS
from workshop.errors import ConfigurationError, StackNotFoundError
from workshop.settings import own_prefix

__all__ = [
    "CHANGE_SET",
    "END",
    "GONE",
    "LEARNER_TAG",
    "STACK_TAG",
    "UNDER_REVIEW",
    "PipelineStack",
    "change_sets_of",
    "describe",
    "end_stack",
    "find_stack",
    "is_free",
    "list_ends",
    "list_stacks",
    "own_stack",
    "pipeline_stack",
]

STACK_TAG = "trade-risk-workshop"
LEARNER_TAG = "trade-risk-learner"
# What the tag says of a stack that only ends another one.
END = "end"
GONE = "DELETE_COMPLETE"
# A stack that a change set was going to make, and nobody has executed it: nothing but a name.
UNDER_REVIEW = "REVIEW_IN_PROGRESS"
# Our change sets begin like this, and go on with the pipeline's name.
CHANGE_SET = "trade-risk-workshop-"


@dataclass(frozen=True)
class PipelineStack:
    """A deployed pipeline; a stack whose deployment failed has no outputs."""

    name: str
    pipeline: str
    variant: str
    outputs: dict[str, str]
    status: str = "CREATE_COMPLETE"


def list_stacks(cloud: Cloud) -> tuple[PipelineStack, ...]:
    """Return every pipeline with the workshop's tag, in any state; of a learner with a prefix, their own."""
    return tuple(stack for stack in _tagged(cloud) if stack.pipeline != END)


def list_ends(cloud: Cloud) -> tuple[str, ...]:
    """Return the pipelines with a stack that ends them, in any state, also those that have ended."""
    return tuple(stack.name.removesuffix(end_stack("")) for stack in _tagged(cloud) if stack.pipeline == END)


def end_stack(pipeline: str) -> str:
    """Return the name of the stack that ends a pipeline."""
    return f"{pipeline}-end"


def _tagged(cloud: Cloud) -> Iterator[PipelineStack]:
    pages = cloud.client("cloudformation").get_paginator("describe_stacks").paginate()
    begin = f"{prefix}-" if (prefix := own_prefix()) else ""
    rows = (row for page in pages for row in page["Stacks"] if row["StackName"].startswith(begin))
    found = (
        own_stack(cloud, row) for row in rows if STACK_TAG in _tags(row) or row["StackStatus"] == UNDER_REVIEW
    )
    yield from (stack for stack in found if stack is not None and stack.status != GONE)


def own_stack(cloud: Cloud, described: dict[str, Any]) -> PipelineStack | None:
    """Return a described stack as a pipeline, also one that was never made; None if it is none of ours."""
    found, status = pipeline_stack(described), described["StackStatus"]
    if found is not None or status != UNDER_REVIEW:
        return found
    names = change_sets_of(cloud, described["StackId"])
    if not names or not is_free(cloud, described):
        return None
    pipeline = names[0].removeprefix(CHANGE_SET).partition("-")[0]
    return PipelineStack(described["StackName"], pipeline, "", {}, status)


def is_free(cloud: Cloud, described: dict[str, Any]) -> bool:
    """Return whether a stack is under review, and nobody else wants to make something of it."""
    # There is a name with change sets then, and nothing that could be updated or deleted.
    return described["StackStatus"] == UNDER_REVIEW and all(
        name.startswith(CHANGE_SET) for name in change_sets_of(cloud, described["StackId"])
    )


def change_sets_of(cloud: Cloud, stack_id: str) -> list[str]:
    """Return the names of the change sets that a stack has, whoever made them."""
    pages = cloud.client("cloudformation").get_paginator("list_change_sets").paginate(StackName=stack_id)
    return [row["ChangeSetName"] for page in pages for row in page["Summaries"]]


def find_stack(cloud: Cloud, name: str) -> PipelineStack:
    """Return the deployed pipeline of a name.

    Raises:
        StackNotFoundError: there is no such stack, or it is no pipeline of the workshop.
        ConfigurationError: its deployment failed, so there is nothing to work with.
    """
    # Without a name CloudFormation describes any stack.
    described = describe(cloud, name) if name else None
    stack = None if described is None else pipeline_stack(described)
    if stack is None:
        known = tuple(each.name for each in list_stacks(cloud))
        raise StackNotFoundError(name, known, is_in_notebook=cloud.is_in_notebook)
    if not stack.outputs:
        raise ConfigurationError(
            f"the stack `{name}` is in the state `{stack.status}` and has no outputs; "
            f"deploy it with `workshop deploy {stack.pipeline} --stack {name}`"
        )
    return stack


def describe(cloud: Cloud, name: str) -> dict[str, Any] | None:
    """Return CloudFormation's description of a stack, or None if there is no such stack."""
    try:
        stacks = cloud.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        # There is no error code of its own for a stack that does not exist.
        if "does not exist" in error.response["Error"].get("Message", ""):
            return None
        raise
    return None if stacks[0]["StackStatus"] == GONE else dict(stacks[0])


def pipeline_stack(described: dict[str, Any]) -> PipelineStack | None:
    """Return a described stack as a pipeline, or None if it is none."""
    outputs = {row["OutputKey"]: row["OutputValue"] for row in described.get("Outputs", [])}
    parameters = {row["ParameterKey"]: row["ParameterValue"] for row in described.get("Parameters", [])}
    pipeline = _tags(described).get(STACK_TAG) or outputs.get("Pipeline")
    # The tag is on other stacks as well, such as that of an environment in AWS, so that a budget knows them.
    if pipeline not in {*FUNCTIONS, END}:
        return None
    variant = outputs.get("Variant") or parameters.get("Variant", "")
    return PipelineStack(described["StackName"], pipeline, variant, outputs, described["StackStatus"])


def _tags(described: dict[str, Any]) -> dict[str, str]:
    return {row["Key"]: row["Value"] for row in described.get("Tags", [])}
