"""Resource types that moto has in a service's API and leaves out of stacks.

AWS makes them from a template like any other resource. moto logs that it does not know the type, leaves the
resource out and reports `CREATE_COMPLETE`. Changed: moto's lists of resource types also hold those that
`add_resource_type` declares. moto itself finds types as subclasses of a base class, which `plain_moto` could
not take back.
"""

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException

from workshop.cloud.offline.overlay.cloudformation.catalogue.services import moto_models
from workshop.cloud.offline.overlay.cloudformation.handlers import Wanted, changing, creating, deleting
from workshop.cloud.offline.overlay.correct import corrects

__all__ = ["AddedResource", "add_resource_type"]


class AddedResource:
    """What a stack keeps of a resource; everything else is kept by the service.

    `Ref` gives the physical id, `GetAtt` the attributes.
    """

    def __init__(self, physical_resource_id: str, **attributes: str) -> None:
        self.physical_resource_id = physical_resource_id
        self.attributes = attributes

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return an attribute, or fail as moto's models do."""
        if attribute_name not in self.attributes:
            raise UnformattedGetAttTemplateException
        return self.attributes[attribute_name]


class _AddedType:
    """Stands where moto has the class of a resource type."""

    def __init__(self, resource_type: str, name_property: str, attributes: Collection[str]) -> None:
        self.cloudformation_type = lambda: resource_type
        self.cloudformation_name_type = lambda: name_property
        self.has_cfn_attr = lambda attribute: attribute in attributes

    def handled_by(self, create: Any, change: Any, delete: Any) -> "_AddedType":
        self.create_from_cloudformation_json = partial(creating(create), self)
        self.update_from_cloudformation_json = partial(changing(change), self)
        self.delete_from_cloudformation_json = partial(deleting(delete), self)
        return self


class _AddedTypes:
    """Holds each added type in an attribute of its name, so that adding one is a correction like others."""


def add_resource_type(
    resource_type: str,
    *,
    name_property: str = "",
    attributes: Collection[str] = (),
    create: Callable[[Wanted], AddedResource],
    change: Callable[[Wanted], AddedResource],
    delete: Callable[[Wanted], None],
) -> None:
    """Register a resource type, which exists as soon as the module that defines `create` is installed.

    `name_property` is the property that names the resource, `attributes` are what `GetAtt` may ask for.
    """
    added = _AddedType(resource_type, name_property, attributes)
    corrects(_AddedTypes, resource_type, kind=lambda make: added.handled_by(make, change, delete))(create)


def _models() -> list[Any]:
    return [
        *moto_models(),
        *(added for added in vars(_AddedTypes).values() if isinstance(added, _AddedType)),
    ]


# moto remembers both: what it remembered here would outlive `plain_moto`, and miss what is loaded later.
@corrects(parsing, "get_model_map")
def _models_by_type() -> dict[str, Any]:
    return {model.cloudformation_type(): model for model in _models()}


@corrects(parsing, "resource_name_property_from_type")
def _name_property(resource_type: str) -> Any:
    return _name_properties().get(resource_type)


@corrects(parsing, "get_name_type_map")
def _name_properties() -> dict[str, str]:
    return {model.cloudformation_type(): model.cloudformation_name_type() for model in _models()}


def _keep_nothing(wanted: Wanted) -> AddedResource:
    return AddedResource(wanted.name)


# What CDK writes into its templates about itself, for AWS's own statistics.
add_resource_type(
    "AWS::CDK::Metadata", create=_keep_nothing, change=_keep_nothing, delete=lambda _wanted: None
)
