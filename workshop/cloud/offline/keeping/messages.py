"""The messages of a queue, kept one by one.

moto puts a new list in the place of the old one whenever a message is deleted, so there is nothing that could
mark itself: the queue is compared with what was kept. moto walks through all messages for each call as well.
"""

from collections.abc import Iterable
from typing import Any

from moto.sqs.models import Message

from workshop.cloud.offline.keeping.marks import MARKS, Change
from workshop.cloud.offline.keeping.packing import pack, unpack

__all__ = ["Messages", "note_messages"]


class Messages:
    """What is kept of a queue, moto's `queue`."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.queue: Any = None
        self._next = 0
        # The messages as they were kept; they stay referenced, so that no other one gets the same id.
        self._kept: dict[int, tuple[int, Any, tuple[Any, ...]]] = {}

    def adopt(self, queue: Any) -> None:
        """Keep the messages of this queue from now on."""
        self.queue = queue
        MARKS.note(self)

    def changes(self) -> list[Change]:
        """Return what has changed since the last call."""
        changes: list[Change] = []
        left, kept, following = dict(self._kept), {}, self._next
        for message in self.queue._messages:  # noqa: SLF001 - `messages` leaves out the invisible ones
            row, _, before = left.pop(id(message), (None, None, None))
            now = _fingerprint(message)
            if row is None:
                row, following = following, following + 1
            if now != before:
                changes.append((row, pack(vars(message))))
            kept[id(message)] = (row, message, now)
        # Only now: what could not be packed is still to be written.
        self._kept, self._next = kept, following
        return changes + [(row, None) for row, _, _ in left.values()]

    def restore(self, rows: Iterable[tuple[int, bytes]]) -> None:
        """Take in what was kept, for `taken`."""
        for row, content in rows:
            message = object.__new__(Message)
            vars(message).update(unpack(content))
            self._next = row + 1
            self._kept[id(message)] = (row, message, _fingerprint(message))

    def taken(self) -> list[Any]:
        """Return moto's messages as they were kept."""
        return [message for _, message, _ in self._kept.values()]


def note_messages(queue: Any) -> None:
    """Say that the messages of a queue may have changed."""
    kept = vars(queue).get("kept_messages") if queue is not None else None
    if kept is not None and MARKS.is_active:
        MARKS.note(kept)


def _fingerprint(message: Any) -> tuple[Any, ...]:
    return (
        message.approximate_receive_count,
        message.visible_at,
        message.delayed_until,
        message.receipt_handle,
    )
