"""Items are built and listed in time proportional to their size, and have up to 400 KB.

AWS counts an item as `sizes` does, and takes up to 409,600 bytes:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html. moto counts otherwise,
up to 405,000, and takes its time: it measures the whole item again for each attribute that it adds, and
casts keys to `Decimal` for each comparison of a sort: 8 ms for a row of 300 amounts, 0.5 s for a page of
600 items. To show a value, it first copies the value with all that is in it, and looks
at each part of an answer for a method of its own.

Changed: an item is measured once, without building its parts again; values are shown without a copy; keys are
cast once per sort; the length of a table without a sort key is that of its dict.
"""

from typing import Any

from moto.dynamodb import responses
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.overlay.dynamodb.operations import MAXIMUM_ITEM_BYTES
from workshop.cloud.offline.overlay.sizes import attributes_size

PLAIN = ("S", "N", "BOOL", "NULL")
SETS = ("SS", "NS", "BS")
# Binary content is decoded first.
SHOWN_AT_ONCE = (*PLAIN, "SS", "NS", "M", "L")
MAPS = (dict, LimitedSizeDict)
_MOTO_HASH = DynamoType.__hash__
_MOTO_EQUALS = DynamoType.__eq__
_MOTO_JSON = DynamoType.to_regular_json
_MOTO_TO_DICT = responses.dynamo_to_dict


@corrects(Item, "__init__")
def _initialize(self: Any, hash_key: Any, range_key: Any, attrs: dict[str, Any]) -> None:
    self.hash_key = hash_key
    self.range_key = range_key
    self.attrs = LimitedSizeDict()
    for name, value in attrs.items():
        # `LimitedSizeDict` measures the whole item at each assignment; here it is measured once, below.
        dict.__setitem__(self.attrs, name, DynamoType(value))
    if attributes_size(self.attrs) > MAXIMUM_ITEM_BYTES:
        raise ItemSizeTooLarge


@corrects(DynamoType, "__hash__")
def _hash(self: Any) -> int:
    return hash(self.value) if self.type == "S" else _MOTO_HASH(self)


@corrects(DynamoType, "__eq__")
def _equals(self: Any, other: Any) -> bool:
    if self.type == "S":
        return bool(other.type == "S" and self.value == other.value)
    return bool(_MOTO_EQUALS(self, other))


@corrects(DynamoType, "to_regular_json")
def _to_regular_json(self: Any) -> dict[str, Any]:
    kind, content = self.type, self.value
    if kind in PLAIN:
        return {kind: content}
    if kind == "M":
        return {kind: {name: value.to_regular_json() for name, value in content.items()}}
    if kind == "L":
        return {kind: [value.to_regular_json() for value in content]}
    if kind in SETS:
        return {kind: list(content)}
    return dict(_MOTO_JSON(self))


@corrects(responses, "dynamo_to_dict")
def _to_dict(found: Any) -> Any:
    """Return an answer with its values as DynamoDB JSON; moto looks for a method at each part of it."""
    kind = type(found)
    if kind is str:
        return found
    if kind in MAPS:
        return {name: _to_dict(part) for name, part in found.items()}
    if kind is list:
        return [_to_dict(part) for part in found]
    if kind is DynamoType and found.type in SHOWN_AT_ONCE:
        return {found.type: found.value if found.type in PLAIN else _to_dict(found.value)}
    return _MOTO_TO_DICT(found)


@corrects(Table, "all_items")
def _all_items(self: Any) -> list[Any]:
    if self.range_key_attr:
        items = [item for same_hash in self.items.values() for item in same_hash.values()]
        items.sort(key=lambda item: (item.hash_key.cast_value, item.range_key.cast_value))
    else:
        items = sorted(self.items.values(), key=lambda item: item.hash_key.cast_value)
    return items


@corrects(Table, "__len__")
def _length(self: Any) -> int:
    return sum(map(len, self.items.values())) if self.has_range_key else len(self.items)
