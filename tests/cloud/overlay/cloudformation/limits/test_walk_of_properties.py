"""A walk over the properties of all types: what is taken of templates and callers, and what refused."""

import copy
import itertools
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from moto.cloudformation import parsing
from moto.cloudformation.models import cloudformation_backends

from tests.cloud.documents import zip_of
from tests.cloud.overlay.cloudformation.catalogue.test_names import TYPES, content
from tests.cloud.overlay.cloudformation.conftest import REGION
from tests.cloud.overlay.cloudformation.limits.cases import Case
from tests.cloud.overlay.cloudformation.limits.test_same_limits import template
from tests.cloud.walk import requests
from tests.cloud.walk.requests import model_of, wire_call
from workshop.cloud.offline.http.dispatch import Dispatcher
from workshop.cloud.offline.overlay.cloudformation import resources
from workshop.cloud.offline.overlay.cloudformation.catalogue.api_requests import REQUESTS, written
from workshop.cloud.offline.overlay.cloudformation.catalogue.properties import effects, schema
from workshop.cloud.offline.overlay.cloudformation.resources import DeployedResource, ResourceFailure

__all__ = ["content"]

pytestmark = pytest.mark.usefixtures("content")

TEXTS = ("", "x" * 3000, "a b/<%>\u00fc", "none", "{", "-1", "a.fifo", "*")
ODD: dict[str, Sequence[Any]] = {"string": TEXTS, "integer": (-1, 0, 7, 10**8), "number": (-1, 0, 10**8)}
# Callers are refused by name what has no effect here, templates are told. No call is about nothing.
# A resource is about several of what a call is about one of.
TARGETS = {"QueueUrl": "Queues", "RoleName": "Roles", "TopicArn": "Topics"}
TOLD = ("S3ObjectVersion", *(f"{name}=[]" for name in TARGETS.values()))
# Each has a name of its own, or none. One call makes no two versions.
NAMES = ("Name", "FilterName", "StatementId", "ConsumerName", "PolicyName", "LayerName")
WALKED = [
    name for name, row in TYPES.items() if row[0] in REQUESTS and row[0] != "AWS::CloudFormation::Stack"
]
MISTAKE = 400
# What is refused for what is there, not for its value: calls add up, where a stack makes one thing at a time.
FOR_THE_REST = ("already", "in use", "limit exceeded", "accesskeysperuser")


def odd_values(shape: Any) -> Iterator[Any]:
    """Yield values that hardly anybody means, of what a schema says."""
    if isinstance(shape, list):
        shape = {"items": shape[0]}
    if shape is None or isinstance(shape, str):
        yield from ODD.get(shape or "string", ())
    elif "items" in shape:
        yield []
        yield from ([one] for one in odd_values(shape["items"]))
    elif "properties" in shape:
        for name, inner in shape["properties"].items():
            yield from ({name: one} for one in odd_values(inner))
    else:
        yield from odd_values(shape.get("type"))


def odd_properties(kind: str, usual: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the properties of a resource with one odd value among them, and which it is."""
    number = itertools.count()
    names = {parsing.get_name_type_map().get(kind), *NAMES}
    for name in effects()[kind]["works"]:
        for value in odd_values((schema(kind) or {})["properties"][name]) if name != "Tags" else ():
            own = {one: f"own{next(number)}" for one in names & usual.keys() - {name, "AliasName"}}
            inner = usual.get(name)
            odd = {**inner, **value} if isinstance(value, dict) and isinstance(inner, dict) else value
            yield f"{kind} {name}={odd!r:.80}", {**copy.deepcopy(usual), **own, name: odd}


def is_made(stack: Any, number: int, definition: dict[str, Any]) -> bool:
    """Return whether a stack takes a resource."""
    try:
        resources.check("Odd", definition)
        model = resources.create(stack, f"Odd{number}", copy.deepcopy(definition))
    except ResourceFailure:
        return False
    # There may be one of some kinds, such as a mapping of a source and a function.
    made = DeployedResource("Odd", definition["Type"], definition, "CREATE_COMPLETE", None, model)
    with suppress(ResourceFailure):
        resources.delete(stack, made)
    return True


def called(kind: str, number: int, properties: dict[str, Any]) -> tuple[int, str]:
    """Return status and text of the API's answer to the request that properties become."""
    request = REQUESTS[kind][0]
    operation = model_of(request.service).operation_model(request.operation)
    named = {name: f"call{number}" for name in NAMES if str(properties.get(name, "")).startswith("own")}
    given = written(request, {**properties, **named})
    given = {**dict.fromkeys(operation.input_shape.required_members, f"call{number}"), **given}
    if "StreamSpecification" in given:
        given["StreamSpecification"]["StreamEnabled"] = True  # goes without saying in a template
    for member in given.keys() & {one for one, several in TARGETS.items() if properties.get(several)}:
        given[member] = properties[TARGETS[member]][0]
    if "Code" in given:
        given["Code"] = {"ZipFile": zip_of("x = 1\n")}
    call = wire_call(operation, given)
    assert call is not None
    answer = Dispatcher().answer(call)
    return answer.status, answer.body.decode(errors="replace")


def is_refused(kind: str, number: int, properties: dict[str, Any]) -> bool:
    """Return whether the API refuses the request, other than for what is there already."""
    status, text = called(kind, number, properties)
    return status >= MISTAKE and not any(word in text.lower() for word in FOR_THE_REST)


@dataclass(frozen=True)
class Place:
    """A stack that has all but one resource, and the type and usual properties of that."""

    stack: Any
    kind: str
    usual: dict[str, Any]

    def takes(self, number: int, properties: dict[str, Any]) -> bool:
        """Return whether the stack takes the resource with these properties."""
        return is_made(self.stack, number, {"Type": self.kind, "Properties": properties})


@pytest.fixture
def place(aws: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> Place:
    """What is around the resource of a name."""
    monkeypatch.setattr(requests, "REGION", REGION)
    kind, declared = TYPES[name][:2]
    made = aws.create(template(Case(name, {}, "", {}, ""), {}))
    assert made["StackStatus"] == "CREATE_COMPLETE"
    stack = cloudformation_backends["123456789012"][REGION].stacks[made["StackId"]]
    definition = {"Type": kind, "Properties": declared}
    usual = resources.resolve(name, definition, stack.resource_map)["Properties"]
    resources.delete(stack, stack.deployed[name])
    return Place(stack, kind, usual)


@pytest.mark.parametrize("name", WALKED)
def test_no_template_gets_what_a_caller_is_refused(place: Place) -> None:
    """Whatever the API refuses as a value, a stack does not take."""
    taken = [
        (number, what, properties)
        for number, (what, properties) in enumerate(odd_properties(place.kind, place.usual))
        if not any(one in what for one in TOLD) and place.takes(number, properties)
    ]
    wrong = [what for number, what, properties in taken if is_refused(place.kind, number, properties)]

    assert wrong == []


@pytest.mark.parametrize("name", WALKED)
def test_a_caller_gets_what_is_usual(place: Place) -> None:
    """Otherwise each odd value would be refused for the rest, and the walk would find nothing."""
    status, text = called(place.kind, 0, place.usual)

    assert status < MISTAKE, text


def as_texts(value: Any) -> Any:
    """Return properties with each number and truth value as text."""
    if isinstance(value, dict):
        return {name: as_texts(one) for name, one in value.items()}
    if isinstance(value, list):
        return [as_texts(one) for one in value]
    return json.dumps(value) if isinstance(value, bool | int | float) else value


def may_be_empty(shape: Any) -> bool:
    """Return whether a shape is that of a list without a least length."""
    limits = {"items": shape[0]} if isinstance(shape, list) else shape
    return isinstance(limits, dict) and "items" in limits and "minItems" not in limits


def as_good(kind: str, usual: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield properties that mean what the usual ones mean, and how they say it."""
    yield "numbers as text", as_texts(usual)
    known = (schema(kind) or {})["properties"]
    for name in effects()[kind]["works"]:
        if name not in usual and may_be_empty(known[name]):
            yield f"{name}=[]", {**usual, name: []}


@pytest.mark.parametrize("name", WALKED)
def test_a_template_may_say_the_same_otherwise(place: Place) -> None:
    """Numbers may be text, and a list that is left out may be empty."""
    refused = [
        what
        for number, (what, properties) in enumerate(as_good(place.kind, place.usual))
        if not place.takes(number, properties)
    ]

    assert refused == []
