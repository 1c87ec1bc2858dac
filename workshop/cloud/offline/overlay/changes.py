"""What one DynamoDB call has changed so far: enough to undo it, and to write its stream records at the end.

AWS applies a write or a transaction completely or not at all, and a table's stream contains committed changes
only (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html). While a call
collects changes, `StreamShard.add` (see `dynamodb.stream_records`) passes its records to them instead of
writing. Support for the corrections of DynamoDB; no correction of its own.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Changes", "collected_changes", "current_changes", "stored"]


class Changes:
    """The items that a call has touched, as they were before it, and the stream records it will write."""

    def __init__(self) -> None:
        # By table and key, the table and its item before; by shard and key, the shard and the item before and
        # after.
        self._before: dict[tuple[int, Any, Any], tuple[Any, Any]] = {}
        self._records: dict[tuple[int, Any, Any], tuple[Any, Any, Any]] = {}

    def remember(self, table: Any, hash_key: Any, range_key: Any) -> None:
        """Note the stored item, or that there is none; later calls for the same item change nothing."""
        key = (id(table), hash_key, range_key)
        if key not in self._before:
            self._before[key] = (table, stored(table, hash_key, range_key))

    def write(self, table: Any, hash_key: Any, range_key: Any, item: Any) -> None:
        """Store another item in the place of the present one, or none; the stream hears of it at the end."""
        # The stored object stays as it was: it is the old image of the stream record.
        old = stored(table, hash_key, range_key)
        # Only the first time: a later write of the same call must not pass for the beginning.
        self._before.setdefault((id(table), hash_key, range_key), (table, old))
        _store(table, hash_key, range_key, item)
        if table.stream_shard is not None:
            table.stream_shard.add(old, item)

    def record(self, shard: Any, old: Any, new: Any) -> None:
        """Note a change for the stream; a second one of the same item continues the first.

        An update that creates an item first stores its key and then changes it, which is one INSERT on AWS:
        so the first old image and the last new image make up one record.
        """
        item = new if new is not None else old
        key = (id(shard), item.hash_key, item.range_key)
        if (earlier := self._records.get(key)) is not None:
            old = earlier[1]
        self._records[key] = (shard, old, new)

    def undo(self) -> None:
        """Put every touched item back; nothing has reached a stream."""
        # Item by item into the same table object: pollers hold references to tables and shards, so swapping
        # in a saved copy of the table, as moto does, would leave them reading an orphan.
        for (_, hash_key, range_key), (table, item) in self._before.items():
            _store(table, hash_key, range_key, item)

    def commit(self) -> None:
        """Write the stream records, in the order of the changes."""
        for shard, old, new in self._records.values():
            # What a call both creates and deletes nobody else has ever seen, so there is no record of it.
            if old is not None or new is not None:
                shard.add(old, new)


def stored(table: Any, hash_key: Any, range_key: Any) -> Any | None:
    """Return the item of a table under a key, None if there is none."""
    found = table.items.get(hash_key)
    return found if range_key is None or found is None else found.get(range_key)


def _store(table: Any, hash_key: Any, range_key: Any, item: Any) -> None:
    items = table.items if range_key is None else table.items[hash_key]
    key = hash_key if range_key is None else range_key
    if item is None:
        items.pop(key, None)
    else:
        items[key] = item


# Per thread, so that a call never collects another thread's changes, also where moto runs without the lock of
# the offline cloud.
class _Current(threading.local):
    changes: Changes | None = None


_current = _Current()


def current_changes() -> Changes | None:
    """Return the changes that this thread's call is collecting, or None."""
    return _current.changes


@contextmanager
def collected_changes() -> Iterator[Changes]:
    """Collect changes inside the block: written to the streams at its end, undone if it raises.

    A nested block belongs to the outer one, so that an UpdateItem inside a transaction commits with it.
    """
    if _current.changes is not None:
        yield _current.changes
        return
    changes = _current.changes = Changes()
    try:
        yield changes
    # Not only errors: even an interrupted call must not leave half a transaction in a table.
    except BaseException:
        changes.undo()
        raise
    finally:
        _current.changes = None
    # Only now that nothing collects any more does `StreamShard.add` write instead of passing on.
    changes.commit()
