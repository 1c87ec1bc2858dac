"""The parameters of a JSON call as moto's parser reads them, by functions that are made once for each shape.

moto's parser looks at the model anew for each value of each call, also for those that it leaves as they are,
which is nearly all of them. Here what is left as it is is passed on; blobs, times, numbers with a point and
whatever else the parser has a method for are read by that method. The result is equal to moto's.
"""

from collections.abc import Callable
from typing import Any

from moto.core.parse import JSONParser

from workshop.cloud.offline.overlay.dynamodb import wire

__all__ = ["parameters_of"]

# Gets a parser and a value.
Read = Callable[[Any, Any], Any]
Readers = dict[str, Read]
UNTOUCHED = ("string", "boolean", "character")


def parameters_of(operation: Any, document: Any) -> Any:
    """Return the parameters of an operation from the body of its call."""
    shape = operation.input_shape
    if shape is None:
        return {}
    known: dict[str, Any] = vars(operation)
    if "read_parameters" not in known:
        known["read_parameters"] = _reader(shape, {})
    return known["read_parameters"](JSONParser(operation), document)


def _reader(shape: Any, known: Readers) -> Read | None:
    """Return how to read a value of a shape, None if it stays as it is."""
    if shape.name in known:
        return known[shape.name]

    if shape.type_name in UNTOUCHED:
        return None

    def by_moto(parser: Any, value: Any) -> Any:
        return parser._parse_shape(shape, value)  # noqa: SLF001 # what `parse` calls

    known[shape.name] = by_moto  # for a shape that contains itself
    maker = _MAKERS.get(shape.type_name)
    known[shape.name] = (maker(shape, known) if maker is not None else None) or by_moto
    return known[shape.name]


def _structure(shape: Any, known: Readers) -> Read | None:
    if shape.name == wire.SHAPE:
        # A correction of their own, which knows their numbers, sees to the values of DynamoDB.
        return lambda parser, value: wire.read(parser, shape, value)
    if shape.is_document_type:
        return None
    members = [
        (member.serialization.get("name", name), name, _reader(member, known))
        for name, member in shape.members.items()
    ]

    def read(parser: Any, value: Any) -> Any:
        if value is None:
            return None
        found = {}
        for wire_name, name, member in members:
            if (part := value.get(wire_name)) is not None:
                found[name] = part if member is None else member(parser, part)
        return found

    return read


def _list(shape: Any, known: Readers) -> Read:
    member = _reader(shape.member, known)
    if member is None:
        return lambda _parser, value: list(value)
    return lambda parser, value: [member(parser, part) for part in value]


def _map(shape: Any, known: Readers) -> Read:
    member = _reader(shape.value, known)
    if member is None:
        return lambda _parser, value: dict(value.items())
    return lambda parser, value: {name: member(parser, part) for name, part in value.items()}


_MAKERS: dict[str, Callable[[Any, Readers], Read | None]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
}
