"""Attribute values are converted between JSON and moto directly, their numbers in canonical form.

AWS validates and normalises every number of a request, in items, keys and expression values alike. Source:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html

moto walks the service model for each attribute value, in both directions, trying all ten possible members:
0.5 ms per item.

Changed: attribute values of the usual form (one type, no binary) are converted directly, and their numbers go
through `canonical_number`; an answer with nothing in it, as most writes have, is not serialized member by
member. Everything else still takes moto's way. Responses are the same, byte for byte.
"""

from collections.abc import Callable, Mapping
from typing import Any

from moto.core.parse import BaseJSONParser
from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.responses import DynamoHandler

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.overlay.dynamodb.numbers import canonical_number

__all__ = ["SERVICES", "SHAPE", "read"]

SHAPE = "AttributeValue"
SERVICES = ("dynamodb", "dynamodbstreams")
JSON_TYPE = "application/x-amz-json-1.0"

_MOTO_PARSE = BaseJSONParser._parse_structure
_MOTO_SERIALIZE = BaseJSONSerializer._serialize_type_structure
_MOTO_SERIALIZE_MAP = BaseJSONSerializer._serialize_type_map
_MOTO_SERIALIZED = DynamoHandler.serialized


class _UnusualFormError(Exception):
    """An attribute value that is left to moto, which also words the refusal of an invalid one."""


def _same(content: Any) -> Any:
    return content


def _string(content: Any) -> str:
    if type(content) is not str:
        raise _UnusualFormError
    return content


def _number(content: Any) -> str:
    return canonical_number(_string(content))


def _strings(content: Any) -> list[str]:
    return [_string(member) for member in _list(content)]


def _numbers(content: Any) -> list[str]:
    return [_number(member) for member in _list(content)]


def _list(content: Any) -> list[Any]:
    if type(content) is not list:
        raise _UnusualFormError
    return content


def _boolean(content: Any) -> bool:
    if type(content) is not bool:
        raise _UnusualFormError
    return content


def _convert(value: Any, converters: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    if type(value) is not dict or len(value) != 1:
        raise _UnusualFormError
    ((kind, content),) = value.items()
    if kind == "M" and type(content) is dict:
        return {"M": {name: _convert(part, converters) for name, part in content.items()}}
    if kind == "L" and type(content) is list:
        return {"L": [_convert(part, converters) for part in content]}
    if kind not in converters:
        raise _UnusualFormError
    return {kind: converters[kind](content)}


_READ = {"S": _string, "N": _number, "SS": _strings, "NS": _numbers, "BOOL": _boolean, "NULL": _boolean}
_WRITE = {"S": _string, "N": _string, "SS": _strings, "NS": _strings, "BOOL": _boolean, "NULL": _boolean}


def _is_attribute_value(converter: Any, shape: Any) -> bool:
    return shape.name == SHAPE and converter.operation_model.service_model.service_name in SERVICES


@corrects(BaseJSONParser, "_parse_structure")
def _parse_structure(self: Any, shape: Any, value: Any) -> Any:
    return read(self, shape, value) if _is_attribute_value(self, shape) else _MOTO_PARSE(self, shape, value)


def read(parser: Any, shape: Any, value: Any) -> Any:
    """Return an attribute value of a request with its numbers in canonical form; `parser` is moto's."""
    try:
        return _convert(value, _READ)
    except _UnusualFormError:
        return _MOTO_PARSE(parser, shape, value)


@corrects(DynamoHandler, "serialized")
def _serialized(self: Any, action_result: Any) -> Any:
    if action_result.result == {}:
        return 200, {"Content-Type": JSON_TYPE, **self.response_headers}, "{}"
    return _MOTO_SERIALIZED(self, action_result)


def _written_value(value: Any) -> Any:
    return _convert(value, _WRITE)


def _written_item(item: Any) -> Any:
    return {name: _convert(part, _WRITE) for name, part in item.items()}


def _wrote(
    serializer: Any, serialized: Any, value: Any, shape: Any, key: str, convert: Callable[[Any], Any]
) -> bool:
    """Write a value of the usual form at once; return whether it was one."""
    try:
        converted = convert(value)
    except _UnusualFormError:
        return False
    serializer._default_serialize(serialized, converted, shape, key)
    return True


@corrects(BaseJSONSerializer, "_serialize_type_structure")
def _serialize_structure(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
    is_ours = key and _is_attribute_value(self, shape)
    if not (is_ours and _wrote(self, serialized, value, shape, key, _written_value)):
        _MOTO_SERIALIZE(self, serialized, value, shape, key)


@corrects(BaseJSONSerializer, "_serialize_type_map")
def _serialize_map(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
    """Write an item: the map's own values at once, without a step of moto's for each."""
    # moto puts what has an empty name elsewhere.
    is_ours = _is_attribute_value(self, shape.value) and "" not in value
    if not (is_ours and _wrote(self, serialized, value, shape, key, _written_item)):
        _MOTO_SERIALIZE_MAP(self, serialized, value, shape, key)
