"""Which targets PutTargets refuses, whatever else a rule has, in AWS's words.

AWS holds the settings of a target against its ARN and against each other: what a FIFO queue needs, what only
streams have, an input that is JSON, paths in dots, templates whose variables are defined, a dead-letter queue
that is a standard one (https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html,
API_Target.html and API_InputTransformer.html there). Support for `rules`; corrects nothing.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workshop.cloud.offline.permissions.resource_policies import ACTIONS
from workshop.cloud.offline.runtime.arns import SourceReference
from workshop.cloud.offline.runtime.deliveries.event_inputs import VARIABLE, filled

__all__ = ["is_json", "target_problem"]

INPUTS = ("Input", "InputPath", "InputTransformer")
# Settings that only targets of these services have; `SqsParameters` may be with any.
PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "AppSyncParameters": ("appsync",),
    "BatchParameters": ("batch",),
    "EcsParameters": ("ecs",),
    "HttpParameters": ("events", "execute-api"),
    "KinesisParameters": ("kinesis",),
    "RedshiftDataParameters": ("redshift", "redshift-serverless"),
    "RunCommandParameters": ("ssm",),
    "SageMakerPipelineParameters": ("sagemaker",),
}
PREDEFINED = "aws.events."
WHOLE_EVENT = "aws.events.event.json"
# AWS takes dots and numbers in brackets, but no names in brackets.
PATH = re.compile(r"\$(?:(?!\[\s*['\"]).)*", re.DOTALL)


def target_problem(targets: Sequence[Mapping[str, Any]]) -> str | None:
    """Return why one of the targets of a call is refused; what is no ARN at all is left to moto."""
    for identity, count in Counter(target["Id"] for target in targets).items():
        if count > 1:
            return (
                "Parameter targets is not valid. "
                f"Reason: More than one target with Id '{identity}' is provided."
            )
    return next((problem for target in targets for problem in _problems(target)), None)


def _problems(target: Mapping[str, Any]) -> Iterator[str]:
    arn, identity = str(target["Arn"]), target["Id"]
    service = SourceReference.parse(arn).service
    if service and service not in ACTIONS:
        known = ", ".join(sorted(ACTIONS))
        yield f"Parameter {arn} is not valid. Reason: the offline cloud delivers to {known} only."
    for name, services in PARAMETERS.items():
        if target.get(name) is not None and service not in services:
            yield f"Parameter(s) {name} not supported for target: {identity}."
    if service == "kinesis" and not target.get("RoleArn"):
        yield f"RoleArn is required for target {arn}."
    yield from _problems_of_input(target)
    yield from _problems_of_dead_letters(target)


def _problems_of_input(target: Mapping[str, Any]) -> Iterator[str]:
    identity, text = target["Id"], target.get("Input")
    if sum(bool(target.get(name)) for name in INPUTS) > 1:
        yield f"Only one of {', '.join(INPUTS)} must be provided for target {identity}."
    if text and not is_json(text):
        yield f"JSON syntax error in input for target {identity}."
    transformer = target.get("InputTransformer") or {}
    paths = transformer.get("InputPathsMap") or {}
    for path in (target.get("InputPath"), *paths.values()):
        if path and not PATH.fullmatch(path):
            yield f"InputPath for target {identity} is invalid."
    yield from _problems_of_template(identity, str(transformer.get("InputTemplate") or ""), paths)


def _problems_of_template(identity: str, template: str, paths: Mapping[str, str]) -> Iterator[str]:
    for name in VARIABLE.findall(template):
        if name not in paths and not name.startswith(PREDEFINED):
            yield f"InputTemplate for target {identity} contains invalid placeholder {name}."
        if name == WHOLE_EVENT and not template.lstrip().startswith("{"):
            text = f"contains placeholder {name} valid only for JSON template."
            yield f"InputTemplate for target {identity} {text}"
    some = dict.fromkeys(VARIABLE.findall(template), "")
    if template.lstrip().startswith("{") and not is_json(filled(template, some)):
        yield f"Invalid InputTemplate for target {identity} : it is no JSON."


def is_json(text: str) -> bool:
    """Return whether a text is a value in JSON, as the input of a target has to be."""
    try:
        json.loads(text)
    # Also brackets that are nested more deeply than Python reads.
    except (ValueError, RecursionError):
        return False
    return True


def _problems_of_dead_letters(target: Mapping[str, Any]) -> Iterator[str]:
    queue = SourceReference.parse(str((target.get("DeadLetterConfig") or {}).get("Arn") or ""))
    if queue.service not in {"", "sqs"}:
        yield f"{queue.service} is not supported as a dead letter resource."
    if queue.is_fifo:
        yield "SQS FIFO is not supported by Dead Letter Queues."
