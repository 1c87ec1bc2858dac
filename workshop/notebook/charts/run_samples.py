"""A run as it is watched: how much was sent and summed at each look, and what that means per second.

In go counts with their times, out come series for a chart and a few figures. Nothing is read or drawn here.
"""

from collections.abc import Callable
from dataclasses import dataclass

from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.front_end import Dashboard
from workshop.pipeline.latency import FIGURES

__all__ = ["WINDOW_SECONDS", "RunSamples", "Sample"]

# The mean over so long shows the trend and not the rhythm of the batches.
WINDOW_SECONDS = 20.0


@dataclass(frozen=True)
class Sample:
    """One look; `seconds` since the run began, speeds as rolling means, latencies in seconds."""

    seconds: float
    sent: int
    summed: int
    sent_per_second: float
    summed_per_second: float
    latency: dict[str, float | None]


class RunSamples:
    """Collects looks at one run, beginning with what was there before it."""

    def __init__(self, began: float, before: AggregateSnapshot) -> None:
        self._began = began
        self._before = before.message_count
        self._dashboard = Dashboard(WINDOW_SECONDS)
        self._dashboard.add(began, before)
        self._sent: list[tuple[float, int]] = [(began, 0)]
        self.samples: list[Sample] = []

    def add(self, now: float, sent: int, snapshot: AggregateSnapshot) -> Sample:
        """Take in one look."""
        self._dashboard.add(now, snapshot)
        self._sent.append((now, sent))
        # Of a run that begins, only its own messages count: the histogram of the table goes back further.
        latency = self._dashboard.latency.summary() if snapshot.message_count > self._before else {}
        sample = Sample(
            round(now - self._began, 2),
            sent,
            max(0, snapshot.message_count - self._before),
            round(self._sent_per_second(now), 1),
            round(self._dashboard.messages_per_second, 1),
            {name: latency.get(name) for name in FIGURES},
        )
        self.samples.append(sample)
        return sample

    def series(self, value: Callable[[Sample], float | None]) -> list[float | None]:
        """Return one value of every look."""
        return [value(sample) for sample in self.samples]

    def _sent_per_second(self, now: float) -> float:
        inside = [each for each in self._sent if each[0] >= now - WINDOW_SECONDS]
        (then, first), (_, last) = inside[0], inside[-1]
        return (last - first) / (now - then) if now > then else 0.0
