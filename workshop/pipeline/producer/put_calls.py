"""How a producer's entries become PutRecords calls: cut so that order, size and count come out right.

Pure functions; nothing is sent here.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workshop.pipeline.messages import PlannedMessage

__all__ = ["CALL_RECORDS", "RECORD_BYTES", "Outgoing", "Placed", "calls_of", "parts_of"]

CALL_RECORDS = 500
CALL_BYTES = 10 * 1024 * 1024
RECORD_BYTES = 1024 * 1024

Placed = tuple[int, PlannedMessage]


@dataclass(frozen=True)
class Outgoing:
    """A record on its way: the places of its messages in the plan, and what goes over the wire."""

    places: tuple[int, ...]
    key: str
    data: bytes

    @property
    def request_entry(self) -> dict[str, Any]:
        """The record as PutRecords takes it."""
        return {"Data": self.data, "PartitionKey": self.key}

    @property
    def size_bytes(self) -> int:
        """What counts against the limits of a call."""
        return len(self.data) + len(self.key.encode())


def calls_of(entries: Sequence[Placed], limit: int = CALL_RECORDS) -> Iterator[list[Placed]]:
    """Cut entries into calls with at most one message of a trade each.

    A call may partly fail, and what failed is sent again behind the rest: were two versions of a trade in one
    call, the older one could end up behind the newer one without anybody having planned it. A duplicate right
    behind its original may stay with it. What has to wait goes first in the next call, in its order.
    """
    waiting = deque(entries)
    while waiting:
        call: list[Placed] = []
        held: list[Placed] = []
        in_call: dict[str, int] = {}
        held_trades: set[str] = set()
        while waiting and len(call) < limit and len(held) < limit:
            placed = waiting.popleft()
            entry, trade = placed[1], placed[1].message.trade_id
            repeats = in_call.get(trade) == entry.number and not entry.late
            if trade in held_trades or (trade in in_call and not repeats):
                held.append(placed)
                held_trades.add(trade)
            else:
                call.append(placed)
                in_call[trade] = entry.number
        waiting.extendleft(reversed(held))
        yield call


def parts_of(call: Sequence[Outgoing], refuse: Callable[[Outgoing, str], None]) -> Iterator[list[Outgoing]]:
    """Cut a call into parts that keep to the size of a request; `refuse` what is too large even alone."""
    part: list[Outgoing] = []
    size = 0
    for record in call:
        if record.size_bytes > RECORD_BYTES:
            refuse(record, f"a record holds at most {RECORD_BYTES} bytes, this one has {record.size_bytes}")
            continue
        if part and size + record.size_bytes > CALL_BYTES:
            yield part
            part, size = [], 0
        part.append(record)
        size += record.size_bytes
    if part:
        yield part
