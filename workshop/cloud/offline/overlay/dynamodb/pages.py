"""One page of a Query or a Scan: which items there are, in which order, where the page begins and ends.

A page ends after `Limit` items have been looked at, or before 1 MB; either way it carries the key of its
last item, also if no item is left, as on AWS:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html. A filter is applied
after that, and does not make a page longer.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from moto.dynamodb.exceptions import MockValidationException

from workshop.cloud.offline.overlay.dynamodb.attribute_values import attributes_of
from workshop.cloud.offline.overlay.dynamodb.expressions.projections import project
from workshop.cloud.offline.overlay.dynamodb.expressions.values import as_bytes
from workshop.cloud.offline.overlay.dynamodb.keys import check_key_value, index_keys, key_types
from workshop.cloud.offline.overlay.sizes import attributes_size

__all__ = ["Page", "TableView", "segment_of"]

MAXIMUM_BYTES = 1024 * 1024
INVALID_START = "The provided starting key is invalid"


@dataclass(frozen=True, slots=True)
class Page:
    """The items of a page before filtering, their bytes, and the key of the last one if the page was cut."""

    items: list[Any]
    size: int
    last_key: dict[str, Any] | None


class TableView:
    """A table, or an index of it, as a query or a scan sees it.

    Raises:
        MockValidationException: the table has no such index, or it cannot be read consistently.
    """

    def __init__(self, table: Any, index_name: str | None, *, consistent: bool = False) -> None:
        self.table = table
        self.index = next((index for index in table.all_indexes() if index.name == index_name), None)
        if index_name is not None and self.index is None:
            raise MockValidationException(f"The table does not have the specified index: {index_name}")
        self.is_global = self.index in table.global_indexes if self.index is not None else False
        if consistent and self.is_global:
            raise MockValidationException("Consistent reads are not supported on global secondary indexes")
        schema = table.schema if self.index is None else self.index.schema
        self.hash_names = [entry["AttributeName"] for entry in schema if entry["KeyType"] == "HASH"]
        self.range_names = [entry["AttributeName"] for entry in schema if entry["KeyType"] == "RANGE"]
        keys = [] if self.index is None else index_keys(self.index)
        # Items with the same key in an index come in the order of their own keys.
        self.key_names = list(dict.fromkeys([*keys, *table.table_key_attrs]))
        self.types = key_types(table)

    def in_partition(self, equal: Mapping[str, Any]) -> Iterable[Any]:
        """Return the items that have these values in the partition key, in any order."""
        if self.index is not None:
            # moto keeps items by the table's key alone, so a query of an index looks at all of them.
            wanted = {name: equal[name] for name in self.hash_names}
            return (
                item
                for item in self._indexed()
                if all(item.attrs[name] == value for name, value in wanted.items())
            )
        found = self.table.items.get(equal[self.table.hash_key_attr])
        if found is None:
            return ()
        return list(found.values()) if self.table.has_range_key else (found,)

    def everything(self) -> Iterable[Any]:
        """Return all items, in any order."""
        return self._indexed() if self.index is not None else self.table.all_items()

    def _indexed(self) -> Iterable[Any]:
        # Only items that have all attributes of an index's key are in it.
        return (item for item in self.table.all_items() if all(name in item.attrs for name in self.key_names))

    def in_order(self, items: Iterable[Any], *, forward: bool = True) -> list[Any]:
        """Return items by their keys, partition key first."""
        return sorted(items, key=lambda item: self._position(item.attrs), reverse=not forward)

    def _position(self, attributes: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(_comparable(attributes[name]) for name in self.key_names)

    def start_key(self, raw: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """Return the key behind which a page begins.

        Raises:
            MockValidationException: it is not a key of this table or index.
        """
        if raw is None:
            return None
        try:
            key = attributes_of(raw)
        except MockValidationException as error:
            raise MockValidationException(f"{INVALID_START}: {error.message}") from error
        if key.keys() != set(self.key_names):
            raise MockValidationException(self._start_problem())
        if any(value.type != self.types[name] for name, value in key.items()):
            raise MockValidationException(self._start_problem())
        for name, value in key.items():
            check_key_value(name, value)
        return key

    def _start_problem(self) -> str:
        detail = "" if self.index is not None else ": The provided key element does not match the schema"
        return f"{INVALID_START}{detail}"

    def page(
        self,
        items: Sequence[Any],
        *,
        start: Mapping[str, Any] | None,
        limit: int | None,
        forward: bool = True,
    ) -> Page:
        """Cut a page out of items that are in order."""
        if start is not None:
            # Compared, not looked up: the item of that key may be gone by now.
            first = self._position(start)
            items = [
                item
                for item in items
                if (self._position(item.attrs) > first if forward else self._position(item.attrs) < first)
            ]
        taken: list[Any] = []
        size = 0
        for item in items:
            item_size = attributes_size(item.attrs)
            if taken and size + item_size > MAXIMUM_BYTES:
                return Page(taken, size, self._key(taken[-1]))
            taken.append(item)
            size += item_size
            if len(taken) == limit:
                return Page(taken, size, self._key(item))
        return Page(taken, size, None)

    def _key(self, item: Any) -> dict[str, Any]:
        return {name: item.attrs[name] for name in self.key_names}

    def projected(self, attributes: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what an index has of an item."""
        kind = (self.index.projection or {}).get("ProjectionType") if self.index is not None else "ALL"
        if kind == "ALL" or self.index is None:
            return attributes
        more = (self.index.projection or {}).get("NonKeyAttributes") or () if kind == "INCLUDE" else ()
        return project(attributes, [(name,) for name in dict.fromkeys([*self.key_names, *more])])

    def check_projected(self, names: Iterable[str]) -> None:
        """Refuse to read attributes that a global index lacks; a local one fetches them from its table.

        Raises:
            MockValidationException: with AWS's text.
        """
        if self.index is None or not self.is_global:
            return
        projection = self.index.projection or {}
        if projection.get("ProjectionType") == "ALL":
            return
        known = {*self.key_names, *(projection.get("NonKeyAttributes") or ())}
        if missing := [name for name in names if name not in known]:
            raise MockValidationException(
                "One or more parameter values were invalid: Global secondary index "
                f"{self.index.name} does not project [{', '.join(missing)}]"
            )


def segment_of(hash_key: Any, total: int) -> int:
    """Return the segment of a parallel scan that a partition key belongs to; the same every time."""
    # Not `hash`, which differs from process to process: a scan may go on after a restart.
    content = as_bytes(hash_key.value) if hash_key.type == "B" else hash_key.value.encode()
    return int(hashlib.md5(content, usedforsecurity=False).digest()[0]) % total


def _comparable(value: Any) -> Any:
    if value.type == "N":
        return Decimal(value.value)
    return as_bytes(value.value) if value.type == "B" else value.value
