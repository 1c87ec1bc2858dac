"""Lists of entries that hold texts alone, and errors, are put into answers at once.

No behaviour differs from AWS here; this saves time. moto looks each member of each entry up under several
names, which takes a third of PutRecords, and writes each error of JSON as XML first. Changed: how moto puts
an entry with the same members is looked at once, and all such entries of a list are put in the same way;
errors of JSON are written as JSON alone. Everything else still takes moto's way. Answers are the same, byte
for byte.
"""

import json
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.serialize import BaseJSONSerializer, XFormedAttributePicker
from werkzeug.exceptions import HTTPException

from workshop.cloud.offline.overlay.correct import corrects

_MOTO_LIST = BaseJSONSerializer._serialize_type_list
# The members of a structure that are texts, by their names; None if all are.
Texts = frozenset[str] | None


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
        self._default_serialize(serialized, _entries(self, value, shape), shape, key)
    else:
        _MOTO_LIST(self, serialized, value, shape, key)


def _is_plain(serializer: Any, shape: Any) -> bool:
    picker = serializer._value_picker
    if type(picker) is not XFormedAttributePicker or picker.response_transformers:
        return False
    return shape.type_name == "structure" and _texts(shape) != frozenset()


def _texts(shape: Any) -> Texts:
    known: dict[str, Texts] = vars(shape)
    if "texts" not in known:
        names = frozenset(name for name, member in shape.members.items() if member.type_name == "string")
        known["texts"] = None if len(names) == len(shape.members) else names
    return known["texts"]


def _entries(serializer: Any, value: list[Any], shape: Any) -> list[Any]:
    """Return the entries as the answer has them."""
    texts = _texts(shape.member)
    taken: dict[tuple[str, ...], tuple[tuple[str, str], ...]] = {}
    found = []
    for entry in value:
        if not _has_texts_alone(entry, texts):
            found.append(_by_moto(serializer, entry, shape))
            continue
        names = tuple(entry)
        if names not in taken:
            # An entry whose texts are its own names tells which name moto takes for which member.
            taken[names] = tuple(_by_moto(serializer, {name: name for name in names}, shape).items())
        found.append({name: entry[source] for name, source in taken[names]})
    return found


def _has_texts_alone(entry: Any, texts: Texts) -> bool:
    if type(entry) is not dict or not (texts is None or texts.issuperset(entry)):
        return False
    return set(map(type, entry.values())) == {str}


def _by_moto(serializer: Any, entry: Any, shape: Any) -> Any:
    alone: dict[str, Any] = {}
    _MOTO_LIST(serializer, alone, [entry], shape, "alone")
    ((shown,),) = alone.values()
    return shown
