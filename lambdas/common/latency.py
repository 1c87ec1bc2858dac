"""Ages of messages, counted in buckets, so that a table can hold and add up millions of them.

Bucket *i* counts ages over 2^((i-1)/8) up to 2^(i/8) milliseconds: 256 buckets reach from a millisecond to
six weeks, and none is wider than a tenth of its age. Finer ones would not fit into one update, whose
expression may have 4 KB. Map fills them; Reduce moves them by the time that a row waited, and adds them to
the aggregate. Pure: no AWS, no time.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal

__all__ = ["BUCKETS", "bucket_of", "count_ages", "in_milliseconds", "later", "total_seconds"]

BUCKETS = 256
BUCKETS_PER_DOUBLING = 8
# Of each bucket, in milliseconds; whole ones where they tell the buckets apart.
MIDDLES = tuple(
    round(middle) if middle > 100 else round(middle, 3)
    for middle in (2.0 ** ((bucket - 0.5) / BUCKETS_PER_DOUBLING) for bucket in range(BUCKETS))
)


def bucket_of(milliseconds: float) -> int:
    """Return the bucket of an age; a clock that runs ahead puts it into the first.

    >>> bucket_of(1024), bucket_of(1025), bucket_of(-5)
    (80, 81, 0)
    """
    if milliseconds <= 1:
        return 0
    # Rounding keeps the upper bound inside its bucket, whatever the logarithm's last digit is.
    exact = round(BUCKETS_PER_DOUBLING * math.log2(milliseconds), 9)
    return min(math.ceil(exact), BUCKETS - 1)


def upper_bound(bucket: int) -> float:
    """Return the highest age in milliseconds that a bucket counts."""
    return math.exp2(bucket / BUCKETS_PER_DOUBLING)


def count_ages(milliseconds: Iterable[float]) -> dict[int, int]:
    """Return how many of the ages fall into each bucket; empty buckets are left out."""
    return dict(Counter(map(bucket_of, milliseconds)))


def in_milliseconds(ages: Mapping[int, int]) -> dict[float, int]:
    """Return the ages in the middle of the buckets, each with its number of messages.

    >>> in_milliseconds({80: 2})
    {981: 2}
    """
    return {MIDDLES[bucket]: count for bucket, count in ages.items()}


def later(ages: Mapping[int, int], milliseconds: float) -> dict[int, int]:
    """Return the same messages' buckets some time later; each counts as old as its bucket's oldest."""
    moved: Counter[int] = Counter()
    for bucket, count in ages.items():
        moved[bucket_of(upper_bound(bucket) + max(0.0, milliseconds))] += count
    return dict(moved)


def total_seconds(ages: Mapping[int, int], mean_seconds: float | None) -> Decimal:
    """Return the sum of the ages, to the microsecond; without their mean, as their buckets tell it.

    >>> total_seconds({80: 2}, 1.0), total_seconds({80: 2}, None), total_seconds({80: 2}, -3.0)
    (Decimal('2.000000'), Decimal('2.048000'), Decimal('0.000000'))
    """
    if mean_seconds is None:
        seconds = sum(upper_bound(bucket) * count for bucket, count in ages.items()) / 1000
    else:
        # A clock that runs ahead makes no message younger than new.
        seconds = max(0.0, mean_seconds) * sum(ages.values())
    return Decimal(f"{seconds:.6f}")
