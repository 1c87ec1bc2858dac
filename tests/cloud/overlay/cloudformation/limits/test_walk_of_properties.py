"""A walk over the properties of all types with odd values: no template gets what a caller is refused."""

import copy
import itertools
from collections.abc import Iterator, Sequence
from contextlib import suppress
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

TEXTS = ("", "x" * 3000, "a b/<%>\u00fc", "none", "{", "-1", "a.fifo", "*")
ODD: dict[str, Sequence[Any]] = {"string": TEXTS, "integer": (-1, 0, 7, 10**8), "number": (-1, 0, 10**8)}
# Callers are refused by name what has no effect here, templates are told.
TOLD = "S3ObjectVersion"
# Each has a name of its own, or none. One call makes no two versions.
NAMES = ("Name", "FilterName", "StatementId", "ConsumerName", "PolicyName", "LayerName")
WALKED = [
    name for name, row in TYPES.items() if row[0] in REQUESTS and row[0] != "AWS::CloudFormation::Stack"
]
MISTAKE = 400
# It is refused for what is there, not for its value.
FOR_THE_REST = ("already", "an arn must have", "exist", "in use", "limit exceeded", "not found", "quota")


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


def is_refused(kind: str, number: int, properties: dict[str, Any]) -> bool:
    """Return whether the API refuses the request, other than for what is there already or is not."""
    request = REQUESTS[kind][0]
    operation = model_of(request.service).operation_model(request.operation)
    named = {name: f"call{number}" for name in NAMES if str(properties.get(name, "")).startswith("own")}
    given = written(request, {**properties, **named})
    given = {**dict.fromkeys(operation.input_shape.required_members, f"call{number}"), **given}
    if "StreamSpecification" in given:
        given["StreamSpecification"]["StreamEnabled"] = True  # goes without saying in a template
    if "Code" in given:
        given["Code"] = {"ZipFile": zip_of("x = 1\n")}
    call = wire_call(operation, given)
    assert call is not None
    answer = Dispatcher().answer(call)
    text = answer.body.decode(errors="replace").lower()
    return answer.status >= MISTAKE and not any(word in text for word in FOR_THE_REST)


@pytest.mark.usefixtures("content")
@pytest.mark.parametrize("name", WALKED)
def test_no_template_gets_what_a_caller_is_refused(
    aws: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the API refuses as a value, a stack does not take."""
    monkeypatch.setattr(requests, "REGION", REGION)
    kind, declared = TYPES[name][:2]
    made = aws.create(template(Case(name, {}, "", {}, ""), {}))
    stack = cloudformation_backends["123456789012"][REGION].stacks[made["StackId"]]
    definition = {"Type": kind, "Properties": declared}
    usual = resources.resolve(name, definition, stack.resource_map)["Properties"]
    resources.delete(stack, stack.deployed[name])

    taken = [
        (number, what, properties)
        for number, (what, properties) in enumerate(odd_properties(kind, usual))
        if TOLD not in what and is_made(stack, number, {"Type": kind, "Properties": properties})
    ]
    wrong = [what for number, what, properties in taken if is_refused(kind, number, properties)]

    assert made["StackStatus"] == "CREATE_COMPLETE"
    assert wrong == []
