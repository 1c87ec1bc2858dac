"""Dicts whose entries are kept one by one: items of tables, and what the runtime remembers.

They take the place of moto's dicts and behave as those do; copies of them are plain dicts.
"""

import copy
from collections.abc import Iterable
from typing import Any, Self

from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict

from workshop.cloud.offline.keeping.marks import MARKS, Change
from workshop.cloud.offline.keeping.packing import pack, unpack

__all__ = ["Items", "Rows"]


class _MarkingDict(dict[Any, Any]):
    """A dict that calls `mark` with each key that is set or taken away."""

    def mark(self, key: Any) -> None:
        """Note that an entry has changed."""
        raise NotImplementedError

    def __setitem__(self, key: Any, value: Any) -> None:
        dict.__setitem__(self, key, value)
        self.mark(key)

    def __delitem__(self, key: Any) -> None:
        super().__delitem__(key)
        self.mark(key)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Return the entry, made of `default` if there was none."""
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key: Any, *default: Any) -> Any:
        """Take an entry away and return it."""
        found = super().pop(key, *default)
        self.mark(key)
        return found

    def popitem(self) -> tuple[Any, Any]:
        """Take the last entry away and return it."""
        key, value = super().popitem()
        self.mark(key)
        return key, value

    def update(self, *others: Any, **more: Any) -> None:
        """Set several entries."""
        for key, value in dict(*others, **more).items():
            self[key] = value

    def __ior__(self, other: Any) -> Self:  # type: ignore[misc]  # a dict takes more than dicts
        self.update(other)
        return self

    def clear(self) -> None:
        """Take all entries away."""
        for key in list(self):
            del self[key]

    def __copy__(self) -> dict[Any, Any]:
        return dict(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[Any, Any]:
        return copy.deepcopy(dict(self), memo)


class Rows(_MarkingDict):
    """Entries by texts or numbers; whoever changes a value puts it in again."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self._changed: set[Any] = set()

    def adopt(self, entries: dict[Any, Any] | None) -> None:
        """Take over what was in a plain dict, if there was one."""
        self.update(entries or {})

    def mark(self, key: Any) -> None:
        """Note that an entry has changed."""
        self._changed.add(key)
        MARKS.note(self)

    def changes(self) -> list[Change]:
        """Return what has changed since the last call."""
        found = [(key, pack(self[key]) if key in self else None) for key in self._changed]
        self._changed.clear()
        return found

    def restore(self, rows: Iterable[tuple[Any, bytes]]) -> None:
        """Take in what was kept."""
        for key, row in rows:
            dict.__setitem__(self, key, unpack(row))


class Items(_MarkingDict):
    """The items of a table: by their key, or for a table with a sort key one dict for each partition key.

    Their rows are numbered as they come, so that new ones lie together in the file: by their keys each would
    fall into another page of it.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        # In their order; (partition key, None) may stand for all items of that key.
        self._changed: dict[tuple[Any, Any], None] = {}
        # By both keys. Texts, in part, in a file that an older version has begun.
        self._rows: dict[tuple[Any, Any], int | str] = {}
        self._next_row = 0

    def __missing__(self, hash_key: Any) -> "_SameHash":
        # moto asks so whether there is an item, and an empty dict is none.
        group = _SameHash(self, hash_key)
        dict.__setitem__(self, hash_key, group)
        return group

    def adopt(self, items: dict[Any, Any]) -> None:
        """Take over what moto has put into a dict of its own."""
        for hash_key, found in items.items():
            if isinstance(found, dict):
                self[hash_key].update(found)
            else:
                self[hash_key] = found

    def mark(self, key: Any) -> None:
        """Note that the entry of a partition key has changed."""
        self._changed[key, None] = None
        MARKS.note(self)

    def mark_item(self, hash_key: Any, range_key: Any) -> None:
        """Note that an item has changed."""
        self._changed[hash_key, range_key] = None
        MARKS.note(self)

    def __delitem__(self, hash_key: Any) -> None:
        self._mark_group(hash_key)
        super().__delitem__(hash_key)

    def pop(self, key: Any, *default: Any) -> Any:
        """Take the item, or the items, of a partition key away."""
        self._mark_group(key)
        return super().pop(key, *default)

    def _mark_group(self, hash_key: Any) -> None:
        found = self.get(hash_key)
        if isinstance(found, _SameHash):
            found.clear()

    def changes(self) -> list[Change]:
        """Return what has changed since the last call."""
        found: list[Change] = []
        gone = []
        for place in self._changed:
            item = self.get(place[0])
            if isinstance(item, dict):
                item = item.get(place[1])
            if item is not None:
                found.append((self._row(place), pack(_plain_item(item))))
            elif place in self._rows:
                gone.append(place)
        # Only now: what could not be packed is still to be written, and so is what is gone.
        found += [(self._rows.pop(place), None) for place in gone]
        self._changed.clear()
        return found

    def _row(self, place: tuple[Any, Any]) -> int | str:
        if (row := self._rows.get(place)) is None:
            row = self._rows[place] = self._next_row
            self._next_row += 1
        return row

    def restore(self, rows: Iterable[tuple[Any, bytes]]) -> None:
        """Take in what was kept."""
        for row, content in rows:
            item = _item(*unpack(content))
            if item.range_key is None:
                dict.__setitem__(self, item.hash_key, item)
            else:
                dict.__setitem__(self[item.hash_key], item.range_key, item)
            self._rows[item.hash_key, item.range_key] = row
            if isinstance(row, int):
                self._next_row = row + 1


class _SameHash(_MarkingDict):
    """The items of one partition key, by their sort keys."""

    def __init__(self, table: Items, hash_key: Any) -> None:
        super().__init__()
        self._table = table
        self._hash_key = hash_key

    def mark(self, key: Any) -> None:
        """Note that an item has changed."""
        self._table.mark_item(self._hash_key, key)


def _plain(value: Any) -> Any:
    """Return an attribute value as a pair; much smaller and faster to pack than moto's object."""
    content = value.value
    if value.type == "M":
        content = _plain_attributes(content)
    elif value.type == "L":
        content = [_plain(one) for one in content]
    return value.type, content


def _value(plain: tuple[str, Any]) -> Any:
    kind, content = plain
    if kind == "M":
        content = _attributes(content)
    elif kind == "L":
        content = [_value(one) for one in content]
    value = object.__new__(DynamoType)
    value.type, value.value = kind, content
    return value


def _attributes(plain: dict[str, Any]) -> Any:
    attributes = LimitedSizeDict()
    # Past the dict's own measuring, which sums everything up for each attribute.
    dict.update(attributes, {name: _value(one) for name, one in plain.items()})
    return attributes


def _plain_item(item: Any) -> tuple[Any, ...]:
    sort_key = None if item.range_key is None else _plain(item.range_key)
    return _plain(item.hash_key), sort_key, _plain_attributes(item.attrs)


def _plain_attributes(attributes: dict[str, Any]) -> dict[str, Any]:
    return {
        # Most are neither, and there are many.
        name: _plain(value) if value.type in ("M", "L") else (value.type, value.value)
        for name, value in attributes.items()
    }


def _item(hash_key: Any, range_key: Any, attributes: dict[str, Any]) -> Any:
    item = object.__new__(Item)
    item.hash_key = _value(hash_key)
    item.range_key = None if range_key is None else _value(range_key)
    item.attrs = _attributes(attributes)
    return item
