"""What a correction of a resource type is given, instead of moto's long signatures.

Support for these corrections; none of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.utilities.utils import get_partition

__all__ = ["Wanted", "changing", "creating", "deleting", "is_true", "tags_as_dict"]


@dataclass(frozen=True)
class Wanted:
    """A resource as its template wants it, and where; `original` is moto's model of the one that exists."""

    name: str
    properties: dict[str, Any]
    account_id: str
    region_name: str
    original: Any = None

    def backend(self, backends: Any, *, is_global: bool = False) -> Any:
        """Return moto's backend of a service."""
        return backends[self.account_id][get_partition(self.region_name) if is_global else self.region_name]


def creating(make: Callable[[Wanted], Any]) -> Any:
    """Return `make` as the method with which moto creates a resource."""

    def create(*arguments: Any, **_names: Any) -> Any:
        _, name, definition, account_id, region_name = arguments
        return make(Wanted(name, definition["Properties"], account_id, region_name))

    return classmethod(create)


def changing(change: Callable[[Wanted], Any]) -> Any:
    """Return `change` as the method with which moto updates a resource; its name stays."""

    def update(_model: Any, /, **arguments: Any) -> Any:
        original = arguments["original_resource"]
        return change(
            Wanted(
                original.physical_resource_id,
                arguments["cloudformation_json"]["Properties"],
                arguments["account_id"],
                arguments["region_name"],
                original,
            )
        )

    return classmethod(update)


def deleting(remove: Callable[[Wanted], None]) -> Any:
    """Return `remove` as the method with which moto deletes a resource by its physical id."""

    def delete(*arguments: Any) -> None:
        _, name, definition, account_id, region_name = arguments
        remove(Wanted(name, definition["Properties"], account_id, region_name))

    return classmethod(delete)


def is_true(value: Any) -> bool:
    """Read a boolean; a parameter makes text of it."""
    return str(value).lower() == "true"


def tags_as_dict(properties: dict[str, Any]) -> dict[str, str]:
    """Return the tags of a resource as most of moto's models keep them."""
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
