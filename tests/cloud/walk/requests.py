"""Requests that nobody should send: made from botocore's models, as they go over the wire.

For each operation of a service there is a plausible request, one with nothing in it, one without each of its
required members, and for each member some that are odd: empty, too long, negative, huge, of another type,
an ARN or a token that is none.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

from botocore.model import OperationModel, ServiceModel, Shape
from botocore.serialize import create_serializer
from botocore.session import Session

from workshop.cloud.offline.http.calls import Call, Headers

__all__ = ["SERVICES", "Odd", "model_of", "odd_requests", "wire_call"]

SERVICES = (
    "kinesis",
    "dynamodb",
    "dynamodbstreams",
    "lambda",
    "sqs",
    "sns",
    "logs",
    "cloudwatch",
    "events",
    "scheduler",
    "iam",
    "sts",
    "cloudformation",
    "s3",
    "ssm",
)
REGION, ACCOUNT = "eu-west-1", "123456789012"
SIGNATURE = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/{region}/{service}/aws4_request, X=y"
DEEPEST = 4
# Last, so that the others find something.
DESTRUCTIVE = ("Delete", "Remove", "Deregister", "Purge", "Unsubscribe")
TEXTS = ("", "no-such-thing", "arn:none", "x" * 3000, "a b/<%>\u00fc:\u0000", "null", 7, ["x"], {"x": "y"})
NUMBERS = (-1, 0, 2**31, 2**63, 10**30, 0.5, "x", "", ["x"], {"x": 1}, True)
ODD: dict[str, tuple[Any, ...]] = {
    "string": TEXTS,
    "character": TEXTS,
    "integer": NUMBERS,
    "long": NUMBERS,
    "float": NUMBERS,
    "double": NUMBERS,
    "boolean": ("x", 5, [], "", {"x": True}),
    "timestamp": ("", "x", -1, 10**15, ["x"], {"x": 1}),
    "blob": ("", "%", 5, ["x"], {"x": 1}),
    "list": ([], [None], ["x"], [7], [{}], "x", {"x": "y"}, 5, ["x"] * 1200),
    "map": ({}, {"": ""}, {"x": None}, {"x": 7}, {"x": {}}, {"x": ["y"]}, "x", ["x"], 5),
    "structure": ({}, {"x": "y"}, "x", ["x"], 5),
}


@dataclass(frozen=True)
class Odd:
    """One request: what is odd about it, and the call."""

    service: str
    operation: str
    what: str
    call: Call

    def __str__(self) -> str:
        return f"{self.service} {self.operation} {self.what}"


@cache
def model_of(service: str) -> ServiceModel:
    """Return botocore's model of a service."""
    return ServiceModel(Session().get_service_data(service), service)


def odd_requests(service: str, *, known: dict[str, Any], share: int = 1) -> Iterator[Odd]:
    """Yield the requests for a service, of those with an odd member every `share`-th.

    `known` has values by name of a member, of resources that are there.
    """
    number = 0
    names = model_of(service).operation_names
    for name in sorted(names, key=lambda name: (name.startswith(DESTRUCTIVE), name)):
        operation = model_of(service).operation_model(name)
        shape = operation.input_shape
        usual = _usual(shape, known) if shape is not None else {}
        yield from _request(operation, "as usual", usual)
        if shape is None:
            continue
        yield from _request(operation, "with nothing", {})
        for what, parameters in _oddities(shape, usual, known):
            number += 1
            if number % share == 0:
                yield from _request(operation, what, parameters)


def _oddities(
    shape: Shape, usual: dict[str, Any], known: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for member in shape.required_members:
        yield f"without {member}", {name: value for name, value in usual.items() if name != member}
    for member, inner in shape.members.items():
        yield f"with a usual {member}", {**usual, member: known.get(member, _plausible(inner, known))}
        for odd in ODD[inner.type_name]:
            yield f"with {member}={str(odd)[:40]!r}", {**usual, member: odd}
        for what, odd in _inside(inner, known):
            yield f"with {member}{what}", {**usual, member: odd}


def _inside(shape: Shape, known: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what is odd in a structure, or in the only element of a list."""
    if shape.type_name == "list":
        for what, odd in _inside(shape.member, known):
            yield f"[0]{what}", [odd]
    if shape.type_name == "structure":
        for member, inner in shape.members.items():
            for odd in ODD[inner.type_name]:
                yield f".{member}={str(odd)[:40]!r}", {**_usual(shape, known), member: odd}


def _usual(shape: Shape, known: dict[str, Any], depth: int = 0) -> dict[str, Any]:
    return {
        member: known.get(member, _plausible(shape.members[member], known, depth + 1))
        for member in shape.required_members
    }


def _plausible(shape: Shape, known: dict[str, Any], depth: int = 0) -> Any:
    kind = shape.type_name
    if kind == "structure":
        if shape.name == "AttributeValue":
            return {"S": "a"}
        return _usual(shape, known, depth) if depth < DEEPEST else {}
    if kind == "list":
        return [_plausible(shape.member, known, depth + 1)] if depth < DEEPEST else []
    if kind == "map":
        key = (getattr(shape.key, "enum", None) or ["a"])[0]
        return {key: _plausible(shape.value, known, depth + 1)}
    if kind in ("string", "character"):
        return (getattr(shape, "enum", None) or ["a" * int(shape.metadata.get("min", 1))])[0]
    least = shape.metadata.get("min", 1)
    return {"boolean": True, "timestamp": 1_800_000_000, "blob": b"YQ=="}.get(kind, least)


def _request(operation: OperationModel, what: str, parameters: dict[str, Any]) -> Iterator[Odd]:
    call = wire_call(operation, parameters)
    if call is not None:
        yield Odd(operation.service_model.service_name, operation.name, what, call)


def wire_call(operation: OperationModel, parameters: dict[str, Any]) -> Call | None:
    """Return the call as it goes over the wire; None where its protocol cannot express the parameters."""
    model = operation.service_model
    service = model.signing_name
    headers = {"Host": "127.0.0.1", "Authorization": SIGNATURE.format(region=REGION, service=service)}
    if "targetPrefix" in model.metadata:
        headers["X-Amz-Target"] = f"{model.metadata['targetPrefix']}.{operation.name}"
        headers["Content-Type"] = f"application/x-amz-json-{model.metadata['jsonVersion']}"
        body = json.dumps(parameters, default=lambda value: value.decode()).encode()
        return Call("POST", "/", Headers(headers.items()), body)
    try:
        serializer = create_serializer(model.protocol, include_validation=False)
        made = serializer.serialize_to_request(parameters, operation)
        pairs = [*headers.items(), *_headers(made)]
        return Call(made["method"], _target(made), Headers(pairs), _body(made))
    except Exception:  # noqa: BLE001 # the serializer stumbles over values of other types
        return None


def _target(made: dict[str, Any]) -> str:
    query = made["query_string"]
    text = query if isinstance(query, str) else urlencode(query, doseq=True)
    joined = "&" if "?" in made["url_path"] else "?"
    return str(made["url_path"]) + (f"{joined}{text}" if text else "")


def _headers(made: dict[str, Any]) -> list[tuple[str, str]]:
    pairs = [(name, str(value)) for name, value in made["headers"].items()]
    return [*pairs, ("Content-Length", str(len(_body(made))))]


def _body(made: dict[str, Any]) -> bytes:
    body = made["body"]
    if isinstance(body, dict):
        return urlencode(body, doseq=True).encode()
    return body.encode() if isinstance(body, str) else bytes(body or b"")
