"""Reads a call as its protocol has it: which operation of which model, and its parameters.

moto's own routers and parsers do the work. Where a parser would stumble over a value that it cannot convert,
the value is left as it came, so that the check can name it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from moto.core.parse import UNDEFINED, QueryParser, RequestParserError, RestJSONParser, RestXMLParser
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException

from workshop.cloud.offline.http.calls import Call

__all__ = ["ReadCall", "UnreadableBodyError", "read_call"]

# Names in signatures → names of models, of the services whose requests are checked.
SERVICES = {
    "cloudformation": "cloudformation",
    "dynamodb": "dynamodb",
    "events": "events",
    "iam": "iam",
    "kinesis": "kinesis",
    "kms": "kms",
    "lambda": "lambda",
    "logs": "logs",
    "monitoring": "cloudwatch",
    "s3": "s3",
    "scheduler": "scheduler",
    "sns": "sns",
    "sqs": "sqs",
    "ssm": "ssm",
    "sts": "sts",
}
STREAMS = "DynamoDBStreams_20120810"
# What moto's parsers raise on values of another type.
NOT_CONVERTED = (
    AttributeError,
    TypeError,
    ValueError,
    LookupError,
    ArithmeticError,
    OSError,
    NameError,
    RuntimeError,
)


class UnreadableBodyError(Exception):
    """The body is not in the form of its protocol."""


@dataclass(frozen=True)
class ReadCall:
    """A call of an operation; the parameters have the types of JSON, or those of moto's parsers."""

    service: str
    operation: Any
    parameters: dict[str, Any]
    protocol: str


def read_call(call: Call, environ: Callable[[Call], dict[str, Any]]) -> ReadCall | None:
    """Read a call; None if its service has no model here, or its path and action are those of no operation.

    Raises:
        UnreadableBodyError: the body is not JSON, not XML or not what the model calls a structure.
    """
    service = SERVICES.get(call.scope.service) if call.scope is not None else None
    if service is None:
        return None
    if (target := call.headers.get("x-amz-target")) is None:
        return _read_by_moto(service, Request(environ(call)))
    operation = _operation(service, target)
    if operation is None:
        return None
    return ReadCall(operation.service_model.service_name, operation, _document(call), "json")


@lru_cache(maxsize=1000)
def _operation(service: str, target: str) -> Any:
    """Return the model of the operation that the header X-Amz-Target names, None if there is none."""
    prefix, _, name = target.rpartition(".")
    model = get_service_model("dynamodbstreams" if prefix == STREAMS else service)
    if name not in model.operation_names or model.metadata.get("targetPrefix") != prefix:
        return None
    return model.operation_model(name)


def _document(call: Call) -> Any:
    try:
        document = call.document
        # Half of a character that takes two is no text, but JSON can express it.
        if b"\\" in call.body and (b"\\ud" in call.body or b"\\uD" in call.body):
            json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise UnreadableBodyError(f"the body is not JSON: {error}") from error
    return document


def _read_by_moto(service: str, request: Request) -> ReadCall | None:
    try:
        protocol = determine_request_protocol(get_service_model(service), request.content_type)
        operation, labels = get_service_router(service).match(request)
    except (HTTPException, NotImplementedError):
        return None
    parser = _PARSERS.get(protocol)
    if parser is None:
        return None
    if operation.input_shape is None:
        return ReadCall(service, operation, {}, protocol)
    wire = {
        "method": request.method,
        "values": request.values,
        "headers": request.headers,
        "body": request.data,
        "url_path": request.path,
        "url_params": labels,
    }
    try:
        parameters = parser(operation).parse(wire)
    except (RequestParserError, UnicodeDecodeError) as error:
        raise UnreadableBodyError(str(error)) from error
    return ReadCall(service, operation, _given(parameters), protocol)


def _given(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}


class _Unconverted:
    """What a parser of moto cannot convert is handed on as it came."""

    def _parse_shape(self, shape: Any, node: Any, *prefix: str) -> Any:
        if (
            shape.type_name == "list"
            and not shape.serialization.get("location")
            and _is_no_list(node, prefix)
        ):
            return node
        try:
            parsed = super()._parse_shape(shape, node, *prefix)  # type: ignore[misc] # of the parser beside
        except NOT_CONVERTED:
            parsed = node.get(prefix[0]) if prefix else getattr(node, "text", node)
        return node if parsed is UNDEFINED and not prefix else parsed


def _is_no_list(node: Any, prefix: tuple[str, ...]) -> bool:
    return not prefix and isinstance(node, str | dict | int | float)


class _Query(_Unconverted, QueryParser):  # type: ignore[misc] # moto's have no types
    pass


class _RestXml(_Unconverted, RestXMLParser):  # type: ignore[misc] # moto's have no types
    pass


class _RestJson(_Unconverted, RestJSONParser):  # type: ignore[misc] # moto's have no types
    def _parse_body_as_json(self, body_contents: bytes) -> Any:
        try:
            document = json.loads(body_contents or b"{}")
        except (ValueError, RecursionError) as error:
            raise UnreadableBodyError(f"the body is not JSON: {error}") from error
        if not isinstance(document, dict):
            raise UnreadableBodyError("the body is not a JSON object")
        return document


_PARSERS: dict[str, Any] = {"query": _Query, "rest-json": _RestJson, "rest-xml": _RestXml}
