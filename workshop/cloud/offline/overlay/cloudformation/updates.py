"""Updating a stack changes what differs, keeps the rest, and undoes everything when one change fails.

AWS updates and adds resources in the order of their dependencies and creates replacements beside the old
resources. What was replaced or dropped is deleted only after everything else has succeeded; otherwise the
stack ends in `UPDATE_ROLLBACK_COMPLETE` with the old resources
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks.html). moto compares
templates without resolving them, so a parameter inside an `Fn::Sub` changes nothing; it deletes before it
adds; it forgets a resource whose type has no update and reports `UPDATE_COMPLETE`; and it stops half-way on a
failure. Changed: all of this. An update that changes nothing is refused, as on AWS.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from moto.cloudformation import models, parsing
from moto.cloudformation.exceptions import ValidationError

from workshop.cloud.offline.overlay.cloudformation import operations, resources
from workshop.cloud.offline.overlay.cloudformation.catalogue.properties import without_effect
from workshop.cloud.offline.overlay.cloudformation.events import record
from workshop.cloud.offline.overlay.cloudformation.plans import is_wanted, map_for, plan
from workshop.cloud.offline.overlay.cloudformation.references import creation_order
from workshop.cloud.offline.overlay.cloudformation.resources import DeployedResource, ResourceFailure
from workshop.cloud.offline.overlay.cloudformation.stack_policies import denial
from workshop.cloud.offline.overlay.cloudformation.template.rules import ruled_parameters
from workshop.cloud.offline.overlay.cloudformation.template.transforms import processed_template
from workshop.cloud.offline.overlay.cloudformation.validation import check_template
from workshop.cloud.offline.overlay.correct import CLOCK, corrects

__all__ = ["changes_nothing", "check_updatable", "update"]

NEW_ONE_NEEDED = "Requested update requires the creation of a new physical resource; hence creating one."

CANNOT_CHANGE = (
    "The offline cloud cannot change a resource of type {}; "
    "give it another logical id, so that a new one is made."
)


def check_updatable(stack: Any) -> None:
    """Refuse a stack whose status does not allow an update.

    Raises:
        ValidationError: naming the status.
    """
    # A stack that could not be created can only be deleted, and a rollback that failed has to be continued
    # first; one whose update was cut off (`UPDATE_FAILED`) can be updated again. A call can meet a stack in
    # progress, since the lock is given up while the function of a custom resource runs.
    in_progress = stack.status.endswith("_IN_PROGRESS") and stack.status != "REVIEW_IN_PROGRESS"
    has_failed = stack.status.endswith("_FAILED") and stack.status != "UPDATE_FAILED"
    if in_progress or has_failed or stack.status == "ROLLBACK_COMPLETE":
        raise ValidationError(
            message=f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated."
        )


def changes_nothing(stack: Any, template: Mapping[str, Any], parameters: Mapping[str, str]) -> bool:
    """Return whether an update would leave resources and outputs as they are."""
    same_outputs = template.get("Outputs") == stack.template_dict.get("Outputs")
    # The plan comes first, for it refuses a template that cannot be resolved.
    return not plan(stack, template, parameters) and same_outputs


def update(
    stack: Any,
    template: str,
    parameters: Mapping[str, str],
    *,
    policy: str = "",
    tags: Mapping[str, str] | None = None,
) -> None:
    """Update a stack to a template that was checked before, as its policy lets; roll back on a failure.

    Without tags it keeps those that it has.
    """
    record(stack, "UPDATE_IN_PROGRESS", "User Initiated")
    stack.last_updated_time = CLOCK.moment()
    attempt = _Update(stack, template, dict(parameters), policy, tags)
    failed = attempt.run()
    if failed is None:
        attempt.clean_up()
        record(stack, "UPDATE_COMPLETE")
    else:
        attempt.roll_back(failed)


class _Before:
    """What a stack was before an update."""

    def __init__(self, stack: Any) -> None:
        self.attributes = {
            name: getattr(stack, name)
            for name in ("template", "template_dict", "parameters", "resource_map", "output_map", "tags")
        }
        self.leftovers = list(stack.leftovers)
        self.deployed: dict[str, DeployedResource] = dict(stack.deployed)
        self.definitions = {name: resource.definition for name, resource in stack.deployed.items()}

    def restore(self, stack: Any) -> None:
        """Restore the stack's own attributes; `_Update.roll_back` restores its resources."""
        for name, value in self.attributes.items():
            setattr(stack, name, value)
        stack.deployed, stack.leftovers = self.deployed, self.leftovers

    def restore_definitions(self) -> None:
        """Undo changes that no service has seen, such as another deletion policy."""
        for name, definition in self.definitions.items():
            self.deployed[name].definition = definition


@dataclass
class _Update:
    """One update in progress, with what is needed to complete or undo it.

    `changed` has each updated resource with its old definition; the stack itself remembers what it leaves
    behind, since an update may be cut off.
    """

    stack: Any
    template: str
    parameters: dict[str, str]
    policy: str = ""
    tags: Mapping[str, str] | None = None
    changed: list[tuple[DeployedResource, dict[str, Any]]] = field(default_factory=list)
    added: list[DeployedResource] = field(default_factory=list)

    def __post_init__(self) -> None:
        stack = self.stack
        self.before = _Before(stack)
        # From here on the stack is what it is to become; `_Before` has what a rollback needs.
        stack.template = self.template
        stack.template_dict = processed_template(self.template, self.parameters, stack.region_name)
        stack.tags = stack.tags if self.tags is None else dict(self.tags)
        stack.resource_map = map_for(stack, stack.template_dict, self.parameters)
        stack.parameters = self.parameters

    def run(self) -> str | None:
        """Change and add what the template wants; return what failed, or None."""
        stack = self.stack
        for resource in self._dropped():
            if not self._may("Update:Delete", resource):
                return f"The following resource(s) failed to update: [{resource.logical_id}]."
        for logical_id in creation_order(stack.template_dict["Resources"]):
            if is_wanted(stack.resource_map, logical_id) and not self._step(logical_id):
                verb = "update" if logical_id in self.before.deployed else "create"
                return f"The following resource(s) failed to {verb}: [{logical_id}]."
        return operations.finish(stack)

    def clean_up(self) -> None:
        """Delete what the template no longer wants, and what was replaced."""
        stack = self.stack
        record(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        # Whatever becomes of this, the update has succeeded.
        operations.remove_leftovers(stack, stack.leftovers)
        for resource in self._dropped():
            operations.remove(stack, resource)
        # A deletion goes through `deployed` from its end, so it must have the order of the new template.
        order = [name for name in creation_order(stack.template_dict["Resources"]) if name in stack.deployed]
        stack.deployed = {name: stack.deployed[name] for name in order if is_wanted(stack.resource_map, name)}

    def _dropped(self) -> list[DeployedResource]:
        """Return what was there and the template no longer wants, the newest first."""
        resources, target = self.stack.template_dict["Resources"], self.stack.resource_map
        return [
            resource
            for name, resource in reversed(self.before.deployed.items())
            if resource.is_there and not (name in resources and is_wanted(target, name))
        ]

    def _may(self, action: str, resource: DeployedResource) -> bool:
        """Return whether the stack's policy lets a resource be changed so; write the event if not."""
        reason = denial(self.policy, action, resource.logical_id, resource.resource_type)
        if reason is not None:
            operations.settle(self.stack, resource, "UPDATE_FAILED", reason)
        return reason is None

    def roll_back(self, reason: str) -> None:
        """Bring back the old definitions, then delete what was added."""
        stack = self.stack
        record(stack, "UPDATE_ROLLBACK_IN_PROGRESS", reason)
        # The old map of resources, too: what is changed back refers to the old ones.
        self.before.restore(stack)
        stack.leftovers += [(resource, "undone") for resource in self.added]
        # First the changed resources: as long as they refer to added ones, those cannot be deleted.
        failed = [
            resource.logical_id for resource, old in reversed(self.changed) if not self._change(resource, old)
        ]
        if failed:
            reason = f"The following resource(s) failed to update: [{', '.join(failed)}]."
            record(stack, "UPDATE_ROLLBACK_FAILED", reason)
            return
        self.before.restore_definitions()
        operations.finish(stack)
        record(stack, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        operations.remove_leftovers(stack, reversed(stack.leftovers))
        record(stack, "UPDATE_ROLLBACK_COMPLETE")

    def _step(self, logical_id: str) -> bool:
        stack, declared = self.stack, self.stack.template_dict["Resources"][logical_id]
        resource = stack.deployed.get(logical_id)
        if resource is None or not resource.is_there:
            return self._add(logical_id)
        try:
            definition = resources.resolve(logical_id, declared, stack.resource_map)
            if definition["Properties"] == resource.definition["Properties"]:
                # `DeletionPolicy` and its like concern no service; they hold from now on.
                resources.check_policies(logical_id, definition)
                resource.definition = definition
                return True
            resources.check(logical_id, definition)
        except ResourceFailure as failure:
            operations.settle(self.stack, resource, "UPDATE_FAILED", str(failure))
            return False
        is_new = resources.is_new_one_needed(resource, definition)
        if not self._may("Update:Replace" if is_new else "Update:Modify", resource):
            return False
        return self._replace(resource, definition) if is_new else self._change_in_place(resource, definition)

    def _change_in_place(self, resource: DeployedResource, definition: dict[str, Any]) -> bool:
        if not resources.can_change(resource):
            operations.settle(
                self.stack, resource, "UPDATE_FAILED", CANNOT_CHANGE.format(resource.resource_type)
            )
            return False
        self.changed.append((resource, resource.definition))
        return self._change(resource, definition)

    def _add(self, logical_id: str) -> bool:
        resource = operations.make(self.stack, logical_id)
        if resource is not None:
            self.added.append(resource)
        return resource is None or resource.status == "CREATE_COMPLETE"

    def _replace(self, resource: DeployedResource, definition: dict[str, Any]) -> bool:
        if name := _custom_name(resource, definition):
            reason = (
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                f"Rename {name} and update the stack again."
            )
            operations.settle(self.stack, resource, "UPDATE_FAILED", reason)
            return False
        operations.settle(self.stack, resource, "UPDATE_IN_PROGRESS", NEW_ONE_NEEDED)
        # Of the old resource itself nothing has changed, and a rollback keeps it.
        resource.status = "UPDATE_COMPLETE"
        # References must resolve to the replacement as soon as it exists, and never to the old resource.
        del self.stack.resource_map._parsed_resources[resource.logical_id]
        worked = self._add(resource.logical_id)
        if worked:
            self.stack.leftovers.append((resource, "replaced"))
        return worked

    def _change(self, resource: DeployedResource, definition: dict[str, Any]) -> bool:
        operations.settle(self.stack, resource, "UPDATE_IN_PROGRESS")
        before = replace(resource)
        try:
            resource.model = resources.change(self.stack, resource, definition)
        except ResourceFailure as failure:
            operations.settle(self.stack, resource, "UPDATE_FAILED", str(failure))
            return False
        resource.definition = definition
        if resource.physical_id != before.physical_id:  # a custom resource may decide to be another one
            self.stack.leftovers.append((before, "replaced"))
        self.stack.resource_map._parsed_resources[resource.logical_id] = resource.model
        operations.settle(self.stack, resource, "UPDATE_COMPLETE", without_effect(definition))
        return True


def _custom_name(resource: DeployedResource, definition: Mapping[str, Any]) -> str | None:
    """Return the custom name of the resource if its replacement would have the same one: names are unique."""
    name_property = parsing.get_name_type_map().get(resource.resource_type)
    name = definition["Properties"].get(name_property) if name_property else None
    return name if name and name == resource.definition["Properties"].get(name_property) else None


@corrects(models.Stack, "update")
def _update_stack(
    stack: Any,
    template: str,
    role_arn: str | None = None,
    parameters: dict[str, Any] | None = None,
    tags: dict[str, str] | None = None,
) -> None:
    content = processed_template(template, parameters or {}, stack.region_name)
    check_template(content)
    values = ruled_parameters(content, parameters or {}, stack)
    update(stack, template, values, tags=tags)
    stack.role_arn = role_arn or stack.role_arn
