"""ValidateTemplate, GetTemplate and GetTemplateSummary know transforms.

AWS keeps a template as it was submitted and as its transforms left it (`TemplateStage`), and names the
transforms and capabilities that a template needs
(https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html). moto knows one
stage, validates with a tool that is not installed with it, and reads a summary's template with PyYAML's full
loader. Changed: the three calls.
"""

import json
from collections.abc import Mapping
from typing import Any

from moto.cloudformation import responses
from moto.cloudformation.exceptions import ValidationError
from moto.core.responses import ActionResult

from workshop.cloud.offline.overlay.cloudformation.handlers import as_text, is_true
from workshop.cloud.offline.overlay.cloudformation.requests import template_of
from workshop.cloud.offline.overlay.cloudformation.template.transforms import processed, transforms_of
from workshop.cloud.offline.overlay.cloudformation.validation import check_template, required_capabilities
from workshop.cloud.offline.overlay.cloudformation.yaml import read_template
from workshop.cloud.offline.overlay.correct import corrects

# What `aws cloudformation package` and `sam package` replace by an address in S3.
CODE = frozenset({"CodeUri", "ContentUri"})
UPLOADED = "s3://bucket/key"


@corrects(responses.CloudFormationResponse, "validate_template")
def _validate(request: Any) -> Any:
    template = read_template(template_of(request))
    return ActionResult(
        {
            "Description": template.get("Description", ""),
            "Parameters": [_parameter(name, slot) for name, slot in _parameters(template).items()],
            "Capabilities": _capabilities(template, request.cloudformation_backend.region_name),
            "DeclaredTransforms": transforms_of(template),
        }
    )


@corrects(responses.CloudFormationResponse, "get_template")
def _get(request: Any) -> Any:
    stack = request.cloudformation_backend.get_stack(request._get_param("StackName"))
    stage = request._get_param("TemplateStage") or "Original"
    if stage not in {"Original", "Processed"}:
        raise ValidationError(message=f"TemplateStage must be Original or Processed, not {stage}")
    # What no transform has changed is the same text in both stages.
    is_changed = stage == "Processed" and transforms_of(read_template(stack.template))
    body = json.dumps(stack.template_dict) if is_changed else stack.template
    return ActionResult({"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]})


@corrects(responses.CloudFormationResponse, "get_template_summary")
def _summary(request: Any) -> Any:
    name = request._get_param("StackName")
    stack = request.cloudformation_backend.get_stack(name) if name else None
    if stack is not None and stack.status == "REVIEW_IN_PROGRESS":
        raise ValidationError(message="GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.")
    template = read_template(stack.template if stack is not None else template_of(request))
    capabilities = _capabilities(template, request.cloudformation_backend.region_name)
    summary = {
        "Description": template.get("Description"),
        "Version": template.get("AWSTemplateFormatVersion"),
        "Metadata": json.dumps(template["Metadata"]) if "Metadata" in template else None,
        "Parameters": [
            {**_parameter(name, slot), "ParameterType": slot.get("Type", "String"), **_constraints(slot)}
            for name, slot in _parameters(template).items()
        ],
        "Capabilities": capabilities,
        "ResourceTypes": [resource["Type"] for resource in template["Resources"].values()],
        "DeclaredTransforms": transforms_of(template),
    }
    return ActionResult(summary)


def _capabilities(template: dict[str, Any], region_name: str) -> list[str]:
    transforms = transforms_of(template)
    # What a transform makes of a parameter without a value cannot be known yet.
    is_open = any("Default" not in slot for slot in _parameters(template).values())
    if not transforms or not is_open:
        template = processed(_packaged(template) if transforms else template, {}, region_name)
        check_template(template)
    needed = required_capabilities(template)
    return [*([needed] if needed else []), *(["CAPABILITY_AUTO_EXPAND"] if transforms else [])]


def _packaged(template: Any) -> Any:
    """Return a template as if its local code had been uploaded: what is only looked at need not be there."""
    if isinstance(template, list):
        return [_packaged(element) for element in template]
    if not isinstance(template, dict):
        return template
    return {
        name: UPLOADED if name in CODE and isinstance(value, str) else _packaged(value)
        for name, value in template.items()
    }


def _parameters(template: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return template.get("Parameters") or {}


def _parameter(name: str, slot: Mapping[str, Any]) -> dict[str, Any]:
    described = {
        "ParameterKey": name,
        "NoEcho": is_true(slot.get("NoEcho")),
        "Description": slot.get("Description", ""),
    }
    if "Default" in slot:
        described["DefaultValue"] = as_text(slot["Default"])
    return described


def _constraints(slot: Mapping[str, Any]) -> dict[str, Any]:
    allowed = [as_text(value) for value in slot.get("AllowedValues", ())]
    return {"ParameterConstraints": {"AllowedValues": allowed} if allowed else {}}
