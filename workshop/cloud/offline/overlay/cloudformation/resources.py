"""One resource of a stack: creating, updating and deleting it through moto's models.

Support for the operations on stacks; no correction of its own.
Some properties cannot be updated in place, so AWS replaces the resource. They are marked "Update requires:
Replacement" on the page of each type, linked from
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-template-resource-type-ref.html.
"""

import copy
import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.cloudformation import models, parsing
from moto.cloudformation.exceptions import CloudFormationError

from workshop.cloud.offline.overlay.cloudformation.catalogue.api_requests import request_problem
from workshop.cloud.offline.overlay.cloudformation.catalogue.properties import property_problem, schema
from workshop.cloud.offline.overlay.cloudformation.catalogue.tags import add_tags
from workshop.cloud.offline.overlay.cloudformation.handlers import as_text
from workshop.cloud.offline.overlay.cloudformation.template.dynamic_references import with_dynamic_references
from workshop.cloud.offline.overlay.cloudformation.template.wellformed import problems_of_policies

__all__ = [
    "DeployedResource",
    "ResourceFailure",
    "can_change",
    "change",
    "check",
    "create",
    "delete",
    "is_new_one_needed",
    "replacing_properties",
    "resolve",
]

# What AWS replaces beyond what its schemas say.
ALSO_REPLACED: Mapping[str, frozenset[str]] = {
    "AWS::DynamoDB::Table": frozenset({"KeySchema", "LocalSecondaryIndexes"}),
    "AWS::Events::EventBus": frozenset({"EventSourceName"}),
    "AWS::Events::Rule": frozenset({"EventBusName"}),
    "AWS::Scheduler::Schedule": frozenset({"GroupName"}),
}
# moto's errors name a missing resource in many ways. One that somebody has deleted by hand counts as deleted,
# as on AWS; otherwise its stack could never be deleted.
ABSENT = ("notfound", "nosuch", "nonexistent", "doesnotexist", "unknownresource")


# moto reads their name from the properties, also when it has made one up.
NAMED_BY_PROPERTY = frozenset({"AWS::SSM::Parameter"})
UNFORESEEN = (
    "The offline cloud cannot do what the properties of this {} ask for; its log says where it failed."
)
HANDLER_MESSAGE = 'Resource handler returned message: "{}" (HandlerErrorCode: {})'
LOGGER = logging.getLogger(__name__)


class ResourceFailure(Exception):  # noqa: N818  # the word of stack events
    """A service refused what a template asks for; the message is the reason in the stack event."""


@dataclass
class DeployedResource:
    """What a stack knows of one of its resources; `model` is moto's object, None until it is created.

    `definition` is its part of the template, resolved; `status`, `reason` and `timestamp` (UTC without a
    zone) are those of its last event.
    """

    logical_id: str
    resource_type: str
    definition: dict[str, Any]
    status: str
    timestamp: Any
    model: Any = None
    reason: str | None = None

    @property
    def physical_id(self) -> str | None:
        """The name or ARN, as soon as there is one."""
        return getattr(self.model, "physical_resource_id", None)

    @property
    def is_there(self) -> bool:
        """Whether the resource exists, as far as the stack knows."""
        return self.model is not None and self.status != "DELETE_COMPLETE"

    def policy(self, *, replaced: bool = False) -> str:
        """Return the `DeletionPolicy`, or for a replaced resource the `UpdateReplacePolicy`."""
        return str(self.definition.get("UpdateReplacePolicy" if replaced else "DeletionPolicy", "Delete"))


def resolve(logical_id: str, declared: Mapping[str, Any], resources: Any) -> dict[str, Any]:
    """Return a resource of a template with its intrinsic functions resolved, and the tags of its stack.

    Raises:
        ResourceFailure: one cannot be resolved.
    """
    try:
        cleaned = parsing.clean_json(copy.deepcopy(dict(declared)), resources)
        definition: dict[str, Any] = with_dynamic_references(
            cleaned, resources._account_id, resources._region_name
        )
    except CloudFormationError as error:
        raise ResourceFailure(str(error.message)) from error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ResourceFailure(f"Template error: an intrinsic function cannot be resolved: {error}") from error
    definition.setdefault("Properties", {})
    add_tags(definition, logical_id, resources)
    return definition


def check(logical_id: str, definition: Mapping[str, Any]) -> None:
    """Refuse properties that AWS refuses, or that would mislead here.

    Raises:
        ResourceFailure: naming resource and property.
    """
    check_policies(logical_id, definition)
    if problem := property_problem(logical_id, definition):
        raise ResourceFailure(problem)
    if refused := request_problem(definition):
        raise ResourceFailure(HANDLER_MESSAGE.format(refused.message, refused.code))


def check_policies(logical_id: str, definition: Mapping[str, Any]) -> None:
    """Refuse policies that are none; functions in the language extensions are known only now.

    Raises:
        ResourceFailure: naming resource and policy.
    """
    for odd in problems_of_policies(logical_id, definition):
        raise ResourceFailure(odd)


def create(stack: Any, logical_id: str, definition: Mapping[str, Any]) -> Any:
    """Make a resource and return moto's model of it.

    Raises:
        ResourceFailure: the service refused.
    """
    resource_class, settled, name = _parsed(stack, logical_id, definition)
    names = {"LogicalId": logical_id, "StackId": stack.stack_id, "ResourceType": settled["Type"]}
    try:
        model = resource_class.create_from_cloudformation_json(
            name, settled, stack.account_id, stack.region_name, **names
        )
    except Exception as error:  # whatever the service raised is the reason in the stack event
        raise ResourceFailure(reason_of(error, settled["Type"])) from error
    # A stack inside a stack does not raise: it rolls back, and says so in its status alone.
    if isinstance(model, models.Stack) and model.status != "CREATE_COMPLETE":
        raise ResourceFailure(f"Embedded stack {model.stack_id} was not successfully created")
    _mark(stack, model, (logical_id, settled["Type"]))
    return model


def change(stack: Any, resource: DeployedResource, definition: Mapping[str, Any]) -> Any:
    """Change a resource in place and return moto's model of it.

    Raises:
        ResourceFailure: the service refused.
    """
    resource_class, settled, name = _parsed(stack, resource.logical_id, definition, resource.physical_id)
    try:
        model = resource_class.update_from_cloudformation_json(
            original_resource=resource.model,
            new_resource_name=name,
            cloudformation_json=settled,
            account_id=stack.account_id,
            region_name=stack.region_name,
        )
    except Exception as error:  # whatever the service raised is the reason in the stack event
        raise ResourceFailure(reason_of(error, settled["Type"])) from error
    _mark(stack, model, (resource.logical_id, settled["Type"]))
    return model


def delete(stack: Any, resource: DeployedResource) -> None:
    """Delete a resource; one that is gone already counts as deleted.

    Raises:
        ResourceFailure: the service refused.
    """
    try:
        stack.resource_map._delete_resource(resource.model, copy.deepcopy(resource.definition))
    except Exception as error:  # whatever the service raised is the reason in the stack event
        words = (
            f"{type(error).__name__} {getattr(error, 'code', '')} {getattr(error, 'error_type', '')}".lower()
        )
        if not any(word in words for word in ABSENT):
            raise ResourceFailure(reason_of(error, resource.resource_type)) from error
    # A stack inside a stack does not raise: what kept it is in its status alone.
    model = resource.model
    if isinstance(model, models.Stack) and model.status != "DELETE_COMPLETE":
        raise ResourceFailure(
            f"Embedded stack {model.stack_id} was not successfully deleted: {model.stack_status_reason}"
        )


def is_new_one_needed(resource: DeployedResource, definition: Mapping[str, Any]) -> bool:
    """Return whether the change requires a replacement."""
    old, new = resource.definition["Properties"], definition["Properties"]
    replacing = replacing_properties(resource.resource_type)
    return any(is_other(old.get(name), new.get(name)) for name in replacing)


def replacing_properties(resource_type: str) -> set[str]:
    """Return the properties of a type whose change requires a replacement."""
    return {*(schema(resource_type) or {}).get("replaced", ()), *ALSO_REPLACED.get(resource_type, ())}


def is_other(old: Any, new: Any) -> bool:
    """Return whether AWS takes two values of a property for different ones."""
    return bool(_texts(old) != _texts(new))


def _texts(value: Any) -> Any:
    """Return a property as AWS compares it: `true` and `"true"` are one boolean, `1` and `"1"` one number."""
    if isinstance(value, dict):
        return {name: _texts(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_texts(one) for one in value]
    return None if value is None else as_text(value)


def can_change(resource: DeployedResource) -> bool:
    """Return whether moto can update resources of this type."""
    update = parsing.resource_class_from_type(resource.resource_type).update_from_cloudformation_json
    # A model without an update inherits the abstract method of moto's base class.
    return not hasattr(update, "__isabstractmethod__")


def reason_of(error: Exception, resource_type: str) -> str:
    """Return the reason that a stack event gives for a failure."""
    if isinstance(error, ResourceFailure):
        return str(error)
    message = getattr(error, "message", None) or getattr(error, "description", None) or str(error)
    code = getattr(error, "error_type", None) or getattr(error, "code", None)
    if (
        isinstance(error, ValueError) and len(error.args) > 1
    ):  # how moto's Lambda raises an error of the service
        code, message = error.args[:2]
    elif isinstance(error, KeyError) and error.args[0] in (schema(resource_type) or {}).get("properties", {}):
        code, message = "InvalidRequest", f"Missing required property: {error.args[0]}"
    elif type(error).__module__ == "builtins":  # no service says it, so that nobody could make sense of it
        LOGGER.error("%s could not be made, changed or deleted", resource_type, exc_info=error)
        code, message = "InternalFailure", UNFORESEEN.format(resource_type)
    # DynamoDB's errors begin with the name of its API.
    code = code.rpartition("#")[2] if isinstance(code, str) else type(error).__name__
    return HANDLER_MESSAGE.format(message, code)


def _parsed(
    stack: Any, logical_id: str, definition: Mapping[str, Any], kept: str | None = None
) -> tuple[Any, dict[str, Any], str]:
    # moto's models write into what they are given, so each gets a copy.
    resource_class, settled, name = parsing.parse_resource_and_generate_name(
        logical_id, copy.deepcopy(dict(definition)), stack.resource_map
    )
    if settled["Type"] in NAMED_BY_PROPERTY:
        settled["Properties"].setdefault("Name", kept or name)
    return resource_class, settled, name


def _mark(stack: Any, model: Any, names: tuple[str, str]) -> None:
    model.logical_resource_id, model.cf_resource_type = names
    # Who has made a resource of EC2 has loaded it.
    if (ec2 := sys.modules.get("moto.ec2.models")) and isinstance(model, ec2.core.TaggedEC2Resource):
        tags = {
            **stack.tags,
            "aws:cloudformation:stack-name": stack.name,
            "aws:cloudformation:stack-id": stack.stack_id,
            "aws:cloudformation:logical-id": names[0],
        }
        backend = ec2.ec2_backends[stack.account_id][stack.region_name]
        backend.create_tags([model.physical_resource_id], tags)
