"""How far a shard has been read, as plain values, so that another process can go on from there.

Records are named by their sequence numbers and read again from the source. A batch that has failed, or is
half of one that was bisected, comes again as it was, with its attempts; an open tumbling window comes with
its state. A batch in flight that nothing was kept of comes again too, perhaps grouped otherwise, as on AWS
when another poller takes over.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from workshop.cloud.offline.runtime.event_sources.batch_slots import Batch, BatchSlot
from workshop.cloud.offline.runtime.event_sources.events import SourceRecord
from workshop.cloud.offline.runtime.event_sources.windows import TumblingWindow, WindowState

__all__ = ["Progress", "first_unfinished", "progress_of", "restore_slot"]

# `position`: up to where the shard was read; `slots`: for each one its unfinished batches, the position of
# the first record behind them, its window, and since when records are gathered.
Progress = dict[str, Any]


def progress_of(slots: Sequence[BatchSlot], position: int) -> Progress:
    """Return the progress of a poller that has read up to a position."""
    return {"position": position, "slots": [_slot(slot, position) for slot in slots]}


def first_unfinished(progress: Progress) -> int:
    """Return the position of the first record that is not done, in any slot."""
    first: int = min(
        min((position for batch in slot["batches"] for position in batch[0]), default=slot["next"])
        for slot in progress["slots"]
    )
    return first


def restore_slot(slot: BatchSlot, kept: dict[str, Any], records: Iterable[SourceRecord]) -> None:
    """Give a slot its batches, its window and what waits behind them; `records` are those of its keys."""
    found = {record.position: record for record in records}
    slot.gathering_since = kept["gathering_since"]
    slot.waiting.extend(record for position, record in found.items() if position >= kept["next"])
    if kept["window"] is not None:
        start, end, state, is_terminated_early = kept["window"]
        slot.window = WindowState(TumblingWindow(start, end), state, is_terminated_early)
    for positions, attempts, throttles, not_before in kept["batches"]:
        # What has expired meanwhile is gone.
        left = tuple(found[position] for position in positions if position in found)
        if left or not positions:
            slot.batches.append(Batch(left, attempts, throttles, not_before))


def _slot(slot: BatchSlot, position: int) -> dict[str, Any]:
    window = slot.window
    return {
        "batches": [
            (batch.positions, batch.attempts, batch.throttles, batch.not_before) for batch in slot.batches
        ],
        "next": slot.waiting[0].position if slot.waiting else position + 1,
        "gathering_since": slot.gathering_since,
        "window": window
        and (window.window.start, window.window.end, window.state, window.is_terminated_early),
    }
