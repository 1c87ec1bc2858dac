"""Handlers of resource types: plain functions of what a template wants, in place of moto's long signatures.

Support for the corrections in `resource_types`; no correction of its own.
"""

import json
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from moto.utilities.utils import get_partition

from workshop.cloud.offline.overlay.correct import corrects

__all__ = [
    "Wanted",
    "as_text",
    "changes",
    "changing",
    "check_free",
    "creates",
    "creating",
    "deletes",
    "deleting",
    "is_true",
    "policy_text",
    "tags_as_dict",
    "undone",
]

_Handler = TypeVar("_Handler", bound="Callable[[Wanted], Any]")


class NameTakenError(Exception):
    """Something has the name of a resource that a template would make."""

    code = "AlreadyExists"


@dataclass(frozen=True)
class Wanted:
    """A resource as its template wants it, and where; `original` is moto's model of the one that exists.

    `names` has `LogicalId`, `StackId` and `ResourceType` of a resource that is created.
    """

    name: str
    properties: dict[str, Any]
    account_id: str
    region_name: str
    original: Any = None
    names: Mapping[str, str] = field(default_factory=dict)

    def backend(self, backends: Any, *, is_global: bool = False) -> Any:
        """Return moto's backend of a service."""
        # IAM and S3 are global: moto keeps one backend for each partition of AWS instead of each region.
        return backends[self.account_id][get_partition(self.region_name) if is_global else self.region_name]


def creating(make: Callable[[Wanted], Any]) -> Callable[..., Any]:
    """Return `make` with the signature with which moto has a resource created."""

    def create(_model: Any, *arguments: Any, **names: Any) -> Any:
        # By position; by name comes what moto knows of a resource that is new.
        name, definition, account_id, region_name = arguments
        return make(Wanted(name, definition["Properties"], account_id, region_name, names=names))

    return create


def changing(change: Callable[[Wanted], Any]) -> Callable[..., Any]:
    """Return `change` with the signature with which moto has a resource updated; the name stays."""

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

    return update


# moto deletes by physical id, with the same arguments as it creates.
deleting = creating


def creates(model: Any) -> Callable[[_Handler], _Handler]:
    """Register the decorated function as what creates the resources of one of moto's models."""
    return corrects(model, "create_from_cloudformation_json", kind=lambda make: classmethod(creating(make)))


def changes(model: Any) -> Callable[[_Handler], _Handler]:
    """Register the decorated function as what updates the resources of one of moto's models in place."""
    return corrects(model, "update_from_cloudformation_json", kind=lambda make: classmethod(changing(make)))


def deletes(model: Any) -> Callable[[_Handler], _Handler]:
    """Register the decorated function as what deletes the resources of one of moto's models."""
    return corrects(model, "delete_from_cloudformation_json", kind=lambda make: classmethod(deleting(make)))


def check_free(wanted: Wanted, name: str, taken: Container[str]) -> None:
    """Refuse to make what is there: its service would overwrite it, and the stack would delete it.

    Raises:
        NameTakenError: naming type and name.
    """
    if wanted.original is None and name in taken:
        kind = wanted.names["ResourceType"]
        raise NameTakenError(f"Resource of type '{kind}' with identifier '{name}' already exists.")


@contextmanager
def undone(undo: Callable[[], Any]) -> Iterator[None]:
    """Undo what has been made if the block fails: no stack knows of it yet, so a rollback would leave it."""
    try:
        yield
    except Exception:
        undo()
        raise


def is_true(value: Any) -> bool:
    """Read a boolean of a template or request; parameters and query strings make text of it."""
    return str(value).lower() == "true"


def as_text(value: Any) -> str:
    """Write a number or boolean of a template as parameters and environment variables have it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def policy_text(document: Any) -> str:
    """Return a policy document as IAM stores it, as JSON text; a template may give an object instead."""
    return document if isinstance(document, str) else json.dumps(document)


def tags_as_dict(properties: dict[str, Any]) -> dict[str, str]:
    """Return the tags of a resource as most of moto's models keep them."""
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
