"""Creating and deleting a stack ends in a status that AWS has, whatever fails on the way.

AWS creates resources in the order of their dependencies and writes events for each. When one fails, the
stack rolls back: what was created is deleted again, and the stack ends in `ROLLBACK_COMPLETE` with the
reason in its events
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html). Deleting goes in
the opposite order; a resource that cannot be deleted leaves the stack in `DELETE_FAILED`. In moto the
exception of the failing resource escapes to the caller, often as a response that no client can parse; the
stack stays in `CREATE_IN_PROGRESS` with what was created so far, and a failed delete forgets the stack; one
inside another stack gives its name for its id, and no outputs. Changed: both operations, for stacks made
through the API, by a stack set and as a resource of another stack; id and outputs of the latter.
"""

from collections.abc import Iterable
from typing import Any

from moto.cloudformation import models
from moto.cloudformation.exceptions import (
    AlreadyExistsException,
    CloudFormationError,
    UnformattedGetAttTemplateException,
)
from moto.cloudformation.utils import generate_stack_id

from workshop.cloud.offline.overlay.cloudformation import resources
from workshop.cloud.offline.overlay.cloudformation.catalogue.properties import without_effect
from workshop.cloud.offline.overlay.cloudformation.events import record, record_resource
from workshop.cloud.offline.overlay.cloudformation.exports import blocked_by
from workshop.cloud.offline.overlay.cloudformation.intrinsics import NOTIFICATION_ARNS
from workshop.cloud.offline.overlay.cloudformation.references import creation_order
from workshop.cloud.offline.overlay.cloudformation.resources import DeployedResource, ResourceFailure
from workshop.cloud.offline.overlay.cloudformation.template.rules import ruled_parameters
from workshop.cloud.offline.overlay.cloudformation.template.transforms import processed_template
from workshop.cloud.offline.overlay.cloudformation.validation import check_left_out, check_template
from workshop.cloud.offline.overlay.correct import CLOCK, corrects

__all__ = [
    "become",
    "create",
    "delete",
    "finish",
    "make",
    "new_stack",
    "remove",
    "remove_leftovers",
    "settle",
]


def new_stack(backend: Any, name: str, template: str, **options: Any) -> Any:
    """Return a stack that is registered and has no resources yet.

    Raises:
        AlreadyExistsException: a stack of that name exists.
        ValidationError: the template or a parameter is refused.
    """
    # A deleted stack lies elsewhere (`deleted_stacks`), so its name is free again.
    if any(stack.name == name for stack in backend.stacks.values()):
        raise AlreadyExistsException(f"Stack [{name}] already exists")
    parameters = options.pop("parameters", None) or {}
    content = processed_template(template, parameters, backend.region_name)
    check_template(content)
    stack = models.Stack(
        stack_id=generate_stack_id(name, backend.region_name, backend.account_id),
        name=name,
        template=template,
        parameters=ruled_parameters(content, parameters, backend),
        account_id=backend.account_id,
        region_name=backend.region_name,
        **options,
    )
    become(stack, template, content)
    check_left_out(content, stack.resource_map.lazy_condition_map)
    # The backend's own dict, since other stacks publish and withdraw exports during this stack's life.
    stack.cross_stack_resources = stack.resource_map.cross_stack_resources = backend.exports
    backend.stacks[stack.stack_id] = stack
    return stack


def become(stack: Any, template: str, content: dict[str, Any]) -> None:
    """Give a stack without resources a template, as text and with its transform expanded."""
    stack.template, stack.template_dict = template, content
    stack.resource_map = stack._create_resource_map()
    stack.resource_map._parsed_resources[NOTIFICATION_ARNS] = stack.notification_arns


@corrects(models.Stack, "create_resources")
def create(stack: Any, on_failure: str = "ROLLBACK") -> None:
    """Create every resource of a stack; `on_failure` is the API's `ROLLBACK`, `DELETE` or `DO_NOTHING`."""
    record(stack, "CREATE_IN_PROGRESS", "User Initiated")
    failed = None
    for logical_id in creation_order(stack.template_dict["Resources"]):
        resource = make(stack, logical_id)
        if resource is not None and resource.status == "CREATE_FAILED":
            # AWS cancels the resources that are still to come, also those that do not depend on this one.
            failed = f"The following resource(s) failed to create: [{logical_id}]."
            break
    failed = failed or finish(stack)
    if failed is None:
        record(stack, "CREATE_COMPLETE")
    elif on_failure == "DO_NOTHING":
        record(stack, "CREATE_FAILED", failed)
    elif on_failure == "DELETE":
        delete(stack, reason=f"{failed} Delete requested by user.")
    else:
        _roll_back(stack, f"{failed} Rollback requested by user.")


def make(stack: Any, logical_id: str) -> DeployedResource | None:
    """Create one resource and write its events; return None if its condition is false.

    After a failure the returned resource has the status `CREATE_FAILED` and the reason.
    """
    declared = stack.template_dict["Resources"][logical_id]
    condition = declared.get("Condition")
    if condition and not stack.resource_map.lazy_condition_map[condition]:
        return None
    resource = DeployedResource(logical_id, declared["Type"], {}, "CREATE_IN_PROGRESS", CLOCK.moment())
    stack.deployed[logical_id] = resource
    record_resource(stack, resource)
    try:
        resource.definition = resources.resolve(logical_id, declared, stack.resource_map)
        resources.check(logical_id, resource.definition)
        resource.model = resources.create(stack, logical_id, resource.definition)
    except ResourceFailure as failure:
        settle(stack, resource, "CREATE_FAILED", str(failure))
    else:
        # From here on references of other resources resolve to this one.
        stack.resource_map._parsed_resources[logical_id] = resource.model
        settle(stack, resource, "CREATE_COMPLETE", without_effect(resource.definition))
    return resource


def remove(stack: Any, resource: DeployedResource, *, replaced: bool = False, undone: bool = False) -> bool:
    """Delete one resource with its events, unless the template retains it; return False if that failed.

    `undone` says that the operation which made it is rolled back.
    """
    if not resource.is_there:
        return True
    # `RetainExceptOnCreate` keeps a resource, but not one whose own creation is being undone.
    if resource.policy(replaced=replaced) in ({"Retain"} if undone else {"Retain", "RetainExceptOnCreate"}):
        settle(stack, resource, "DELETE_SKIPPED")
        return True
    settle(stack, resource, "DELETE_IN_PROGRESS")
    try:
        resources.delete(stack, resource)
    except ResourceFailure as failure:
        settle(stack, resource, "DELETE_FAILED", str(failure))
        return False
    settle(stack, resource, "DELETE_COMPLETE")
    # A replacement has the same logical id, and by now references resolve to it.
    if stack.resource_map._parsed_resources.get(resource.logical_id) is resource.model:
        del stack.resource_map._parsed_resources[resource.logical_id]
    return True


def remove_leftovers(stack: Any, leftovers: Iterable[tuple[DeployedResource, str]]) -> None:
    """Delete what updates have replaced or undone; as on AWS, what cannot be deleted stays behind."""
    for resource, word in leftovers:
        remove(stack, resource, **{word: True})
    stack.leftovers = []


def finish(stack: Any) -> str | None:
    """Resolve outputs and publish exports; return the reason if that is impossible, else None."""
    backend = models.cloudformation_backends[stack.account_id][stack.region_name]
    outputs = stack._create_output_map()
    try:
        # moto resolves an output when it is read; all must be possible before the stack is complete.
        values = {name: output.value for name, output in outputs.items() if output is not None}
        exports = {export.name: export for export in outputs.exports}
    except CloudFormationError as error:
        return str(error.message)
    if any(isinstance(value, (dict, list)) for value in values.values()):
        return "Template format error: The Value field of every Outputs member must evaluate to a String."
    for name in exports:
        if name in backend.exports and backend.exports[name].exporting_stack_id != stack.stack_id:
            return f"Export with name {name} is already exported by another stack."
    if blocked := blocked_by(stack, exports):
        return blocked
    # All first: the new template may export less than the old one did.
    _withdraw_exports(backend, stack)
    backend.exports.update(exports)
    stack.output_map = outputs
    stack.description = stack.template_dict.get("Description")
    return None


@corrects(models.Stack, "delete")
def delete(stack: Any, reason: str = "User Initiated") -> None:
    """Delete every resource of a stack, in the opposite order of creation."""
    if blocked := blocked_by(stack, {}):
        # It is not even tried: the stack keeps the status that it has.
        record(stack, stack.status, blocked)
        return
    record(stack, "DELETE_IN_PROGRESS", reason)
    stack.deletion_time = CLOCK.moment()
    # One that cannot be deleted does not keep AWS from deleting the others.
    failed = [
        resource.logical_id
        for resource in reversed([*stack.deployed.values()])
        if not remove(stack, resource)
    ]
    remove_leftovers(stack, reversed(stack.leftovers))
    if failed:
        record(stack, "DELETE_FAILED", f"The following resource(s) failed to delete: [{', '.join(failed)}].")
        return
    backend = models.cloudformation_backends[stack.account_id][stack.region_name]
    _withdraw_exports(backend, stack)
    # A deleted stack can still be described by its id, as on AWS for 90 days.
    if backend.stacks.pop(stack.stack_id, None) is not None:
        backend.deleted_stacks[stack.stack_id] = stack
    record(stack, "DELETE_COMPLETE")


def _roll_back(stack: Any, reason: str) -> None:
    record(stack, "ROLLBACK_IN_PROGRESS", reason)
    worked = [remove(stack, resource, undone=True) for resource in reversed([*stack.deployed.values()])]
    record(stack, "ROLLBACK_COMPLETE" if all(worked) else "ROLLBACK_FAILED")


def settle(stack: Any, resource: DeployedResource, status: str, reason: str | None = None) -> None:
    """Give a resource a new status, stamped with the cloud's time, and write its event."""
    resource.status, resource.reason, resource.timestamp = status, reason, CLOCK.moment()
    record_resource(stack, resource, reason)


def _withdraw_exports(backend: Any, stack: Any) -> None:
    for name in [
        name for name, export in backend.exports.items() if export.exporting_stack_id == stack.stack_id
    ]:
        del backend.exports[name]


@corrects(models.Stack, "stack_resources", kind=property)
def _models_of(stack: Any) -> list[Any]:
    return [resource.model for resource in stack.deployed.values() if resource.is_there]


@corrects(models.Stack, "parameter_list", kind=property)
def _parameters_of(stack: Any) -> list[dict[str, str]]:
    # AWS never shows the value of a `NoEcho` parameter, not even to whoever gave it:
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
    declared = stack.template_dict.get("Parameters") or {}
    return [
        {
            "ParameterKey": name,
            "ParameterValue": "****" if declared.get(name, {}).get("NoEcho") else value,
            **_resolved(stack, name, declared.get(name, {})),
        }
        for name, value in stack.parameters.items()
    ]


def _resolved(stack: Any, name: str, slot: dict[str, Any]) -> dict[str, str]:
    """Return what a parameter of Systems Manager stood for, if it is one."""
    if not str(slot.get("Type")).startswith("AWS::SSM::Parameter::Value<"):
        return {}
    value = stack.resource_map.resolved_parameters[name]
    return {"ResolvedValue": ",".join(value) if isinstance(value, list) else str(value)}


@corrects(models.Stack, "physical_resource_id", kind=property)
def _id_of(stack: Any) -> str:
    return str(stack.stack_id)


@corrects(models.Stack, "has_cfn_attr", kind=staticmethod)
def _has_attribute(attribute: str) -> bool:
    return attribute.startswith("Outputs.")


@corrects(models.Stack, "get_cfn_attribute")
def _attribute(stack: Any, attribute_name: str) -> str:
    name = attribute_name.removeprefix("Outputs.")
    if name not in stack.output_map.outputs:
        raise UnformattedGetAttTemplateException
    return str(stack.output_map[name].value)


@corrects(models.CloudFormationBackend, "create_stack")
def _create_stack(backend: Any, name: str, template: str, parameters: dict[str, Any], **options: Any) -> Any:
    stack = new_stack(backend, name, template, parameters=parameters, **options)
    create(stack)
    return stack


@corrects(models.CloudFormationBackend, "delete_stack")
def _delete_stack(backend: Any, name_or_stack_id: str) -> None:
    for stack in list(backend.stacks.values()):
        if name_or_stack_id in (stack.name, stack.stack_id):
            delete(stack)
