"""How many of the waiting records make the next batch, and whether it is time to send it. Pure.

A batch is closed by whichever comes first: the batch size, the payload limit, the end of the batching
window; inside tumbling windows it holds records of one window only.
Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workshop.cloud.offline.runtime.event_sources.events import SourceRecord
from workshop.cloud.offline.runtime.event_sources.mappings import Mapping
from workshop.cloud.offline.runtime.event_sources.windows import window_of

__all__ = ["MAX_PAYLOAD_BYTES", "ROOM_BYTES", "Cut", "cut_batch", "fitting_count", "is_batch_due"]

# The request payload of a synchronous invocation.
MAX_PAYLOAD_BYTES = 6 * 1024 * 1024
# `{"Records":[` and `]}`, and what a tumbling window adds beside its state.
ENVELOPE_BYTES = 512
# For records and the commas between them.
ROOM_BYTES = MAX_PAYLOAD_BYTES - ENVELOPE_BYTES


@dataclass(frozen=True, slots=True)
class Cut:
    """The first `count` waiting records make a batch; `is_closed` if no further record could join them."""

    count: int
    is_closed: bool


def cut_batch(waiting: Sequence[SourceRecord], mapping: Mapping, *, state_bytes: int = 0) -> Cut:
    """Return how many of the waiting records fit together.

    A first record that is too large for any payload makes a batch of its own; the invoker refuses it, and the
    mapping's failure handling takes over.
    """
    room = ROOM_BYTES - state_bytes
    length = mapping.tumbling_window_seconds
    window = window_of(waiting[0].arrived_at, length) if length and waiting else None
    for index, record in enumerate(waiting):
        # The comma between two records.
        room -= len(record.encoded) + 1
        leaves_window = window is not None and not window.start <= record.arrived_at < window.end
        if index == mapping.batch_size or (index and (room < 0 or leaves_window)):
            return Cut(index, is_closed=True)
    return Cut(len(waiting), is_closed=len(waiting) >= mapping.batch_size or room < 0)


def fitting_count(sizes: Iterable[int]) -> int:
    """Return how many of the first records fit into a payload together, one at least.

    >>> fitting_count([5, ROOM_BYTES, 5])
    1
    """
    room, count = ROOM_BYTES, 0
    for size in sizes:
        room -= size + 1
        if room < 0:
            return max(count, 1)
        count += 1
    return count


def is_batch_due(cut: Cut, mapping: Mapping, *, gathering_since: float, now: float) -> bool:
    """Whether the batch is sent now: it holds something, and it is closed or its window has ended."""
    if cut.count == 0:
        return False
    return cut.is_closed or now >= gathering_since + mapping.batching_window_seconds
