"""What an update would do to each resource. Support for updates and change sets; no correction of its own.

A resource changes when its definition, with every reference resolved, differs from the one it was created
with. So a parameter counts even if it only appears inside an `Fn::Sub` or decides a condition, and does not
count if its new value makes no difference.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.parsing import ResourceMap

from workshop.cloud.offline.overlay.cloudformation import resources
from workshop.cloud.offline.overlay.cloudformation.intrinsics import NOTIFICATION_ARNS, PENDING
from workshop.cloud.offline.overlay.cloudformation.references import creation_order
from workshop.cloud.offline.overlay.cloudformation.resources import ResourceFailure
from workshop.cloud.offline.overlay.cloudformation.validation import check_left_out

__all__ = ["PlannedChange", "is_wanted", "map_for", "plan"]


# Parts of a resource beside its properties, as change sets name them.
PARTS = ("Metadata", "CreationPolicy", "UpdatePolicy", "DeletionPolicy", "UpdateReplacePolicy")


@dataclass(frozen=True)
class PlannedChange:
    """One line of a change set; the names are those of its description.

    `action` is Add, Modify or Remove; of a Modify, `replacement` is the text True or False, `scope` says what
    of the resource changes, and `details` has an entry for each property that does.
    """

    action: str
    logical_resource_id: str
    resource_type: str
    physical_resource_id: str | None = None
    replacement: str | None = None
    scope: tuple[str, ...] = ()
    details: tuple[dict[str, Any], ...] = ()


def map_for(
    stack: Any,
    template: Mapping[str, Any],
    parameters: Mapping[str, str],
    tags: Mapping[str, str] | None = None,
) -> Any:
    """Return moto's resource map for a new template, with the existing resources that it keeps filled in.

    Without other tags the stack keeps those that it has.
    """
    target = ResourceMap(
        stack.stack_id,
        stack.name,
        dict(parameters),
        dict(stack.tags or {} if tags is None else tags),
        account_id=stack.account_id,
        region_name=stack.region_name,
        template=template,
        cross_stack_resources=stack.cross_stack_resources,
    )
    target.load()
    target._parsed_resources[NOTIFICATION_ARNS] = stack.notification_arns
    for logical_id, resource in stack.deployed.items():
        if resource.is_there and logical_id in template["Resources"] and is_wanted(target, logical_id):
            target._parsed_resources[logical_id] = resource.model
    return target


def is_wanted(target: Any, logical_id: str) -> bool:
    """Return whether the condition of a resource holds."""
    condition = target._resource_json_map[logical_id].get("Condition")
    return not condition or bool(target.lazy_condition_map[condition])


def plan(
    stack: Any,
    template: Mapping[str, Any],
    parameters: Mapping[str, str],
    tags: Mapping[str, str] | None = None,
) -> list[PlannedChange]:
    """Return what an update to a template would do, in the order in which it would happen."""
    target = map_for(stack, template, parameters, tags)
    check_left_out(template, target.lazy_condition_map)
    wanted = [name for name in creation_order(template["Resources"]) if is_wanted(target, name)]
    changes = [change for name in wanted if (change := _planned(stack, target, name)) is not None]
    for name, resource in reversed(stack.deployed.items()):
        if name not in wanted and resource.is_there:
            changes.append(PlannedChange("Remove", name, resource.resource_type, resource.physical_id))
    return changes


def _planned(stack: Any, target: Any, logical_id: str) -> PlannedChange | None:
    declared = target._resource_json_map[logical_id]
    resource = stack.deployed.get(logical_id)
    if resource is None or not resource.is_there:
        return PlannedChange("Add", logical_id, declared["Type"])
    if resource.resource_type != declared["Type"]:
        raise ValidationError(
            message=f"Update of resource type is not permitted. The new template modifies resource type "
            f"of the following resources: [{logical_id}]"
        )
    try:
        definition = resources.resolve(logical_id, declared, target)
    except ResourceFailure:
        definition = {"Properties": {}}  # the update itself will report the reason and roll back
    if definition == resource.definition:
        return None
    is_new = resources.is_new_one_needed(resource, definition)
    if is_new:
        # Whatever refers to it changes as well, since the replacement has another name.
        target._parsed_resources[logical_id] = PENDING
    details = tuple(_details(resource, definition))
    return PlannedChange(
        "Modify",
        logical_id,
        resource.resource_type,
        resource.physical_id,
        "True" if is_new else "False",
        tuple(dict.fromkeys(detail["Target"]["Attribute"] for detail in details)),
        details,
    )


def _details(resource: Any, definition: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what a change set tells of each property, and of each part beside them, that changes."""
    old, new = resource.definition["Properties"], definition["Properties"]
    replacing = resources.replacing_properties(resource.resource_type)
    targets = [
        {
            **({"Attribute": "Tags"} if name == "Tags" else {"Attribute": "Properties", "Name": name}),
            "RequiresRecreation": "Always"
            if name in replacing and resources.is_other(old.get(name), new.get(name))
            else "Never",
        }
        for name in dict.fromkeys([*old, *new])
        if old.get(name) != new.get(name)
    ]
    targets += [
        {"Attribute": part} for part in PARTS if resource.definition.get(part) != definition.get(part)
    ]
    for target in targets:
        yield {"Target": target, "Evaluation": "Static", "ChangeSource": "DirectModification"}
