"""Tumbling windows as values."""

import pytest

from workshop.cloud.offline.runtime.event_sources.windows import TumblingWindow, window_of

WINDOW = TumblingWindow(1607497440, 1607497560)


@pytest.mark.parametrize(
    ("arrived_at", "start"),
    [(1607497440.0, 1607497440), (1607497559.999, 1607497440), (1607497560.0, 1607497560)],
)
def test_record_belongs_to_the_window_of_its_arrival(arrived_at, start) -> None:
    """A window takes what arrives from its start up to, not including, its end."""
    assert window_of(arrived_at, 120) == TumblingWindow(start, start + 120)
