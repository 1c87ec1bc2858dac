"""What one DynamoDB call has changed so far: enough to undo it, and to write its stream records at the end.

AWS applies a write or a transaction completely or not at all, and its stream holds what was committed.
While a call collects changes, `StreamShard.add` (see `dynamodb_stream_records`) hands its records over to it.
Items are put back one by one into the same table object, since pollers hold on to tables and shards.
"""

import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Changes", "collected_changes", "current_changes"]


class Changes:
    """The items that a call has touched, as they were before, and the stream records that it will write."""

    def __init__(self) -> None:
        self._before: dict[tuple[int, Any, Any], tuple[Any, Any]] = {}
        self._records: dict[tuple[int, Any, Any], tuple[Any, Any, Any]] = {}

    def remember(self, table: Any, hash_key: Any, range_key: Any) -> None:
        """Note the stored item, or that there is none; only the first time counts."""
        place = (id(table), hash_key, range_key)
        if place not in self._before:
            self._before[place] = (table, table.get_item(hash_key, range_key))

    def draft(self, table: Any, hash_key: Any, range_key: Any) -> Any:
        """Put a copy in the place of the stored item, to be changed, and return it; None if there is none."""
        self.remember(table, hash_key, range_key)
        if (item := table.get_item(hash_key, range_key)) is None:
            return None
        item = copy.deepcopy(item)
        _store(table, hash_key, range_key, item)
        return item

    def record(self, shard: Any, old: Any, new: Any) -> None:
        """Note a change for the stream; a second one of the same item continues the first."""
        item = new if new is not None else old
        place = (id(shard), item.hash_key, item.range_key)
        if place in self._records:
            old = self._records[place][1]
        self._records[place] = (shard, old, new)

    def undo(self) -> None:
        """Put every touched item back; nothing has reached a stream."""
        for (_, hash_key, range_key), (table, item) in self._before.items():
            _store(table, hash_key, range_key, item)

    def commit(self) -> None:
        """Write the stream records, in the order of the changes."""
        for shard, old, new in self._records.values():
            if old is not None or new is not None:
                shard.add(old, new)


def _store(table: Any, hash_key: Any, range_key: Any, item: Any) -> None:
    items = table.items if range_key is None else table.items[hash_key]
    key = hash_key if range_key is None else range_key
    if item is None:
        items.pop(key, None)
    else:
        items[key] = item


class _Current(threading.local):
    changes: Changes | None = None


_current = _Current()


def current_changes() -> Changes | None:
    """Return what the running call of this thread collects, if it does."""
    return _current.changes


@contextmanager
def collected_changes() -> Iterator[Changes]:
    """Collect changes inside the block: written to the streams at its end, undone if it raises.

    A block inside another one belongs to it.
    """
    if _current.changes is not None:
        yield _current.changes
        return
    changes = _current.changes = Changes()
    try:
        yield changes
    except BaseException:
        changes.undo()
        raise
    finally:
        _current.changes = None
    changes.commit()
