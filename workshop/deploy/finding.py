"""The stacks of this workshop in the connected cloud, told from others by a tag.

A stack that was deployed from the templates by another client has no tag; it is found by its name all the
same, since its outputs say which pipeline it is.
"""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from workshop.cloud.connection import Cloud
from workshop.errors import ConfigurationError, StackNotFoundError
from workshop.settings import own_prefix

__all__ = [
    "CHANGE_SET",
    "LEARNER_TAG",
    "STACK_TAG",
    "UNDER_REVIEW",
    "PipelineStack",
    "describe",
    "find_stack",
    "list_stacks",
    "own_stack",
    "pipeline_stack",
]

STACK_TAG = "trade-risk-workshop"
LEARNER_TAG = "trade-risk-learner"
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
    """Return every stack with the workshop's tag, in any state; of a learner with a prefix, their own."""
    pages = cloud.client("cloudformation").get_paginator("describe_stacks").paginate()
    begin = f"{prefix}-" if (prefix := own_prefix()) else ""
    rows = (row for page in pages for row in page["Stacks"] if row["StackName"].startswith(begin))
    found = (
        own_stack(cloud, row) for row in rows if STACK_TAG in _tags(row) or row["StackStatus"] == UNDER_REVIEW
    )
    return tuple(stack for stack in found if stack is not None and stack.status != GONE)


def own_stack(cloud: Cloud, described: dict[str, Any]) -> PipelineStack | None:
    """Return a described stack as a pipeline, also one that was never made; None if it is none of ours."""
    found, status = pipeline_stack(described), described["StackStatus"]
    if found is not None or status != UNDER_REVIEW:
        return found
    pages = cloud.client("cloudformation").get_paginator("list_change_sets")
    names = [
        row["ChangeSetName"]
        for page in pages.paginate(StackName=described["StackId"])
        for row in page["Summaries"]
        if row["ChangeSetName"].startswith(CHANGE_SET)
    ]
    pipeline = names[0].removeprefix(CHANGE_SET).partition("-")[0] if names else ""
    return PipelineStack(described["StackName"], pipeline, "", {}, status) if names else None


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
    if pipeline is None or ("Pipeline" not in outputs and STACK_TAG not in _tags(described)):
        return None
    variant = outputs.get("Variant") or parameters.get("Variant", "")
    return PipelineStack(described["StackName"], pipeline, variant, outputs, described["StackStatus"])


def _tags(described: dict[str, Any]) -> dict[str, str]:
    return {row["Key"]: row["Value"] for row in described.get("Tags", [])}
