"""How ages are counted in buckets."""

from decimal import Decimal

import pytest
from common.latency import BUCKETS, bucket_of, count_ages, later, upper_bound
from common.steps import Progress
from common.writes import add_totals
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("bucket", range(BUCKETS))
def test_a_bucket_holds_its_upper_bound(bucket: int) -> None:
    """An age of exactly a bucket's upper bound is in that bucket, and anything more is in the next."""
    assert bucket_of(upper_bound(bucket)) == bucket
    assert bucket_of(upper_bound(bucket) * 1.0001) == min(bucket + 1, BUCKETS - 1)


@pytest.mark.parametrize(("milliseconds", "bucket"), [(-5000, 0), (0, 0), (1, 0), (1e12, BUCKETS - 1)])
def test_ages_out_of_range_are_counted_at_the_ends(milliseconds: float, bucket: int) -> None:
    """A message from the future counts as new, and one from last year as six weeks old."""
    assert bucket_of(milliseconds) == bucket


def test_equal_ages_are_counted_together() -> None:
    """Ages within one bucket are one count."""
    assert count_ages([1000, 1020, 5]) == {80: 2, 19: 1}


@given(st.dictionaries(st.integers(0, BUCKETS - 1), st.integers(1, 9)), st.floats(-10, 1e8))
def test_waiting_loses_no_message_and_makes_none_younger(ages: dict[int, int], waited: float) -> None:
    """After a wait every message is still counted, in the same bucket or a later one."""
    moved = later(ages, waited)

    assert sum(moved.values()) == sum(ages.values())
    assert min(moved, default=0) >= min(ages, default=0)


def test_a_wait_moves_messages_by_as_long() -> None:
    """Messages of up to 1,024 ms that waited 1,024 ms are up to 2,048 ms old."""
    assert later({80: 3}, 1024) == {88: 3}


def test_all_buckets_fit_into_one_update() -> None:
    """An update of every bucket at once stays within the 4 KB and 300 operators that DynamoDB allows."""
    ages = dict.fromkeys(range(BUCKETS), 10**9)
    [action] = add_totals("t", {}, progress=Progress(10**9, 10**9, ages, Decimal("1.5")), now=Decimal(1))

    assert len(action["Update"]["UpdateExpression"].encode()) <= 4096
    assert len(ages) <= 290
