"""Cutting batches, and when they are due."""

import pytest

from tests.cloud.runtime.event_sources.test_retry_or_bisect import mapping
from workshop.cloud.offline.runtime.event_sources.batching import (
    MAX_PAYLOAD_BYTES,
    Cut,
    cut_batch,
    is_batch_due,
)
from workshop.cloud.offline.runtime.event_sources.events import SourceRecord, encode_event


def records(*sizes: int, arrived_at: float = 0.0) -> list[SourceRecord]:
    return [
        SourceRecord("shard", position, "k", arrived_at, b"x" * size)
        for position, size in enumerate(sizes, start=1)
    ]


def test_batch_never_exceeds_its_size() -> None:
    """No more records than the batch size are taken, and then no other can join."""
    assert cut_batch(records(1, 1, 1), mapping(batch_size=2)) == Cut(2, is_closed=True)
    assert cut_batch(records(1, 1), mapping(batch_size=2)) == Cut(2, is_closed=True)
    assert cut_batch(records(1), mapping(batch_size=2)) == Cut(1, is_closed=False)
    assert cut_batch([], mapping(batch_size=2)) == Cut(0, is_closed=False)


def test_payload_stays_below_six_megabytes() -> None:
    """A batch is cut before its event would be larger than 6 MB."""
    third = MAX_PAYLOAD_BYTES // 3
    waiting = records(third, third, third, third)

    cut = cut_batch(waiting, mapping(batch_size=100))

    assert cut == Cut(2, is_closed=True)
    assert len(encode_event(record.encoded for record in waiting[: cut.count])) <= MAX_PAYLOAD_BYTES


def test_record_larger_than_the_payload_stands_alone() -> None:
    """A record that fits into no payload makes a batch of its own, so that it can be discarded alone."""
    cut = cut_batch(records(MAX_PAYLOAD_BYTES + 1, 1), mapping(batch_size=100))

    assert cut == Cut(1, is_closed=True)


def test_window_state_takes_room() -> None:
    """The state of a tumbling window counts towards the payload."""
    half = MAX_PAYLOAD_BYTES // 2 - 1000

    assert cut_batch(records(half, half), mapping()).count == 2
    assert cut_batch(records(half, half), mapping(), state_bytes=10_000).count == 1


def test_batch_holds_one_tumbling_window() -> None:
    """Records of different tumbling windows are not sent together."""
    waiting = [*records(1, 1, arrived_at=59.9), *records(1, arrived_at=60.0)]

    assert cut_batch(waiting, mapping(tumbling_window_seconds=60)) == Cut(2, is_closed=True)


@pytest.mark.parametrize(
    ("cut", "window", "elapsed", "due"),
    [
        (Cut(0, is_closed=False), 0, 100, False),
        (Cut(1, is_closed=False), 0, 0, True),
        (Cut(1, is_closed=False), 10, 9.9, False),
        (Cut(1, is_closed=False), 10, 10, True),
        (Cut(1, is_closed=True), 10, 0, True),
    ],
)
def test_batch_is_due_when_closed_or_when_its_window_ends(cut, window, elapsed, due) -> None:
    """Without a window a batch is sent as it was read; with one, when it is full or the window is over."""
    settings = mapping(batching_window_seconds=window)

    assert is_batch_due(cut, settings, gathering_since=50.0, now=50.0 + elapsed) is due
