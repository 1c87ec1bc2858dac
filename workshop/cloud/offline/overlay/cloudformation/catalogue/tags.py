"""Tags of a stack reach all of its resources that can have tags, beside three of CloudFormation's own.

A resource's own tag counts more than one of its stack with the same key, and of two of its own the latter
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html). Support
for the operations on stacks; corrects nothing. `schemas.json` and `effects.toml` say which types have tags.
"""

from collections.abc import Mapping
from typing import Any

from workshop.cloud.offline.overlay.cloudformation.catalogue.properties import effects, schema

__all__ = ["add_tags"]

TAGS = "Tags"
SYSTEM = "aws:cloudformation:"


def add_tags(definition: dict[str, Any], logical_id: str, resources: Any) -> None:
    """Add to a resource the tags of its stack and those that name it; `resources` is moto's map."""
    kind, properties = definition["Type"], definition["Properties"]
    given = properties.get(TAGS)
    if isinstance(given, list):
        properties[TAGS] = given = list({_key(one): one for one in given}.values())
    if TAGS not in effects().get(kind, {}).get("works", ()):
        return
    added = {
        **_own(resources.tags),
        f"{SYSTEM}stack-name": resources["AWS::StackName"],
        f"{SYSTEM}stack-id": resources["AWS::StackId"],
        f"{SYSTEM}logical-id": logical_id,
    }
    if (schema(kind) or {})["properties"][TAGS] == "object":
        properties[TAGS] = {**added, **given} if isinstance(given, dict) else given or added
    elif given is None or isinstance(given, list):  # others are refused with the other properties
        known = {_key(one) for one in given or ()}
        missing = [{"Key": key, "Value": value} for key, value in added.items() if key not in known]
        properties[TAGS] = [*(given or ()), *missing]


def _own(tags: Mapping[str, str] | None) -> dict[str, str]:
    """Return a stack's own tags: a stack inside another one has some that name itself."""
    return {key: value for key, value in (tags or {}).items() if not key.startswith(SYSTEM)}


def _key(tag: Any) -> str:
    # What is no tag is refused with the other properties.
    is_tag = isinstance(tag, dict) and tag.keys() == {"Key", "Value"}
    return str(tag["Key"]) if is_tag else repr(tag)
