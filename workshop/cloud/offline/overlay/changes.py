"""Items are put in place of others, alone or all together; the table's stream hears of what was committed.

AWS applies a write or a transaction completely or not at all, and a table's stream contains committed changes
only (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html). Support for the
corrections of DynamoDB; no correction of its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Changes", "collected_changes", "put_in_place", "stored"]


class Changes:
    """What a transaction has written so far: enough to undo it, and to tell the streams at the end."""

    def __init__(self) -> None:
        # Each item of a transaction is another one.
        self._done: list[tuple[Any, Any, Any, Any, Any]] = []

    def write(self, table: Any, hash_key: Any, range_key: Any, old: Any, new: Any) -> None:
        """Store another item in the place of the present one, or none; the stream hears of it at the end."""
        # The stored object stays as it was: it is the old image of the stream record.
        self._done.append((table, hash_key, range_key, old, new))
        _store(table, hash_key, range_key, new)

    def undo(self) -> None:
        """Put every item back; nothing has reached a stream."""
        # Item by item into the same table object: pollers hold references to tables and shards, so swapping
        # in a saved copy of the table, as moto does, would leave them reading an orphan.
        for table, hash_key, range_key, old, _ in self._done:
            _store(table, hash_key, range_key, old)

    def commit(self) -> None:
        """Write the stream records, in the order of the changes."""
        for table, _, _, old, new in self._done:
            _tell(table, old, new)


def put_in_place(table: Any, hash_key: Any, range_key: Any, old: Any, new: Any) -> None:
    """Do the same for a write that is all of its change, so that nothing behind it can fail."""
    _store(table, hash_key, range_key, new)
    _tell(table, old, new)


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


def _tell(table: Any, old: Any, new: Any) -> None:
    if table.stream_shard is not None:
        table.stream_shard.add(old, new)


@contextmanager
def collected_changes() -> Iterator[Changes]:
    """Collect changes inside the block: written to the streams at its end, undone if it raises."""
    changes = Changes()
    try:
        yield changes
    # Not only errors: even an interrupted call must not leave half a transaction in a table.
    except BaseException:
        changes.undo()
        raise
    changes.commit()
