"""The operation of a call and its parameters, read as far as permissions need them.

JSON protocols name the operation in a header, the query protocol in the form. REST protocols imply it by
method and path, as in the service model that botocore ships.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote

from moto.core.utils import get_service_model

from workshop.cloud.offline.http.calls import Call

__all__ = ["UNKNOWN", "Operation", "read_operation"]

UNKNOWN = "UnknownOperation"
# The one header of S3 that names something which is read.
COPY_SOURCE = "x-amz-copy-source"
PARAMETER = re.compile(r"\{(\w+)(\+?)\}")


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation as AWS's API names it; `service` is the name in the signature."""

    service: str
    name: str
    parameters: Mapping[str, Any]


def read_operation(call: Call) -> Operation:
    """Return the operation of a call; an unrecognised one is `UNKNOWN`, which no policy allows by name."""
    service = call.scope.service if call.scope is not None else "s3"
    if target := call.headers.get("x-amz-target"):
        return Operation(service, target.rpartition(".")[2], _json(call))
    query = dict(parse_qsl(call.target.partition("?")[2], keep_blank_values=True))
    if "form-urlencoded" in call.headers.get("content-type", ""):
        query |= parse_qsl(call.body.decode(errors="replace"), keep_blank_values=True)
    if "Action" in query:
        return Operation(service, query["Action"], query)
    return _rest(service, call, query)


def _json(call: Call) -> dict[str, Any]:
    try:
        document = call.document
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


@dataclass(frozen=True)
class _Route:
    """How one operation is called: a path, and what the query must have."""

    name: str
    path: re.Pattern[str]
    required: frozenset[str]
    fixed: Mapping[str, str]
    names: Mapping[str, str]

    def read(self, path: str, query: Mapping[str, str]) -> dict[str, str] | None:
        found = self.path.fullmatch(path)
        if found is None or not self.required <= query.keys():
            return None
        if any(query.get(name) != value for name, value in self.fixed.items() if value):
            return None
        return {name: unquote(value) for name, value in found.groupdict().items()}


def _rest(service: str, call: Call, query: Mapping[str, str]) -> Operation:
    path = call.path.rstrip("/") if call.path.count("/") == 2 else call.path  # `/bucket/`
    for route in _routes(service).get(call.method, ()):
        parameters = route.read(path or "/", query)
        if parameters is not None:
            named = {route.names.get(name, name): value for name, value in query.items()}
            if service == "s3" and (source := call.headers.get(COPY_SOURCE)):
                named["CopySource"] = source
            body = _json(call) if service != "s3" else {}
            return Operation(service, route.name, {**body, **named, **parameters})
    return Operation(service, UNKNOWN, {})


@cache
def _routes(service: str) -> dict[str, list[_Route]]:
    """Return the operations of a REST service by method, those that ask for most first."""
    try:
        model = get_service_model(service)
    except Exception:  # noqa: BLE001 # botocore knows services by other names than signatures do
        return {}
    routes: dict[str, list[_Route]] = {}
    for name in model.operation_names:
        operation = model.operation_model(name)
        routes.setdefault(operation.http["method"], []).append(_route(name, operation))
    for listed in routes.values():
        listed.sort(key=lambda route: (-len(route.required), route.path.pattern.count("(?P<"), route.name))
    return routes


def _route(name: str, operation: Any) -> _Route:
    path, _, query = operation.http["requestUri"].partition("?")
    fixed = dict(parse_qsl(query, keep_blank_values=True))
    shape = operation.input_shape
    members = shape.members if shape is not None else {}
    in_query = {
        member: one.serialization.get("name", member)
        for member, one in members.items()
        if one.serialization.get("location") == "querystring"
    }
    required = {in_query[member] for member in getattr(shape, "required_members", ()) if member in in_query}
    return _Route(
        name,
        re.compile(_expression(path, members)),
        frozenset(required | fixed.keys()),
        fixed,
        {wire: member for member, wire in in_query.items()},
    )


def _expression(path: str, members: Mapping[str, Any]) -> str:
    """Return a path with parameters as a regular expression; groups bear the members' names."""
    of_wire = {one.serialization.get("name", member): member for member, one in members.items()}
    source, end = "", 0
    for found in PARAMETER.finditer(path):
        source += re.escape(path[end : found.start()])
        within = ".+" if found.group(2) else "[^/]+"
        source += f"(?P<{of_wire.get(found.group(1), found.group(1))}>{within})"
        end = found.end()
    return source + re.escape(path[end:])
