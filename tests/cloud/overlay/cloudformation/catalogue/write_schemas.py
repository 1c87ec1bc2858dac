"""Write `schemas.json`: what AWS's resource schemas say of the types that are offered, compactly.

The schemas are those that cfn-lint ships. Run this after an upgrade of cfn-lint or when a type is added:
`.venv/bin/python -m tests.cloud.overlay.cloudformation.catalogue.write_schemas`.
"""

import json
from collections.abc import Iterator
from typing import Any

from moto.cloudformation import parsing

from workshop.clock import ManualClock
from workshop.cloud.offline.overlay import apply
from workshop.cloud.offline.overlay.cloudformation.catalogue import properties
from workshop.cloud.offline.overlay.cloudformation.catalogue.services import LATER, load_service_of

REGION = "us-east-1"
# What moto's own base classes answer to.
NO_TYPES = {"?", "AWS::SERVICE::RESOURCE"}
# Their properties are their function's own, or nobody's.
OPEN_TYPES = {"AWS::CDK::Metadata", "AWS::CloudFormation::CustomResource"}
LIMITS = ("enum", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems")
# Lists of runtimes and the like are older than AWS's; what is offered here is refused by name.
OPEN_LISTS = {"Runtime", "CompatibleRuntimes"}
DEEPEST = 12


def offered() -> list[str]:
    """Return every resource type that a stack can have, but for custom resources."""
    for service in LATER:
        load_service_of(f"AWS::{service}::Any")
    return sorted(parsing.get_model_map().keys() - NO_TYPES - OPEN_TYPES)


class Schema:
    """The schema of one resource type."""

    def __init__(self, resource_type: str) -> None:
        # Loading it takes a second, which every worker of the suite would spend.
        from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

        found = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, resource_type)
        self.whole = found.schema
        self.attributes = sorted(found.get_atts)

    def written(self) -> dict[str, Any]:
        """Return what `schemas.json` has of the type."""
        shape = self._object(self.whole, 0)
        assert shape is not None
        return {**shape, "attributes": self.attributes, "replaced": sorted(self._top("createOnlyProperties"))}

    def _top(self, listed: str) -> Iterator[str]:
        for path in self.whole.get(listed, ()):
            if path.count("/") == 2:
                yield path.split("/")[2]

    def _shape(self, node: Any, depth: int) -> Any:
        node = self._referenced(node)
        kinds = {"type", "properties", "items"} & node.keys()
        if not kinds or not isinstance(node.get("type", ""), str) or depth > DEEPEST:
            return None
        # A limit of nothing at all goes without saying.
        limits = {
            name: node[name]
            for name in LIMITS
            if name in node and (node[name] or name in ("minimum", "maximum"))
        }
        if node.get("type") == "array":
            items = self._shape(node.get("items") or {}, depth + 1)
            return {"items": items, **limits} if limits else [items]
        if node.get("type") == "object" or "properties" in node:
            return self._object(node, depth)
        return {"type": node["type"], **limits} if limits else node["type"]

    def _object(self, node: Any, depth: int) -> Any:
        if not node.get("properties") or node.get("additionalProperties") is not False:
            return "object"
        read_only = set(self._top("readOnlyProperties")) - set(node.get("required", ())) if depth == 0 else ()
        shapes = {
            name: None if name in OPEN_LISTS else self._shape(inner, depth + 1)
            for name, inner in node["properties"].items()
            if name not in read_only
        }
        return {"properties": shapes, **({"required": node["required"]} if node.get("required") else {})}

    def _referenced(self, node: Any) -> Any:
        while "$ref" in node:
            node = self.whole["definitions"][node["$ref"].rsplit("/", 1)[-1]]
        # The key of a table may be an object too, by its schema; its documentation knows the list alone.
        choices = [self._referenced(one) for one in node.get("oneOf", ())]
        lists = [one for one in choices if one.get("type") == "array"]
        return lists[0] if lists and "type" not in node else node


def main() -> None:
    """Write the file."""
    apply(ManualClock())
    lines = (
        f"{json.dumps(name)}: {json.dumps(Schema(name).written(), separators=(',', ':'), sort_keys=True)}"
        for name in offered()
    )
    properties.SCHEMAS.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
