"""Each argument that narrows a listing or a description is read, refused by name, or known not to matter."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from importlib import import_module
from types import CodeType, FunctionType
from typing import Any

import pytest
from botocore import xform_name

from tests.cloud.walk.requests import SERVICES, model_of
from workshop.clock import ManualClock
from workshop.cloud.offline import overlay
from workshop.cloud.offline.request_models.offered import METHODS, PACKAGES, is_offered
from workshop.cloud.offline.request_models.without_effect import REFUSED

READS = ("Describe", "Filter", "Get", "List", "StartQuery")
# How many, and from where on: a listing that gives more at once has no second page.
PAGES = [
    "ExclusiveStartBackupArn",
    "ExclusiveStartShardId",
    "ExclusiveStartStreamArn",
    "Limit",
    "Marker",
    "MaxDatapoints",
    "MaxItems",
    "MaxRecords",
    "MaxResults",
    "NextToken",
    "limit",
    "maxItems",
    "maxResults",
    "nextToken",
]
# Why it does not matter that nobody reads them, whatever the operation.
HARMLESS = {
    "GetFunctionUrlConfig Qualifier": "no function has a URL",
    "IncludePropertyValues": "values of changes are left out, which the answer shows",
    "MinimumSessionTokenSize": "a token is as long as it is",
    "SerialNumber": "no device is asked for",
    "StreamCreationTimestamp": "there is one stream of a name",
    "StreamId": "AWS reserves it for later",
    "TemplateSummaryConfig": "it makes warnings of errors",
    "TokenCode": "no device is asked for",
    "interleaved": "events always are, as on AWS",
    "unmask": "nothing is masked",
}
# S3 sorts its calls out by hand, and answers by what many methods share.
BY_METHOD = [service for service in SERVICES if service != "s3"]


def members(service: str) -> Iterator[tuple[str, str, set[str], Any]]:
    """Yield operation, name, names on the wire and method of each optional argument that is not in a path."""
    module = import_module(f"moto.{PACKAGES.get(service, service)}.responses")
    owners = [one for one in vars(module).values() if getattr(one, "__module__", "") == module.__name__]
    for name in model_of(service).operation_names:
        operation, shape = xform_name(METHODS.get(name, name)), None
        if name.startswith(READS) and is_offered(service, name):
            shape = model_of(service).operation_model(name).input_shape
        if shape is not None:
            owner = next(one for one in owners if hasattr(one, operation))
            for member, inner in shape.members.items():
                if member not in shape.required_members and inner.serialization.get("location") != "uri":
                    names = {member, inner.serialization.get("name", member)}
                    yield name, member, names, (owner, operation)


def words(thing: Any, owner: Any, seen: set[int]) -> set[str]:
    """Return the texts in a method, and in what it calls beside itself and in the overlay."""
    if isinstance(thing, str):
        return {thing}
    if id(thing) in seen:
        return set()
    seen.add(id(thing))
    return set().union(*(words(part, owner, seen) for part in parts(thing, owner)))


def parts(thing: Any, owner: Any) -> Iterable[Any]:
    """Return what a value, a class, a function or its code is made of."""
    if isinstance(thing, Mapping):
        return (*thing, *thing.values())
    if isinstance(thing, FunctionType):
        return parts_of_function(thing, owner)
    if isinstance(thing, type):
        return [part for part in vars(thing).values() if isinstance(part, FunctionType)]
    if isinstance(thing, CodeType):
        return thing.co_consts
    if is_dataclass(thing):
        return [getattr(thing, field.name) for field in fields(thing)]
    return thing if isinstance(thing, (tuple, list, frozenset)) else ()


def parts_of_function(function: FunctionType, owner: Any) -> Iterator[Any]:
    yield function.__code__
    yield from (cell.cell_contents for cell in function.__closure__ or ())
    for name in names_in(function.__code__):
        for found in (function.__globals__.get(name), getattr(owner, name, None)):
            if is_near(found, owner):
                yield found


def names_in(code: CodeType) -> set[str]:
    inner = (names_in(one) for one in code.co_consts if isinstance(one, CodeType))
    return set(code.co_names).union(*inner)


def is_near(found: Any, owner: Any) -> bool:
    """Return whether something is a value, or code of the overlay or of the module that answers."""
    if isinstance(found, (FunctionType, type)):
        return found.__module__ == owner.__module__ or found.__module__.startswith("workshop.")
    return isinstance(found, (str, tuple, Mapping, frozenset)) or is_dataclass(found)


@pytest.mark.parametrize("service", BY_METHOD)
def test_no_argument_of_a_listing_is_ignored(service: str) -> None:
    """What nobody reads would leave a list as long as it is, and whoever asked would believe it."""
    overlay.apply(ManualClock())
    read: dict[Any, set[str]] = {}

    ignored = []
    for operation, member, names, place in members(service):
        if place not in read:
            read[place] = words(getattr(*place), place[0], set())
        refused = {path.partition(".")[0] for path in REFUSED.get((service, operation), ())}
        known = {*refused, *PAGES, *HARMLESS}
        if not names & read[place] and not known & {member, f"{operation} {member}"}:
            ignored.append(f"{operation} {member}")

    assert ignored == []


# What concerns whom a bucket belongs to, who pays, and keys that a customer holds.
OF_REQUESTS = {"ExpectedBucketOwner", "RequestPayer"} | {
    f"SSECustomer{part}" for part in ("Algorithm", "Key", "KeyMD5")
}


@pytest.mark.parametrize(
    "name", ["ListMultipartUploads", "ListObjectVersions", "ListObjects", "ListObjectsV2", "ListParts"]
)
def test_no_argument_of_a_listing_of_s3_is_ignored(name: str) -> None:
    """Nor one of what is in a bucket, though S3 sorts its calls out by hand."""
    from moto.s3.responses import S3Response

    overlay.apply(ManualClock())
    shape = model_of("s3").operation_model(name).input_shape
    read = words(vars(S3Response)[xform_name(name)], S3Response, set())

    known = {*REFUSED.get(("s3", name), ()), *OF_REQUESTS, *shape.required_members}
    assert {
        member for member in shape.members if shape.members[member].serialization["name"] not in read
    } <= known
