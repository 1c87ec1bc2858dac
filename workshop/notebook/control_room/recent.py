"""The recent past of a run: rates and latencies over a window that fits how long the run lasts.

In go counts that only grow, with their times; out come means over the window. Nothing is read here.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from workshop.pipeline.latency import FIGURES, LatencyHistogram

__all__ = ["Counts", "Recent", "window_seconds"]

LONGEST_SECONDS = 20.0
SHORTEST_SECONDS = 3.0
SHARE = 3.0


@dataclass(frozen=True)
class Counts:
    """What had been counted at one moment; `batches` gives batches and records of each function."""

    seconds: float
    sent: int = 0
    applied: int = 0
    latency: LatencyHistogram = field(default_factory=LatencyHistogram)
    batches: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def window_seconds(elapsed: float) -> float:
    """Return over how long rates are averaged: 20 seconds, or a third of a run shorter than a minute.

    >>> window_seconds(900), window_seconds(30), window_seconds(2)
    (20.0, 10.0, 3.0)
    """
    return min(LONGEST_SECONDS, max(SHORTEST_SECONDS, elapsed / SHARE))


class Recent:
    """The counts of one run, as far back as the window reaches."""

    def __init__(self, first: Counts) -> None:
        self._first = first
        self._kept = deque([first])
        self._sent_until = first.seconds
        self._applied: tuple[float, float] | None = None

    def add(self, counts: Counts) -> None:
        """Take in what is counted now."""
        latest = self._kept[-1]
        if counts.sent > latest.sent:
            self._sent_until = counts.seconds
        if counts.applied > latest.applied:
            begun = latest.seconds if self._applied is None else self._applied[0]
            self._applied = begun, counts.seconds
        self._kept.append(counts)
        # One from before the window stays, or the window would miss its own beginning.
        begins = counts.seconds - window_seconds(counts.seconds - self._first.seconds)
        while len(self._kept) > 2 and self._kept[1].seconds <= begins:
            self._kept.popleft()

    def rates(self, *, is_over: bool) -> tuple[float, float]:
        """Return sent and applied a second: over the window, or over the whole run if that is over.

        What took no longer to apply than to send was applied as fast as it was sent, in whatever portions.
        """
        first, last = (self._first if is_over else self._kept[0]), self._kept[-1]
        sending = applying = last.seconds - first.seconds
        if is_over:
            begun, ended = self._applied or (0.0, 0.0)
            sending = self._sent_until - first.seconds
            applying = max(sending, ended - begun)
        return _rate(last.sent - first.sent, sending), _rate(last.applied - first.applied, applying)

    def latency(self, *, is_over: bool) -> dict[str, float | None]:
        """Return mean, percentiles and maximum of the window, or of the whole run if it is over."""
        first, last = (self._first if is_over else self._kept[0]), self._kept[-1]
        if last.applied <= self._first.applied:
            return dict.fromkeys(FIGURES)
        found = last.latency.since(first.latency)
        return found.summary()

    def mean_batch(self, function: str) -> float | None:
        """Return how many records a batch had in the window, or else in the run; None without any batch."""
        for first in (self._kept[0], self._first):
            batches, records = self._kept[-1].batches.get(function, (0, 0))
            batches_before, records_before = first.batches.get(function, (0, 0))
            if batches > batches_before:
                return round((records - records_before) / (batches - batches_before), 1)
        return None


def _rate(count: int, seconds: float) -> float:
    # After a table was emptied a count falls; nothing was processed backwards.
    return round(max(0, count) / seconds, 1) if seconds > 0 else 0.0
