"""How long messages took: a histogram in fixed logarithmic buckets, and percentiles read from it.

A message's latency is the commit time of the AggregateTable transaction that contains it minus its
timestamp. Reduce counts latencies in buckets, since a table cannot keep them one by one; bucket *i* holds
latencies over 2^((i-1)/8) up to 2^(i/8) milliseconds. A percentile is given as the middle of its bucket, at
most a twentieth from the truth; the time that a row waited for Reduce is added in buckets too, so it may be
twice as much. The mean is exact: Reduce sums latencies as well.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = [
    "BUCKET_COUNT",
    "FIGURES",
    "LatencyHistogram",
    "bucket_of",
    "middle_seconds",
    "upper_bound_seconds",
]

BUCKET_COUNT = 256
BUCKETS_PER_DOUBLING = 8
PERCENTILES = {"p50": 50, "p95": 95, "p99": 99, "max": 100}
FIGURES = ("mean", *PERCENTILES)


def upper_bound_seconds(bucket: int) -> float:
    """Return the longest latency that a bucket holds.

    >>> upper_bound_seconds(80)
    1.024
    """
    return math.exp2(bucket / BUCKETS_PER_DOUBLING) / 1000


def middle_seconds(bucket: int) -> float:
    """Return the geometric middle of a bucket, the best guess for a latency in it."""
    return math.exp2((bucket - 0.5) / BUCKETS_PER_DOUBLING) / 1000


def bucket_of(seconds: float) -> int:
    """Return the bucket that a latency falls into; what lies outside goes to the first or last one.

    >>> bucket_of(1.024), bucket_of(1.025), bucket_of(-5)
    (80, 81, 0)
    """
    if seconds <= upper_bound_seconds(0):
        return 0
    # The rounding keeps a bucket's own upper bound inside it, whatever the logarithm's last digit.
    exact = BUCKETS_PER_DOUBLING * math.log2(seconds * 1000)
    return min(BUCKET_COUNT - 1, math.ceil(round(exact, 9)))


@dataclass(frozen=True)
class LatencyHistogram:
    """How many messages fell into each bucket; empty buckets may be absent.

    `seconds` is the sum of all latencies; None where nobody has summed them, and then the buckets tell it.
    """

    counts: Mapping[int, int] = field(default_factory=dict)
    seconds: float | None = None

    @property
    def total(self) -> int:
        """How many messages were measured."""
        return sum(self.counts.values())

    def since(self, earlier: "LatencyHistogram") -> "LatencyHistogram":
        """Return what was measured after an earlier histogram of the same table."""
        seconds = None
        if self.seconds is not None and (earlier.seconds is not None or not earlier.total):
            seconds = max(0.0, self.seconds - (earlier.seconds or 0.0))
        return LatencyHistogram(
            {bucket: max(0, count - earlier.counts.get(bucket, 0)) for bucket, count in self.counts.items()},
            seconds,
        )

    def mean_seconds(self) -> float | None:
        """Return the mean latency, or None if none was measured."""
        if not self.total:
            return None
        if self.seconds is not None:
            return self.seconds / self.total
        return sum(middle_seconds(bucket) * count for bucket, count in self.counts.items()) / self.total

    def percentile_seconds(self, percent: float) -> float | None:
        """Return the latency that `percent` of the messages kept to, or None if none was measured."""
        wanted = self.total * percent / 100
        reached = 0
        for bucket in sorted(bucket for bucket, count in self.counts.items() if count > 0):
            reached += self.counts[bucket]
            if reached >= wanted:
                return middle_seconds(bucket)
        return None

    def summary(self) -> dict[str, float | None]:
        """Return mean, p50, p95, p99 and max in seconds, to the millisecond."""
        found = {"mean": self.mean_seconds()}
        found |= {name: self.percentile_seconds(percent) for name, percent in PERCENTILES.items()}
        return {name: None if seconds is None else round(seconds, 3) for name, seconds in found.items()}
