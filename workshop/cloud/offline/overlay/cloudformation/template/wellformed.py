"""The form of a template: its sections and their members.

Support for the validation of templates; corrects nothing. The messages are AWS's; whatever a template says
that nothing here would read is refused by name
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html).
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from workshop.cloud.offline.overlay.cloudformation.template.arguments import (
    IN_CONDITIONS,
    IN_RESOURCES,
    IN_RULES,
    LANGUAGE_EXTENSIONS,
    is_condition,
    misused_functions,
)

__all__ = ["problems_of_form", "problems_of_policies"]

SECTIONS = frozenset(
    (
        "AWSTemplateFormatVersion",
        "Conditions",
        "Description",
        "Mappings",
        "Metadata",
        "Outputs",
        "Parameters",
        "Resources",
        "Rules",
        "Transform",
    )
)
NOT_OFFERED = {"Hooks"}
MEMBERS: Mapping[str, frozenset[str]] = {
    "Parameters": frozenset(
        (
            "AllowedPattern",
            "AllowedValues",
            "ConstraintDescription",
            "Default",
            "Description",
            "MaxLength",
            "MaxValue",
            "MinLength",
            "MinValue",
            "NoEcho",
            "Type",
        )
    ),
    "Resources": frozenset(
        (
            "Condition",
            "CreationPolicy",
            "DeletionPolicy",
            "DependsOn",
            "Metadata",
            "Properties",
            "Type",
            "UpdatePolicy",
            "UpdateReplacePolicy",
        )
    ),
    "Outputs": frozenset(("Condition", "Description", "Export", "Value")),
    "Rules": frozenset(("Assertions", "RuleCondition")),
}
NEEDED = {"Parameters": "Type", "Resources": "Type", "Outputs": "Value", "Rules": "Assertions"}
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
WITH_SNAPSHOTS = (
    "AWS::DocDB::DBCluster",
    "AWS::EC2::Volume",
    "AWS::ElastiCache::",
    "AWS::Neptune::DBCluster",
    "AWS::RDS::DB",
    "AWS::Redshift::Cluster",
)
CUSTOM = ("Custom::", "AWS::CloudFormation::CustomResource")
POLICY_VALUES = {
    "DeletionPolicy": ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot"),
    "UpdateReplacePolicy": ("Delete", "Retain", "Snapshot"),
}
VERSION = "2010-09-09"
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
MOST = {"Mappings": 200, "Outputs": 200, "Parameters": 200, "Resources": 500}
LONGEST_DESCRIPTION = 1024


def problems_of_form(template: Mapping[str, Any], transforms: Collection[str]) -> Iterator[str]:
    """Yield what is wrong with the form of a template, with AWS's message."""
    if refused := sorted(NOT_OFFERED & template.keys()):
        yield f"The offline cloud does not offer the section {refused[0]} of templates"
    if unknown := sorted(map(str, template.keys() - SECTIONS)):
        yield f"Invalid template property or properties [{', '.join(unknown)}]"
    for section in ("Conditions", "Mappings", "Outputs", "Parameters", "Resources", "Rules"):
        if section in template and not isinstance(template[section], dict):
            yield _no_object(f"/{section}", template[section])
            return
    for section, members in MEMBERS.items():
        for name, one in (template.get(section) or {}).items():
            yield from _problems_of_member(section, name, one, members)
    is_extended = LANGUAGE_EXTENSIONS in transforms
    if not is_extended:
        yield from _computed_policies(template.get("Resources") or {})
    yield from _odd_head(template)
    yield from _odd_names(template)
    yield from _odd_mappings(template.get("Mappings") or {})
    yield from _misused_functions(template, is_extended=is_extended)


def problems_of_policies(name: str, resource: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the policies of a resource, as far as they are no functions."""
    kind = str(resource.get("Type"))
    for policy, known in POLICY_VALUES.items():
        value = resource.get(policy)
        if isinstance(value, dict) or policy not in resource:
            continue
        if value not in known:
            yield f"Template format error: Unrecognized {policy} {value} for resource {name}"
        elif value == "Snapshot" and not kind.startswith(WITH_SNAPSHOTS):
            yield f"Template error: resource type {kind} does not support {policy} Snapshot"


def _computed_policies(resources: Mapping[str, Any]) -> Iterator[str]:
    for resource in resources.values():
        for policy in POLICY_VALUES:
            if isinstance(resource.get(policy), dict):
                yield f"Template format error: Every {policy} member must be a string."


def _odd_head(template: Mapping[str, Any]) -> Iterator[str]:
    # YAML takes it for a date.
    if str(template.get("AWSTemplateFormatVersion", VERSION)) != VERSION:
        yield "Template format error: unsupported value for AWSTemplateFormatVersion."
    if len(str(template.get("Description", "")).encode()) > LONGEST_DESCRIPTION:
        yield f"Template format error: 'Description' length is greater than {LONGEST_DESCRIPTION}."


def _odd_names(template: Mapping[str, Any]) -> Iterator[str]:
    for section, most in MOST.items():
        names = template.get(section) or {}
        if len(names) > most:
            yield (
                f"Template format error: Number of {section.lower()}, {len(names)}, "
                f"is greater than maximum allowed, {most}"
            )
        for name in names:
            if not re.fullmatch("[A-Za-z0-9]+", str(name)):
                yield f"Template format error: {section[:-1]} name {name} is non alphanumeric."


def _odd_mappings(mappings: Mapping[str, Any]) -> Iterator[str]:
    for name, mapping in mappings.items():
        rows = mapping.values() if isinstance(mapping, dict) else [mapping]
        if not all(isinstance(row, dict) for row in rows):
            yield f"Template format error: [/Mappings/{name}] Every Mappings member must be a map of maps."


def _misused_functions(template: Mapping[str, Any], *, is_extended: bool) -> Iterator[str]:
    for name, condition in (template.get("Conditions") or {}).items():
        if not is_condition(condition):
            yield (
                f"Template format error: [/Conditions/{name}] "
                "Every Condition member must be a boolean function."
            )
        yield from misused_functions(condition, IN_CONDITIONS, is_extended=is_extended)
    for name, rule in (template.get("Rules") or {}).items():
        yield from _misused_in_rule(f"/Rules/{name}", rule, is_extended=is_extended)
    for block in ("Resources", "Outputs"):
        yield from misused_functions(template.get(block), IN_RESOURCES, is_extended=is_extended)


def _misused_in_rule(place: str, rule: Mapping[str, Any], *, is_extended: bool) -> Iterator[str]:
    assertions = rule["Assertions"]
    conditions = [
        one.get("Assert") if isinstance(one, dict) else None
        for one in (assertions if isinstance(assertions, list) else [None])
    ]
    if "RuleCondition" in rule:
        conditions.append(rule["RuleCondition"])
    if not all(map(is_condition, conditions)):
        yield f"Template format error: [{place}] Every Assert and RuleCondition must be a boolean function."
    yield from misused_functions(conditions, IN_RULES, is_extended=is_extended)


def _no_object(place: str, value: Any) -> str:
    if value is None:
        return f"[{place}] 'null' values are not allowed in templates"
    return f"Template format error: [{place}] must be an object"


def _problems_of_member(section: str, name: str, one: Any, members: Collection[str]) -> Iterator[str]:
    place, kind = f"/{section}/{name}", section[:-1].lower()
    if name.startswith("Fn::"):
        yield f"Template error: the offline cloud does not offer {name}"
    elif not isinstance(one, dict):
        yield _no_object(place, one)
    elif NEEDED[section] not in one or not isinstance(one.get("Type", ""), str):
        needed = "an Assertions" if section == "Rules" else f"a {NEEDED[section]}"
        yield f"Template format error: [{place}] Every {section} object must contain {needed} member."
    else:
        # Custom resources may say which version of them is meant; it is for readers alone.
        known = {*members, "Version"} if str(one.get("Type")).startswith(CUSTOM) else members
        yield from (f"Invalid template {kind} property '{extra}'" for extra in one.keys() - known)
        yield from _odd_values(name, one, f"{place}/Properties")


def _odd_values(name: str, one: Mapping[str, Any], place: str) -> Iterator[str]:
    properties, needed = one.get("Properties", {}), one.get("DependsOn", [])
    yield from _nulls(properties, place)
    if not isinstance(properties, dict):
        yield _no_object(place, properties)
    exported = one.get("Export", {"Name": name})
    if not isinstance(exported, dict) or exported.keys() != {"Name"}:
        yield f"Template format error: Output {name} is malformed. Its Export must contain just a Name."
    if not isinstance(one.get("Condition", ""), str):
        yield "Template format error: Every Condition member must be a string."
    if not all(isinstance(each, str) for each in (needed if isinstance(needed, list) else [needed])):
        yield "Template format error: DependsOn must be a string or list of strings."
    yield from problems_of_policies(name, one)


def _nulls(value: Any, place: str) -> Iterator[str]:
    if value is None:
        yield f"[{place}] 'null' values are not allowed in templates"
    members = (
        enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    )
    for name, member in members:
        yield from _nulls(member, f"{place}/{name}")
