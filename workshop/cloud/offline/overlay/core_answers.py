"""Entries of lists, and errors, are put into answers at once.

No behaviour differs from AWS here; this saves time. moto looks each member of each entry up under several
names, which takes a third of PutRecords, and writes each error of JSON as XML first. Changed: under which
name an entry has a member is looked up once for all entries with the same names, also in structures within
entries; texts are put in as they are, and all other members as moto puts them. Errors of JSON are written as
JSON alone. Everything else still takes moto's way. Answers are the same, byte for byte.
"""

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

from moto.core.exceptions import JsonRESTError
from moto.core.serialize import BaseJSONSerializer, XFormedAttributePicker
from werkzeug.exceptions import HTTPException

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.overlay.dynamodb import wire

_MOTO_LIST = BaseJSONSerializer._serialize_type_list


class _Taken(NamedTuple):
    """A member of a structure: the name under which an entry has it, and that in the answer."""

    source: str
    name: str
    shape: Any
    key: str
    is_text: bool


@corrects(JsonRESTError, "__init__")
def _initialize_error(self: Any, error_type: str, message: str, _: str = "", **__: Any) -> None:
    HTTPException.__init__(self)
    self.error_type, self.message = error_type, message
    self.description = json.dumps({"__type": error_type, "message": message})
    self.content_type = "application/json"


@corrects(BaseJSONSerializer, "_serialize_type_list")
def _serialize_list(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
    # moto also gives generators, which can be looked at once.
    if type(value) is list and len(value) > 1 and _is_plain(self, shape.member):
        entries = _of_texts(self, value, shape.member) or [_entry(self, each, shape) for each in value]
        self._default_serialize(serialized, entries, shape, key)
    else:
        _MOTO_LIST(self, serialized, value, shape, key)


def _is_plain(serializer: Any, shape: Any) -> bool:
    picker = serializer._value_picker
    if type(picker) is not XFormedAttributePicker or picker.response_transformers:
        return False
    # A correction of their own sees to the values of DynamoDB.
    return shape.type_name == "structure" and not shape.is_document_type and shape.name != wire.SHAPE


def _of_texts(serializer: Any, entries: list[Any], shape: Any) -> list[dict[str, Any]] | None:
    """Return entries that go into the answer as they are: all with the same texts alone; None if not."""
    if set(map(type, entries)) != {dict} or len(set(map(tuple, entries))) != 1:
        return None
    taken = _taken(serializer, tuple(entries[0]), shape)
    if set(map(type, chain.from_iterable(map(dict.values, entries)))) != {str}:
        return None
    is_as_it_is = [(name, name) for name in entries[0]] == [(each.source, each.name) for each in taken]
    return entries if is_as_it_is and all(each.is_text for each in taken) else None


def _entry(serializer: Any, entry: Any, shape: Any) -> Any:
    if type(entry) is dict:
        return _structure(serializer, entry, shape.member)
    alone: dict[str, Any] = {}
    _MOTO_LIST(serializer, alone, [entry], shape, "alone")
    ((shown,),) = alone.values()
    return shown


def _structure(serializer: Any, entry: dict[str, Any], shape: Any) -> dict[str, Any]:
    """Return a structure as the answer has it."""
    found: dict[str, Any] = {}
    for source, name, of, key, is_text in _taken(serializer, tuple(entry), shape):
        value = entry[source]
        if is_text and type(value) is str:
            found[name] = value
        elif type(value) is dict and _is_plain(serializer, of):
            found[name] = _structure(serializer, value, of)
        elif value is not None:
            serializer._serialize(found, value, of, key)
    return found


def _taken(serializer: Any, names: tuple[str, ...], shape: Any) -> tuple[_Taken, ...]:
    known: dict[tuple[str, ...], tuple[_Taken, ...]] = vars(shape).setdefault("taken_by_names", {})
    if names not in known:
        known[names] = tuple(_members(serializer, names, shape))
    return known[names]


def _members(serializer: Any, names: tuple[str, ...], shape: Any) -> Iterator[_Taken]:
    """Yield the members that moto takes from an entry with these names."""
    # An entry whose values are its own names tells which name moto takes for which member.
    probe = {name: name for name in names}
    for key, member in shape.members.items():
        member.parent = shape  # as moto notes it
        if (source := serializer.get_value(probe, key, member)) is not None:
            name = serializer.get_serialized_name(member, key)
            yield _Taken(source, name, member, key, member.type_name == "string")
