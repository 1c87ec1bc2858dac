"""Latencies in buckets, and percentiles read from them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.pipeline.latency import BUCKET_COUNT, FIGURES, LatencyHistogram, bucket_of, upper_bound_seconds


@given(st.floats(0.001, 4_000_000))
def test_a_latency_lies_within_its_bucket(seconds: float) -> None:
    """A bucket holds what is over the bound of the bucket before it, up to its own bound."""
    bucket = bucket_of(seconds)

    assert seconds <= upper_bound_seconds(bucket) * (1 + 1e-9) or bucket == BUCKET_COUNT - 1
    assert bucket == 0 or seconds > upper_bound_seconds(bucket - 1) * (1 - 1e-9)


def test_each_bound_belongs_to_its_own_bucket() -> None:
    """The bound of a bucket is inside it, for every bucket."""
    assert [bucket_of(upper_bound_seconds(bucket)) for bucket in range(BUCKET_COUNT)] == list(
        range(BUCKET_COUNT)
    )


def test_what_no_bucket_holds_goes_to_the_first_or_last() -> None:
    """A clock that runs behind gives the first bucket, months give the last."""
    assert bucket_of(-3) == bucket_of(0) == 0
    assert bucket_of(1e12) == BUCKET_COUNT - 1


def test_percentiles_are_right_to_a_twentieth() -> None:
    """A percentile lies within a twentieth of the latency that it stands for."""
    histogram = LatencyHistogram(
        {bucket_of(seconds): count for seconds, count in ((0.1, 90), (1.0, 9), (5.0, 1))}
    )

    assert histogram.percentile_seconds(50) == pytest.approx(0.1, rel=0.05)
    assert histogram.percentile_seconds(95) == pytest.approx(1.0, rel=0.05)
    assert histogram.percentile_seconds(100) == pytest.approx(5.0, rel=0.05)


def test_an_empty_histogram_has_no_percentiles() -> None:
    """Where nothing was measured, nothing is claimed."""
    assert LatencyHistogram().summary() == dict.fromkeys(FIGURES)
    assert LatencyHistogram({5: 0}).percentile_seconds(100) is None


def test_the_difference_of_two_histograms_is_what_came_between_them() -> None:
    """Counts are taken away bucket by bucket, and never become negative."""
    recent = LatencyHistogram({1: 5, 2: 3}).since(LatencyHistogram({1: 4, 2: 7, 9: 1}))

    assert recent.counts == {1: 1, 2: 0}


def test_the_mean_is_that_of_the_sum() -> None:
    """Where latencies were summed, their mean is exact; where not, the buckets tell it to a twentieth."""
    counts = {bucket_of(1.0): 1, bucket_of(3.0): 1}

    assert LatencyHistogram(counts, 4.0).mean_seconds() == 2.0
    assert LatencyHistogram(counts).mean_seconds() == pytest.approx(2.0, rel=0.05)


def test_the_mean_of_what_came_between_two_histograms_is_its_own() -> None:
    """Sums are taken away like counts; without the earlier sum there is none."""
    bucket = bucket_of(1.0)
    later = LatencyHistogram({bucket: 3}, 10.0)

    assert later.since(LatencyHistogram({bucket: 1}, 4.0)).mean_seconds() == 3.0
    assert later.since(LatencyHistogram()).mean_seconds() == pytest.approx(10 / 3)
    assert later.since(LatencyHistogram({bucket: 1})).seconds is None
