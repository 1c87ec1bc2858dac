"""Containers that only grow at one end: events of log streams, values of metrics.

What is new is kept as one row for each commit. They take the place of moto's lists and behave as those do;
copies of them are plain.
"""

import copy
from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import Any, Self

from moto.cloudwatch.models import MetricAggregatedDatum
from moto.logs.models import LogEvent

from workshop.cloud.offline.keeping.marks import MARKS, Change
from workshop.cloud.offline.keeping.packing import pack, unpack

__all__ = ["LogEvents", "MetricValues", "drop_first", "note_sum"]

# How many sums of metrics may still change.
MOST_SUMS = 2_000


class _Rows:
    """The rows of what has been appended, by the numbers of their first entries."""

    def __init__(self) -> None:
        self.new: list[Any] = []
        self.next = 0
        self._ends: deque[tuple[int, int]] = deque()
        self._gone: list[int] = []

    def changes(self, plain: Any) -> list[Change]:
        changes: list[Change] = [(key, None) for key in self._gone]
        if self.new:
            changes.append((self.next, pack([plain(entry) for entry in self.new])))
            self._added(self.next, len(self.new))
            self.new = []
        self._gone.clear()
        return changes

    def restored(self, first: int, content: bytes) -> list[Any]:
        entries: list[Any] = unpack(content)
        self._added(first, len(entries))
        return entries

    def _added(self, first: int, count: int) -> None:
        self.next = first + count
        self._ends.append((first, self.next))

    def forget(self, kept: int) -> None:
        """Give rows up that hold nothing of the last `kept` entries."""
        while self._ends and self._ends[0][1] <= self.next + len(self.new) - kept:
            self._gone.append(self._ends.popleft()[0])
        if not self._ends:
            del self.new[: max(0, len(self.new) - kept)]


class _Appended(list[Any]):
    """A list to which entries are appended, and whose first entries may go."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self._rows = _Rows()

    @staticmethod
    def plain(entry: Any) -> Any:
        """Return an entry as it is kept."""
        return entry

    @staticmethod
    def entry(plain: Any) -> Any:
        """Return an entry from how it was kept."""
        return plain

    def adopt(self, entries: Iterable[Any]) -> None:
        """Take over what moto has put into a list of its own."""
        self.extend(entries)

    def append(self, entry: Any) -> None:
        """As a list does."""
        self.extend((entry,))

    def extend(self, entries: Iterable[Any]) -> None:
        """As a list does."""
        new = list(entries)
        super().extend(new)
        self._rows.new += new
        MARKS.note(self)

    def __iadd__(self, entries: Iterable[Any]) -> Self:  # type: ignore[misc]  # a list adds lists
        self.extend(entries)
        return self

    def drop_first(self, count: int) -> None:
        """Forget the oldest entries."""
        super().__delitem__(slice(0, count))
        self._rows.forget(len(self))
        MARKS.note(self)

    def clear(self) -> None:
        """As a list does."""
        self.drop_first(len(self))

    def changes(self) -> list[Change]:
        """Return what has changed since the last call."""
        return self._rows.changes(self.plain)

    def restore(self, rows: Iterable[tuple[int, bytes]]) -> None:
        """Take in what was kept."""
        for first, row in rows:
            super().extend(map(self.entry, self._rows.restored(first, row)))

    def __copy__(self) -> list[Any]:
        return list(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> list[Any]:
        return copy.deepcopy(list(self), memo)


def drop_first(entries: Any, count: int) -> None:
    """Forget the oldest entries of a container, whether it is kept or moto's own dict or list."""
    if hasattr(entries, "drop_first"):
        entries.drop_first(count)
    elif isinstance(entries, dict):
        for key in list(islice(entries, count)):
            del entries[key]
    else:
        del entries[:count]


class LogEvents(_Appended):
    """The events of a log stream."""

    @staticmethod
    def plain(entry: Any) -> Any:
        """Return the event's fields."""
        return entry.ingestion_time, entry.timestamp, entry.message, entry.event_id

    @staticmethod
    def entry(plain: Any) -> Any:
        """Return moto's object."""
        event = object.__new__(LogEvent)
        event.ingestion_time, event.timestamp, event.message, event.event_id = plain
        # moto counts in its class; events that are written later must get other ids.
        LogEvent._event_id = max(LogEvent._event_id, event.event_id + 1)  # noqa: SLF001
        return event


class MetricValues(_Appended):
    """The values of CloudWatch's metrics; sums of the minute under way change after they were appended."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._changed: set[int] = set()
        self._spans: dict[int, tuple[int, int]] = {}

    def note(self, datum: Any) -> None:
        """Say that a sum has changed."""
        if id(datum) in self._spans:
            self._changed.add(id(datum))
            # Each put changes two, which costs as much as keeping some records.
            MARKS.note_soon(self)

    def changes(self) -> list[Change]:
        """Return what has changed since the last call."""
        new = self._rows.new
        spans = {self._spans[changed] for changed in self._changed}
        # Where the list begins, in the numbers of rows.
        start = self._rows.next + len(new) - len(self)
        again = [(first, pack(self[first - start : end - start])) for first, end in spans if first >= start]
        changes = super().changes() + again
        # Only now: what could not be packed is still to be written.
        self._changed.clear()
        if new:
            end = self._rows.next
            recent = list(self._spans.items())[-MOST_SUMS:]
            self._spans = dict(recent) | {
                id(datum): (end - len(new), end) for datum in new if isinstance(datum, MetricAggregatedDatum)
            }
        return changes


def note_sum(metric_data: Any, datum: Any) -> None:
    """Say that a sum among CloudWatch's values has changed, if those are kept."""
    if isinstance(metric_data, MetricValues):
        metric_data.note(datum)
