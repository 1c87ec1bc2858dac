"""What CloudFormation refuses before it touches a resource. Support for the operations on stacks.

AWS refuses a template with unknown resource types, resources, attributes, parameters or conditions, one whose
resources depend on each other in a circle, and one that creates IAM resources without the caller's consent
(https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html, Capabilities); the
messages here are AWS's. moto checks none of this; it leaves unknown resource types out with a warning and
reports `CREATE_COMPLETE`. Here they are refused, because a stack that lacks half of its resources teaches
nothing.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import CloudFormationError, UnsupportedAttribute, ValidationError

from workshop.cloud.offline.overlay.cloudformation.intrinsics import has_attribute
from workshop.cloud.offline.overlay.cloudformation.references import (
    CircularDependencyError,
    conditions_needed,
    conditions_used,
    creation_order,
    dependencies,
    mappings_used,
    references,
)
from workshop.cloud.offline.overlay.cloudformation.template.transforms import transforms_of
from workshop.cloud.offline.overlay.cloudformation.template.wellformed import problems_of_form

__all__ = [
    "InsufficientCapabilitiesError",
    "check_capabilities",
    "check_expansion",
    "check_left_out",
    "check_template",
    "required_capabilities",
]

PSEUDO_PARAMETERS = frozenset(
    f"AWS::{name}"
    for name in (
        "AccountId",
        "NoValue",
        "NotificationARNs",
        "Partition",
        "Region",
        "StackId",
        "StackName",
        "URLSuffix",
    )
)
# IAM resource type → the property that gives it a custom name, None if it cannot have one.
IAM_NAMES = {
    "AWS::IAM::AccessKey": None,
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Policy": None,
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
}


class InsufficientCapabilitiesError(CloudFormationError):  # type: ignore[misc]  # moto is untyped
    """The caller did not acknowledge the IAM resources of the template."""

    code = "InsufficientCapabilitiesException"


def check_template(template: Mapping[str, Any]) -> None:
    """Refuse a template that CloudFormation would refuse.

    Raises:
        ValidationError: with AWS's message for the first thing that is wrong.
    """
    resources = template.get("Resources")
    if not isinstance(resources, dict) or not resources:
        raise ValidationError(message="Template format error: At least one Resources member must be defined.")
    # AWS reports the first problem only; what comes later relies on the form.
    for problem in problems_of_form(template, transforms_of(template)):
        raise ValidationError(message=problem)
    for problem in _problems(template, resources):
        raise ValidationError(message=problem)
    _check_attributes({**resources}, template)
    try:
        creation_order(resources)
    except CircularDependencyError as error:
        raise ValidationError(message=str(error)) from error


def check_left_out(template: Mapping[str, Any], conditions: Mapping[str, Any]) -> None:
    """Refuse a reference to a resource whose condition is false, by a resource or an output that is made.

    Raises:
        ValidationError: naming what is referred to.
    """
    left_out = {
        name
        for name, resource in template["Resources"].items()
        if "Condition" in resource and not conditions[resource["Condition"]]
    }
    for block in ("Resources", "Outputs"):
        made = [
            _chosen(one, conditions)
            for one in (template.get(block) or {}).values()
            if "Condition" not in one or conditions[one["Condition"]]
        ]
        needed = {reference.name for reference in references(made)}
        if block == "Resources":
            needed |= {name for resource in made for name in dependencies(resource)}
        if unresolved := sorted(needed & left_out):
            raise ValidationError(
                message=f"Template format error: Unresolved resource dependencies [{', '.join(unresolved)}] "
                f"in the {block} block of the template"
            )


def _chosen(value: Any, conditions: Mapping[str, Any]) -> Any:
    """Return a value in which every `Fn::If` is the branch that its condition chooses."""
    if isinstance(value, list):
        return [_chosen(element, conditions) for element in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("Fn::If"), list):
        name, first, second = value["Fn::If"]
        return _chosen(first if conditions[name] else second, conditions)
    return {name: _chosen(member, conditions) for name, member in value.items()}


def check_capabilities(template: Mapping[str, Any], given: Collection[str]) -> None:
    """Refuse a template that creates IAM resources without the caller's acknowledgement.

    Raises:
        InsufficientCapabilitiesError: naming the capability to acknowledge.
    """
    needed = required_capabilities(template)
    if needed and needed not in given and "CAPABILITY_NAMED_IAM" not in given:
        raise InsufficientCapabilitiesError(f"Requires capabilities : [{needed}]")


def check_expansion(transforms: Collection[str], given: Collection[str]) -> None:
    """Refuse transforms that the caller did not agree to have expanded unseen.

    Raises:
        InsufficientCapabilitiesError: naming the capability to acknowledge.
    """
    if transforms and "CAPABILITY_AUTO_EXPAND" not in given:
        raise InsufficientCapabilitiesError("Requires capabilities : [CAPABILITY_AUTO_EXPAND]")


def required_capabilities(template: Mapping[str, Any]) -> str | None:
    """Return the capability that a template needs; IAM resources with custom names need the stronger one."""
    iam = [resource for resource in template["Resources"].values() if resource.get("Type") in IAM_NAMES]
    if any(IAM_NAMES[resource["Type"]] in resource.get("Properties", {}) for resource in iam):
        return "CAPABILITY_NAMED_IAM"
    return "CAPABILITY_IAM" if iam else None


def _problems(template: Mapping[str, Any], resources: Mapping[str, Any]) -> Iterator[str]:
    types = {resource["Type"] for resource in resources.values()}
    if unknown := sorted(name for name in types if parsing.resource_class_from_type(name) is None):
        yield (
            f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]; "
            "the offline cloud does not offer them"
        )
    yield from _unresolved(template, resources)


def _unresolved(template: Mapping[str, Any], resources: Mapping[str, Any]) -> Iterator[str]:
    known = resources.keys() | (template.get("Parameters") or {}).keys() | PSEUDO_PARAMETERS
    outputs = template.get("Outputs") or {}
    blocks = {
        "Resources": {name for resource in resources.values() for name in dependencies(resource)},
        "Outputs": {reference.name for reference in references(outputs)},
    }
    for block, names in blocks.items():
        if unresolved := sorted(names - known):
            yield (
                f"Template format error: Unresolved resource dependencies [{', '.join(unresolved)}] "
                f"in the {block} block of the template"
            )
    yield from _unresolved_in_conditions(template)
    conditions = {
        part["Condition"] for part in (*resources.values(), *outputs.values()) if "Condition" in part
    }
    conditions |= {name for block in (resources, outputs) for name in conditions_used(block)}
    if unresolved := sorted(conditions - (template.get("Conditions") or {}).keys()):
        yield f"Template format error: Unresolved condition dependency {unresolved[0]} in the template"


def _unresolved_in_conditions(template: Mapping[str, Any]) -> Iterator[str]:
    conditions, mappings = template.get("Conditions") or {}, template.get("Mappings") or {}
    known = (template.get("Parameters") or {}).keys() | PSEUDO_PARAMETERS
    for block in ("Conditions", "Rules"):
        if foreign := sorted({reference.name for reference in references(template.get(block) or {})} - known):
            yield (
                f"Template format error: Unresolved dependencies [{', '.join(foreign)}]. "
                f"Cannot reference resources in the {block} block of the template"
            )
    if missing := sorted({*mappings_used(template)} - mappings.keys()):
        yield (
            f"Template error: Mapping named '{missing[0]}' is not present "
            "in the 'Mappings' section of template."
        )
    needed = {name: [*conditions_needed(condition)] for name, condition in conditions.items()}
    if unknown := sorted({name for names in needed.values() for name in names} - conditions.keys()):
        yield (
            f"Template format error: Unresolved condition dependency {unknown[0]} "
            "in the Conditions block of the template"
        )
        return  # a circle can be looked for only among conditions that exist
    try:
        # They depend on each other as resources do.
        creation_order({name: {"DependsOn": names} for name, names in needed.items()})
    except CircularDependencyError as error:
        yield f"Template error: Found circular condition dependency between {' and '.join(error.names)}"


def _check_attributes(resources: Mapping[str, Any], template: Mapping[str, Any]) -> None:
    for reference in references([resources, template.get("Outputs") or {}]):
        if not reference.attribute or reference.name not in resources:
            continue
        resource_type = resources[reference.name]["Type"]
        if not has_attribute(resource_type, reference.attribute):
            raise UnsupportedAttribute(resource=resource_type.rsplit(":", 1)[1], attr=reference.attribute)
