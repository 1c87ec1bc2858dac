"""Keys of items and of indexes: which attributes, of which types, how long.

Every operation checks them alike. AWS's texts are recorded in https://github.com/mhart/dynalite
(`validations`); limits:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html. moto checks PutItem
alone, and the keys of indexes hardly.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.dynamodb.exceptions import (
    HashKeyTooLong,
    InvalidAttributeTypeError,
    MockValidationException,
    ProvidedKeyDoesNotExist,
    RangeKeyTooLong,
)

from workshop.cloud.offline.overlay.changes import stored
from workshop.cloud.offline.overlay.dynamodb.attribute_values import attributes_of
from workshop.cloud.offline.overlay.sizes import value_size

__all__ = [
    "Place",
    "check_index_keys",
    "check_key_value",
    "index_keys",
    "key_types",
    "place_of",
    "place_of_item",
    "place_of_key",
]

MAXIMUM_HASH_BYTES = 2048
MAXIMUM_RANGE_BYTES = 1024
NOT_VALID = "One or more parameter values are not valid. "


@dataclass(slots=True)
class Place:
    """A table and a key: where an item is, or could be."""

    table: Any
    hash_key: Any
    range_key: Any | None

    @property
    def item(self) -> Any | None:
        """The item as it is stored now, or None."""
        return stored(self.table, self.hash_key, self.range_key)

    @property
    def target(self) -> tuple[Any, ...]:
        """The place as a value that can be compared with others."""
        # By the table itself, since one request may name it and another give its ARN.
        return (id(self.table), self.hash_key, self.range_key)

    @property
    def key(self) -> dict[str, Any]:
        """The key's attributes."""
        # Without a sort key the table has one name, and the second value, None, drops out.
        keys = (self.hash_key, self.range_key)
        return dict(zip(self.table.table_key_attrs, keys, strict=False))


def key_types(table: Any) -> dict[str, str]:
    """Return the types of all attributes that are part of a key, of the table or of an index."""
    return {entry["AttributeName"]: entry["AttributeType"] for entry in table.attr}


def index_keys(index: Any) -> list[str]:
    """Return the names of an index's key attributes, partition key first."""
    # `HASH` comes before `RANGE` in the alphabet as well.
    return [entry["AttributeName"] for entry in sorted(index.schema, key=lambda entry: entry["KeyType"])]


def place_of(table: Any, raw: Mapping[str, Any]) -> Place:
    """Return the place of a key in a request.

    Raises:
        MockValidationException: other attributes or types than the table's key has, or a value that no key
        can have.
    """
    return place_of_key(table, attributes_of(raw))


def place_of_key(table: Any, key: Mapping[str, Any]) -> Place:
    """Return the place of a key whose values have been read; raises as `place_of` does."""
    types, names = key_types(table), table.table_key_attrs
    if len(key) != len(names):
        raise ProvidedKeyDoesNotExist
    for name in names:
        if (value := key.get(name)) is None or value.type != types[name]:
            raise ProvidedKeyDoesNotExist
        check_key_value(name, value)
    return _place(table, key)


def place_of_item(table: Any, attributes: Mapping[str, Any]) -> Place:
    """Return the place of an item that is to be stored; raises `MockValidationException`."""
    types = key_types(table)
    for name in table.table_key_attrs:
        if name not in attributes:
            raise MockValidationException(
                f"One or more parameter values were invalid: Missing the key {name} in the item"
            )
        if (kind := attributes[name].type) != types[name]:
            raise InvalidAttributeTypeError(name, types[name], kind)
        check_key_value(name, attributes[name])
    return _place(table, attributes)


def check_key_value(name: str, value: Any) -> None:
    """Refuse an empty value of a key; raises `MockValidationException`."""
    if value.type in ("S", "B") and not value.value:
        kind = "string" if value.type == "S" else "binary"
        raise MockValidationException(
            f"{NOT_VALID}The AttributeValue for a key attribute "
            f"cannot contain an empty {kind} value. Key: {name}"
        )


def check_index_keys(table: Any, attributes: Mapping[str, Any], *, updated: bool = False) -> None:
    """Refuse an item whose attribute has a type or a value that the key of an index cannot have.

    Raises:
        MockValidationException: with AWS's text, which differs for an item that an expression has changed.
    """
    indexes = table.all_indexes()
    types = key_types(table) if indexes else {}
    for index in indexes:
        for name in index_keys(index):
            # Without the attribute the item is merely not in the index.
            if (value := attributes.get(name)) is None:
                continue
            if value.type != types[name]:
                raise MockValidationException(
                    f"{NOT_VALID}The update expression attempted to update "
                    "the secondary index key to unsupported type"
                    if updated
                    else f"One or more parameter values were invalid: Type mismatch for Index Key {name} "
                    f"Expected: {types[name]} Actual: {value.type} IndexName: {index.name}"
                )
            if value.type in ("S", "B") and not value.value:
                raise MockValidationException(_empty(index.name, name, value.type, updated=updated))


def _empty(index: str, name: str, kind: str, *, updated: bool) -> str:
    start = (
        "The update expression attempted to update a secondary index key to a value that is not supported. "
        if updated
        else "A value specified for a secondary index key is not supported. "
    )
    word = "string" if kind == "S" else "binary"
    end = "" if updated else f" IndexName: {index}, IndexKey: {name}"
    return (
        f"{NOT_VALID}{start}The AttributeValue for a key attribute cannot contain an empty {word} value.{end}"
    )


def _place(table: Any, attributes: Mapping[str, Any]) -> Place:
    hash_key = attributes[table.hash_key_attr]
    range_key = attributes[table.range_key_attr] if table.range_key_attr else None
    if value_size(hash_key) > MAXIMUM_HASH_BYTES:
        raise HashKeyTooLong
    if range_key is not None and value_size(range_key) > MAXIMUM_RANGE_BYTES:
        raise RangeKeyTooLong
    return Place(table, hash_key, range_key)
