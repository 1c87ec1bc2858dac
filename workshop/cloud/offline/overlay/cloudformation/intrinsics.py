"""Intrinsic functions return a value or fail.

In AWS `Ref: AWS::NoValue` removes an element from a list just as it removes a property from an object
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html), and an
attribute that cannot be read fails the operation. moto leaves `None` in the list; for an attribute that a
model lacks it logs a warning and passes the unresolved `Fn::GetAtt` object on to the resource; and a
reference to a resource that does not exist yet creates it on the spot, in the middle of another. Changed:
all three. A declared resource that does not exist yet reads as `PENDING`, which appears only in plans.
"""

from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import (
    UnformattedGetAttTemplateException,
    UnsupportedAttribute,
    ValidationError,
)

from workshop.cloud.offline.overlay.correct import corrects

__all__ = ["PENDING"]

_clean_json = parsing.clean_json


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
    if isinstance(value, dict) and "Fn::GetAtt" in value:
        return _attribute(value["Fn::GetAtt"], resources)
    return _clean_json(value, resources)


def _attribute(argument: Any, resources: Any) -> Any:
    name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument[:2]
    resource = resources.get(name)
    if resource is None:
        raise ValidationError(
            message=f"Template error: instance of Fn::GetAtt references undefined resource {name}"
        )
    try:
        return resource.get_cfn_attribute(attribute)
    except (NotImplementedError, UnformattedGetAttTemplateException, AttributeError, KeyError) as error:
        kind = getattr(resource, "cf_resource_type", type(resource).__name__).rsplit(":", 1)[-1]
        raise UnsupportedAttribute(resource=kind, attr=attribute) from error


@corrects(parsing.ResourceMap, "__getitem__")
def _find(resources: Any, name: str) -> Any:
    found = resources._parsed_resources
    if name in found:
        return found[name]
    declared = resources._resource_json_map[name]
    condition = declared.get("Condition")
    return None if condition and not resources.lazy_condition_map[condition] else PENDING
