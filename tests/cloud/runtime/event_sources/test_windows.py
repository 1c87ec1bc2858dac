"""Tumbling windows as values."""

import pytest

from workshop.cloud.offline.runtime.event_sources.windows import (
    MAX_STATE_BYTES,
    TumblingWindow,
    WindowState,
    window_of,
)

WINDOW = TumblingWindow(1607497440, 1607497560)


@pytest.mark.parametrize(
    ("arrived_at", "start"),
    [(1607497440.0, 1607497440), (1607497559.999, 1607497440), (1607497560.0, 1607497560)],
)
def test_record_belongs_to_the_window_of_its_arrival(arrived_at, start) -> None:
    """A window takes what arrives from its start up to, not including, its end."""
    assert window_of(arrived_at, 120) == TumblingWindow(start, start + 120)


def test_envelope_describes_the_window() -> None:
    """An event tells the window, the state so far, the shard, the source and whether it is the last."""
    envelope = WindowState(WINDOW, {"1": 282}).envelope(shard_id="shard", source_arn="arn", is_final=False)

    assert envelope == {
        "window": {"start": "2020-12-09T07:04:00Z", "end": "2020-12-09T07:06:00Z"},
        "state": {"1": 282},
        "shardId": "shard",
        "eventSourceARN": "arn",
        "isFinalInvokeForWindow": False,
        "isWindowTerminatedEarly": False,
    }


def test_window_is_over_at_its_end() -> None:
    """The last invocation of a window is due at its end, not before."""
    state = WindowState(WINDOW)

    assert not state.is_over(WINDOW.end - 0.001)
    assert state.is_over(WINDOW.end)


def test_state_beyond_a_megabyte_ends_the_window_early() -> None:
    """A state larger than 1 MB is not kept; the window ends at once, with the last state that fitted."""
    state = WindowState(WINDOW, {"n": 1}).with_state({"n": "x" * MAX_STATE_BYTES})

    assert state.is_over(WINDOW.start)
    envelope = state.envelope(shard_id="shard", source_arn="arn", is_final=True)
    assert envelope["state"] == {"n": 1}
    assert envelope["isWindowTerminatedEarly"]
