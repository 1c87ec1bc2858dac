"""AWS::Events::Rule changes in place; buses and their policies give AWS's names.

AWS keeps a rule through an update and replaces its targets; `Ref` is the name, after `bus|` on another bus
than the default one. A bus is its name
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html and
aws-resource-events-eventbus.html there). moto deletes a rule to update it, gives no name for a bus, drops its
description and tags, and knows no bus policies. Changed: rules and buses; AWS::Events::EventBusPolicy exists.
"""

import json

from moto.events.models import events_backends

from workshop.cloud.offline.overlay.cloudformation.handlers import Wanted, check_free
from workshop.cloud.offline.overlay.cloudformation.resource_types.added import (
    AddedResource,
    add_resource_type,
)
from workshop.cloud.offline.overlay.events.rules import put_targets


def _put_rule(wanted: Wanted) -> AddedResource:
    properties, backend = wanted.properties, wanted.backend(events_backends)
    name, bus = wanted.name.rpartition("|")[2], properties.get("EventBusName")
    pattern = properties.get("EventPattern")
    check_free(wanted, name, backend.describe_event_bus(bus or "default").rules)
    rule = backend.put_rule(
        name,
        scheduled_expression=properties.get("ScheduleExpression"),
        event_pattern=json.dumps(pattern, separators=(",", ":")) if isinstance(pattern, dict) else pattern,
        state=properties.get("State"),
        description=properties.get("Description"),
        role_arn=properties.get("RoleArn"),
        event_bus_arn=bus,
    )
    _tag(wanted, rule.arn)
    targets = properties.get("Targets") or []
    try:
        # Not beside the old ones, which make room for them.
        put_targets(backend, name, bus, targets)
    except Exception:
        if wanted.original is None:  # no stack would know of it
            _remove_rule(wanted)
        raise
    named = {target["Id"] for target in targets}
    # Only now, when the new ones have been taken.
    rule.remove_targets([target["Id"] for target in list(rule.targets) if target["Id"] not in named])
    shown = name if rule.event_bus_name == "default" else f"{rule.event_bus_name}|{name}"
    return AddedResource(shown, Arn=rule.arn, RuleName=name)


def _remove_rule(wanted: Wanted) -> None:
    backend, bus = wanted.backend(events_backends), wanted.properties.get("EventBusName")
    name = wanted.name.rpartition("|")[2]
    rule = backend.describe_rule(name, bus)
    rule.remove_targets([target["Id"] for target in list(rule.targets)])
    backend.delete_rule(name, bus)


def _create_bus(wanted: Wanted) -> AddedResource:
    wanted.backend(events_backends).create_event_bus(name=wanted.name)
    return _settle_bus(wanted)


def _settle_bus(wanted: Wanted) -> AddedResource:
    bus = wanted.backend(events_backends).describe_event_bus(wanted.name)
    bus.description = wanted.properties.get("Description")
    _tag(wanted, bus.arn)
    return AddedResource(bus.name, Arn=bus.arn, Name=bus.name, Policy=bus.policy or "")


def _tag(wanted: Wanted, arn: str) -> None:
    tagger = wanted.backend(events_backends).tagger
    tagger.delete_all_tags_for_resource(arn)
    tagger.tag_resource(arn, wanted.properties.get("Tags") or [])


def _remove_bus(wanted: Wanted) -> None:
    wanted.backend(events_backends).delete_event_bus(wanted.name)


def _put_policy(wanted: Wanted) -> AddedResource:
    properties, backend = wanted.properties, wanted.backend(events_backends)
    bus = backend.describe_event_bus(properties.get("EventBusName") or "default")
    check_free(wanted, properties["StatementId"], bus._statements)
    statement = properties.get("Statement")
    if statement is None:
        condition = properties.get("Condition")
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": properties["Principal"]},
            "Action": properties["Action"],
            "Resource": bus.arn,
            **(
                {"Condition": {condition["Type"]: {condition["Key"]: condition["Value"]}}}
                if condition
                else {}
            ),
        }
    elif isinstance(statement, str):
        statement = json.loads(statement)
    bus.add_policy({"Statement": [{**statement, "Sid": properties["StatementId"]}]})
    return AddedResource(wanted.name)


def _remove_policy(wanted: Wanted) -> None:
    properties = wanted.properties
    backend = wanted.backend(events_backends)
    backend.remove_permission(properties.get("EventBusName"), properties["StatementId"], False)


add_resource_type(
    "AWS::Events::Rule",
    name_property="Name",
    attributes=("Arn", "RuleName"),
    create=_put_rule,
    change=_put_rule,
    delete=_remove_rule,
)
add_resource_type(
    "AWS::Events::EventBus",
    name_property="Name",
    attributes=("Arn", "Name", "Policy"),
    create=_create_bus,
    change=_settle_bus,
    delete=_remove_bus,
)
add_resource_type(
    "AWS::Events::EventBusPolicy", create=_put_policy, change=_put_policy, delete=_remove_policy
)
