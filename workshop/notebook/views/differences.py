"""What changed in a table between two looks at it: rows added, changed and removed, in words.

Rows are plain dicts, told apart by their key attribute. Nothing here reads or shows a table.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

__all__ = ["ChangeKind", "RowChange", "TableMemory", "differences"]

Row = Mapping[str, Any]


class ChangeKind(StrEnum):
    """What became of a row since the last look; the value is its word."""

    CHANGED = "changed"
    REMOVED = "removed"
    ADDED = "added"
    SAME = "same"


@dataclass(frozen=True)
class RowChange:
    """A row as it is now (as it was, if it is gone), and the earlier values of what changed in it."""

    change: ChangeKind
    row: Row
    before: Mapping[str, Any]


def differences(before: Mapping[Any, Row] | None, now: Mapping[Any, Row]) -> list[RowChange]:
    """Return every row with its change, those that changed first; a first look knows no changes."""
    if before is None:
        return [RowChange(ChangeKind.SAME, row, {}) for row in now.values()]
    gone = [RowChange(ChangeKind.REMOVED, row, {}) for key, row in before.items() if key not in now]
    found = [_compared(before.get(key), row) for key, row in now.items()]
    order = list(ChangeKind)
    return sorted([*found, *gone], key=lambda each: order.index(each.change))


class TableMemory:
    """Keeps for each table what it held when it was last shown, as long as the kernel lives."""

    def __init__(self) -> None:
        self.totals: Mapping[str, Decimal] | None = None
        self._seen: dict[str, dict[Any, Row]] = {}

    def forget(self) -> None:
        """Begin anew: what was shown belongs to a run that is over."""
        self.totals = None
        self._seen.clear()

    def look(self, table: str, rows: Iterable[Row], key: str) -> tuple[list[RowChange], bool]:
        """Return the rows with their changes, and whether the table was seen before; remember them."""
        ordered = sorted(rows, key=lambda row: _place(row, str(row[key])))
        now = {row[key]: row for row in ordered}
        before = self._seen.get(table)
        self._seen[table] = now
        return differences(before, now), before is not None


def _place(row: Row, key: str) -> tuple[bool, Decimal, str]:
    """Return what orders rows: the newest first where they say when they were written, else the key."""
    written = row.get("MappedAt")
    # Bookkeeping rows begin with a number sign; they come behind what people look for.
    return key.startswith("#"), -written if isinstance(written, Decimal) else Decimal(0), key


def _compared(before: Row | None, now: Row) -> RowChange:
    if before is None:
        return RowChange(ChangeKind.ADDED, now, {})
    earlier = {name: before.get(name) for name in {**before, **now} if before.get(name) != now.get(name)}
    return RowChange(ChangeKind.CHANGED if earlier else ChangeKind.SAME, now, earlier)
