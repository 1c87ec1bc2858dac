"""Lambda's metrics in CloudWatch, summed up before they are stored.

The backend searches all values it has ever got, so one value per invocation would slow it down without end;
here there is at most one per function, metric and minute.
Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics.html.
"""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import MetricAggregatedDatum, cloudwatch_backends

from workshop.clock import Clock
from workshop.cloud.offline.keeping.logs import note_sum
from workshop.cloud.offline.lock import LOCK

__all__ = ["Metrics"]

NAMESPACE = "AWS/Lambda"
MINUTE_SECONDS = 60
UNITS = {"Duration": "Milliseconds", "IteratorAge": "Milliseconds"}

Place = tuple[str, str, str]
Key = tuple[Place, str, int]


@dataclass(slots=True)
class _Statistics:
    """What has been measured of one metric in one minute, and where it is stored."""

    count: int = 0
    total: float = 0.0
    lowest: float = float("inf")
    highest: float = float("-inf")
    datum: Any = None

    def add(self, value: float) -> None:
        self.count += 1
        self.total += value
        self.lowest = min(self.lowest, value)
        self.highest = max(self.highest, value)


class Metrics:
    """Collects values; `flush` stores them. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._minutes: dict[Key, _Statistics] = {}
        self._changed: set[Key] = set()
        self._lock = threading.Lock()

    def add(self, place: Place, **values: float) -> None:
        """Note one value for each named metric of a function."""
        minute = int(self._clock.now() // MINUTE_SECONDS) * MINUTE_SECONDS
        with self._lock:
            for name, value in values.items():
                key = (place, name, minute)
                self._minutes.setdefault(key, _Statistics()).add(value)
                self._changed.add(key)

    def flush(self) -> None:
        """Store what is new since the last call; minutes that are over are forgotten here."""
        with LOCK, self._lock:
            for key in self._changed:
                self._store(key, self._minutes[key])
            self._changed.clear()
            current = int(self._clock.now() // MINUTE_SECONDS) * MINUTE_SECONDS
            self._minutes = {key: value for key, value in self._minutes.items() if key[2] >= current}

    def clear(self) -> None:
        """Forget everything that has not been stored."""
        with self._lock:
            self._minutes.clear()
            self._changed.clear()

    @staticmethod
    def _store(key: Key, statistics: _Statistics) -> None:
        (account_id, region, function), name, minute = key
        if statistics.datum is None:
            statistics.datum = MetricAggregatedDatum(
                namespace=NAMESPACE,
                name=name,
                min_stat=statistics.lowest,
                max_stat=statistics.highest,
                sample_count=float(statistics.count),
                sum_stat=statistics.total,
                dimensions=[{"Name": "FunctionName", "Value": function}],
                # The backend compares with times in UTC that do not say so.
                timestamp=datetime.fromtimestamp(minute, UTC).replace(tzinfo=None),
                unit=UNITS.get(name, "Count"),
            )
            cloudwatch_backends[account_id][region].metric_data.append(statistics.datum)
        datum = statistics.datum
        datum.min, datum.max = statistics.lowest, statistics.highest
        datum.sample_count, datum.sum = float(statistics.count), statistics.total
        note_sum(cloudwatch_backends[account_id][region].metric_data, datum)
