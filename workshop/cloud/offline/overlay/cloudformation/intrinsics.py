"""Intrinsic functions return a value or fail.

In AWS `Ref: AWS::NoValue` removes an element from a list just as it removes a property from an object
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html); an attribute
that cannot be read, a mapping without the key and a value of the wrong kind fail the operation. moto leaves
`None` in the list; for an attribute that a model lacks it logs a warning and passes the unresolved
`Fn::GetAtt` object on to the resource; wrong values end in a `KeyError` or an `IndexError`; functions that it
does not know stay in the properties; and a reference to a resource that does not exist yet creates it on the
spot, in the middle of another. Changed: all of it. A declared resource that does not exist yet reads as
`PENDING`, which appears only in plans. A parameter of the type `AWS::SSM::Parameter::Name` is a name, and not
what is stored under it. The members of a parameter that is a list come without the blanks around them
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import (
    UnformattedGetAttTemplateException,
    UnsupportedAttribute,
    ValidationError,
)
from moto.core.common_models import CloudFormationModel
from moto.ssm.models import ssm_backends

from workshop.cloud.offline.overlay.cloudformation.catalogue.properties import schema
from workshop.cloud.offline.overlay.cloudformation.handlers import as_text
from workshop.cloud.offline.overlay.cloudformation.template.functions import FUNCTIONS, condition_value
from workshop.cloud.offline.overlay.correct import corrects

__all__ = ["NOTIFICATION_ARNS", "PENDING", "has_attribute"]

# Attributes of AWS's that moto's models have under a name of their own.
KEPT_AS: Mapping[str, Mapping[str, str]] = {
    "AWS::IAM::ManagedPolicy": {
        "AttachmentCount": "attachment_count",
        "CreateDate": "create_date",
        "DefaultVersionId": "default_version_id",
        "IsAttachable": "is_attachable",
        "PolicyArn": "arn",
        "PolicyId": "id",
        "UpdateDate": "update_date",
    },
    "AWS::KMS::Key": {"KeyId": "id"},
    "AWS::SQS::Queue": {"QueueUrl": "physical_resource_id"},
    "AWS::SSM::Parameter": {"Type": "parameter_type", "Value": "value"},
}

NOTIFICATION_ARNS = "AWS::NotificationARNs"


_parse_output = parsing.parse_output
_load_parameters = parsing.ResourceMap.load_parameters


class Pending:
    """A resource that an operation will create: its names and attributes are not known yet."""

    physical_resource_id = "(known after the operation)"

    def get_cfn_attribute(self, attribute: str) -> str:
        """Return the same for every attribute."""
        return f"({attribute} is known after the operation)"


PENDING = Pending()


@corrects(parsing, "clean_json")
def _resolve(value: Any, resources: Any) -> Any:
    if isinstance(value, list):
        resolved = [(element, _resolve(element, resources)) for element in value]
        # A null that the template itself has stays; only what a function took away goes.
        return [result for element, result in resolved if result is not None or element is None]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, argument),) = value.items()
        if name == "Ref" and isinstance(argument, str):
            return _referenced(argument, resources)
        if name == "Fn::GetAtt":
            return _attribute(argument, resources)
        if name in FUNCTIONS:
            return FUNCTIONS[name](argument, resources, lambda inner: _resolve(inner, resources))
    members = {name: _resolve(member, resources) for name, member in value.items()}
    return {name: member for name, member in members.items() if member is not None}


def _referenced(name: str, resources: Any) -> Any:
    found = resources[name]
    # A parameter or a pseudo parameter is a value already.
    if not hasattr(found, "physical_resource_id"):
        return found
    if not isinstance(found.physical_resource_id, str):
        raise ValidationError(message=f"Template error: the offline cloud has no value for Ref of {name}")
    return found.physical_resource_id


def _attribute(argument: Any, resources: Any) -> Any:
    name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
    attribute = _resolve(attribute, resources)
    resource = resources.get(name)
    if resource is None:
        raise ValidationError(
            message=f"Template error: instance of Fn::GetAtt references undefined resource {name}"
        )
    kind = getattr(resource, "cf_resource_type", type(resource).__name__)
    if (kept := KEPT_AS.get(kind, {}).get(attribute)) is not None:
        value = getattr(resource, kept)
        return value.isoformat() if isinstance(value, datetime) else as_text(value)
    try:
        return resource.get_cfn_attribute(attribute)
    except (NotImplementedError, UnformattedGetAttTemplateException, AttributeError, KeyError) as error:
        raise UnsupportedAttribute(resource=kind.rsplit(":", 1)[-1], attr=attribute) from error


def has_attribute(resource_type: str, attribute: str) -> bool:
    """Return whether resources of a type can have an attribute."""
    if resource_type in KEPT_AS and attribute in KEPT_AS[resource_type]:
        return True
    model = parsing.resource_class_from_type(resource_type)
    if getattr(model.has_cfn_attr, "__func__", None) is CloudFormationModel.has_cfn_attr.__func__:
        # The base class says yes to everything.
        return attribute in (schema(resource_type) or {}).get("attributes", ())
    return bool(model.has_cfn_attr(attribute))


@corrects(parsing, "parse_condition")
def _condition(condition: Any, values: Any, conditions: Any) -> bool:
    # While a map is loaded it hands over the values of its parameters, which is all a condition may refer to.
    return condition_value(condition, conditions, lambda inner: _resolve(inner, _Values(values)))


class _Values(dict[str, Any]):
    """What a condition may refer to: parameters, pseudo parameters and mappings."""

    # moto puts the mappings among these values; `Fn::FindInMap` looks for them in the template.
    @property
    def _template(self) -> dict[str, Any]:
        return {"Mappings": self}


@corrects(parsing, "parse_output")
def _output(name: str, declared: Any, resources: Any) -> Any:
    output = _parse_output(name, declared, resources)
    if output is not None and isinstance(output.value, (bool, int, float)):
        output.value = as_text(output.value)
    return output


@corrects(parsing.ResourceMap, "load_parameters")
def _load(resources: Any) -> None:
    _load_parameters(resources)
    for name, value in resources.resolved_parameters.items():
        if isinstance(value, list):
            value[:] = [one.strip() if isinstance(one, str) else one for one in value]
            resources._parsed_resources[name] = value


@corrects(parsing.ResourceMap, "parse_ssm_parameter")
def _stored_parameter(resources: Any, value: str, value_type: str) -> Any:
    found = ssm_backends[resources._account_id][resources._region_name].get_parameter(value)
    # What was given has been looked up before; a default that nobody uses need not be there.
    if value_type.endswith("::Name") or found is None:
        return value
    return found.value.split(",") if "List" in value_type else found.value


@corrects(parsing.ResourceMap, "validate_outputs")
def _leave_outputs(_resources: Any) -> None:
    """Check nothing: the whole template was checked before (`validation`)."""


@corrects(parsing.ResourceMap, "__getitem__")
def _find(resources: Any, name: str) -> Any:
    found = resources._parsed_resources
    if name in found:
        return found[name]
    declared = resources._resource_json_map[name]
    condition = declared.get("Condition")
    return None if condition and not resources.lazy_condition_map[condition] else PENDING
