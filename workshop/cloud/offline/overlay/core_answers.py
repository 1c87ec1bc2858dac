"""Lists of entries that hold texts alone are put into answers at once.

No behaviour differs from AWS here; this saves time. moto looks each member of each entry up under several
names, which takes a third of PutRecords. Changed: how moto puts an entry with the same members is looked at
once, and all such entries of a list are put in the same way. Everything else still takes moto's way. Answers
are the same, byte for byte.
"""

from typing import Any

from moto.core.serialize import BaseJSONSerializer, XFormedAttributePicker

from workshop.cloud.offline.overlay.correct import corrects

_MOTO_LIST = BaseJSONSerializer._serialize_type_list


@corrects(BaseJSONSerializer, "_serialize_type_list")
def _serialize_list(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
    # moto also gives generators, which can be looked at once.
    is_long = type(value) is list and len(value) > 1
    entries = _entries(self, value, shape) if is_long and _holds_texts(self, shape.member) else None
    if entries is None:
        _MOTO_LIST(self, serialized, value, shape, key)
    else:
        self._default_serialize(serialized, entries, shape, key)


def _holds_texts(serializer: Any, shape: Any) -> bool:
    picker = serializer._value_picker
    if type(picker) is not XFormedAttributePicker or picker.response_transformers:
        return False
    known: dict[str, bool] = vars(shape)
    if "holds_texts" not in known:
        known["holds_texts"] = shape.type_name == "structure" and all(
            member.type_name == "string" for member in shape.members.values()
        )
    return known["holds_texts"]


def _entries(serializer: Any, value: Any, shape: Any) -> list[dict[str, str]] | None:
    """Return the entries as the answer has them, None if one has other members than the first, or no text."""
    if type(value[0]) is not dict:
        return None
    names = value[0].keys()
    for entry in value:
        if type(entry) is not dict or entry.keys() != names or set(map(type, entry.values())) != {str}:
            return None
    # An entry whose texts are its own names tells which name moto takes for which member.
    probe: dict[str, Any] = {}
    _MOTO_LIST(serializer, probe, [{name: name for name in names}], shape, "probe")
    ((shown,),) = probe.values()
    taken = tuple(shown.items())
    return [{name: entry[source] for name, source in taken} for entry in value]
