"""Values of a metric, summed up with how often each occurred, so that percentiles can be told.

AWS gives percentiles of what was published value by value or as values with counts, and none of statistics
alone (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html). moto fails at
them. Changed: they are computed. CloudWatch approximates them; so is it here where a metric has many values.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from weakref import WeakKeyDictionary

from moto.cloudwatch.models import MetricAggregatedDatum, MetricDatum, Statistics, cloudwatch_backends

from workshop.cloud.offline.keeping.logs import note_sum
from workshop.cloud.offline.overlay.correct import corrects

__all__ = ["PERCENTILE", "Distribution", "Metric", "add", "forget"]

PERCENTILE = re.compile(r"p(100|\d{1,2}(?:\.\d{1,10})?)")
# More values than these are told apart by two digits alone.
MOST_VALUES = 500
# So many sums may go on at a time; then others begin.
MOST_SUMS = 1_000

_MOTO_STATISTIC = Statistics.get_statistics_for_type


@dataclass(frozen=True)
class Metric:
    """What makes a metric: values of another namespace, name, dimension or unit are another's."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    unit: str


@dataclass(frozen=True)
class Distribution:
    """Values as statistics, and how often each occurred if that is known."""

    lowest: float
    highest: float
    total: float
    count: float
    counted: dict[float, float] | None = None

    @classmethod
    def of_values(cls, values: Sequence[float]) -> "Distribution":
        """Return the distribution of single values."""
        counted = dict.fromkeys(values, 0.0)
        for value in values:
            counted[value] += 1
        return cls(min(values), max(values), sum(values), float(len(values)), counted)


@dataclass
class _Sums:
    """What may still grow among the values of a backend."""

    values: Any
    sums: dict[tuple[Metric, float], Any]


# By backend; weakly, so that one that nobody uses any more can go.
_OPEN: WeakKeyDictionary[Any, _Sums] = WeakKeyDictionary()


def add(account_id: str, region: str, metric: Metric, seconds: float, values: Distribution) -> None:
    """Add values at a time to a metric; the caller holds the lock."""
    backend = cloudwatch_backends[account_id][region]
    known = _OPEN.get(backend)
    # A reset takes the values away, or puts another container in their place.
    if known is None or known.values is not backend.metric_data or not known.values:
        known = _OPEN[backend] = _Sums(backend.metric_data, {})
    datum = known.sums.get((metric, seconds))
    if datum is None:
        if len(known.sums) >= MOST_SUMS:
            known.sums.clear()
        datum = known.sums[metric, seconds] = _begun(metric, seconds, values)
        backend.metric_data.append(datum)
    else:
        _grow(datum, values)
        note_sum(backend.metric_data, datum)


def forget(backend: Any) -> None:
    """Begin all sums anew, since a backend's values are gone; the caller holds the lock."""
    backend.metric_data.clear()
    _OPEN.pop(backend, None)


def _begun(metric: Metric, seconds: float, values: Distribution) -> Any:
    datum = MetricAggregatedDatum(
        namespace=metric.namespace,
        name=metric.name,
        min_stat=values.lowest,
        max_stat=values.highest,
        sample_count=values.count,
        sum_stat=values.total,
        dimensions=[{"Name": name, "Value": value} for name, value in metric.dimensions],
        # The backend compares with times in UTC that do not say so.
        timestamp=datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None),
        unit=metric.unit,
    )
    if values.counted is not None:
        datum.counted = dict(values.counted)
    return datum


def _grow(datum: Any, values: Distribution) -> None:
    datum.min, datum.max = min(datum.min, values.lowest), max(datum.max, values.highest)
    datum.sum, datum.sample_count = datum.sum + values.total, datum.sample_count + values.count
    counted = vars(datum).get("counted")
    if counted is None or values.counted is None:
        # The values of a part are not known, so those of the whole are not.
        vars(datum).pop("counted", None)
        return
    _count(counted, values.counted.items())
    if len(counted) > MOST_VALUES:
        datum.counted = {}
        _count(datum.counted, ((float(f"{value:.2g}"), count) for value, count in counted.items()))


def _count(counted: dict[float, float], pairs: Iterable[tuple[float, float]]) -> None:
    for value, count in pairs:
        counted[value] = counted.get(value, 0.0) + count


@corrects(Statistics, "get_statistics_for_type")
def _statistic(self: Any, stat: str) -> Any:
    found = PERCENTILE.fullmatch(stat)
    return _percentile(self.metric_data, float(found[1])) if found else _MOTO_STATISTIC(self, stat)


def _percentile(data: list[Any], percent: float) -> float | None:
    """Return the lowest value that so many percent do not exceed; None if single values are not known."""
    counted: dict[float, float] = {}
    for datum in data:
        if isinstance(datum, MetricDatum):
            _count(counted, [(datum.value, 1.0)])
        elif (known := vars(datum).get("counted")) is not None:
            _count(counted, known.items())
        else:
            return None
    rank, passed = sum(counted.values()) * percent / 100, 0.0
    for value in sorted(counted):
        passed += counted[value]
        if passed >= rank:
            return value
    return None
