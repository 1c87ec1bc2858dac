"""The searches, held against trying everything."""

from itertools import combinations, product

from hypothesis import given
from hypothesis import strategies as st

from workshop.diagnosis.runs import (
    BLOCK,
    find_pair,
    find_pieces,
    find_runs,
    find_runs_of_intervals,
    find_subset,
    find_suffixes,
)

# Few different numbers, so that targets are met, often in several ways.
numbers = st.integers(-3, 3)
few = st.lists(numbers, max_size=12)
targets = st.integers(-8, 8).filter(bool)
intervals = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 6), numbers.filter(bool)).map(
        lambda each: (each[0], each[0] + each[1], each[2])
    ),
    max_size=14,
)


def smallest(runs: set[tuple[int, int]]) -> set[tuple[int, int]]:
    return {
        run
        for run in runs
        if not any(run != other and run[0] <= other[0] and other[1] <= run[1] for other in runs)
    }


@given(few, targets)
def test_runs_are_all_smallest_ones(values: list[int], target: int) -> None:
    """The runs found are the shortest of all that add up to the target."""
    every = {
        (first, last)
        for first in range(len(values))
        for last in range(first, len(values))
        if sum(values[first : last + 1]) == target
    }

    assert set(find_runs(values, target)) == smallest(every)


@given(intervals, targets)
def test_intervals_count_only_when_they_lie_within(spans: list[tuple[int, int, int]], target: int) -> None:
    """A run adds up the intervals that lie within it as a whole, and no others."""
    places = range(20)
    every = {
        (first, last)
        for first in places
        for last in range(first, 20)
        if sum(value for start, end, value in spans if first <= start and end <= last) == target
    }

    assert set(find_runs_of_intervals(spans, target)) == smallest(every)


def test_intervals_are_found_across_many_blocks() -> None:
    """A run is found also when intervals reach over more first places than one block holds."""
    spans = [(place, place, 2**place) for place in range(3 * BLOCK)]
    spans += [(place, place + 2 * BLOCK, 3 ** (place + 400)) for place in range(0, BLOCK, 7)]
    first, last = 5, 2 * BLOCK + 20
    target = sum(value for start, end, value in spans if first <= start and end <= last)

    assert find_runs_of_intervals(spans, target) == [(first, last)]


@given(st.lists(few, min_size=1, max_size=4), targets)
def test_suffixes_add_up(lanes: list[list[int]], target: int) -> None:
    """What is taken from the ends of the lanes adds up to the target, and is found if there is any."""
    possible = any(
        sum(sum(lane[start:]) for lane, start in zip(lanes, starts, strict=True)) == target
        for starts in product(*(range(len(lane) + 1) for lane in lanes))
    )

    found = find_suffixes(lanes, target)

    assert bool(found) == possible
    for starts in found:
        assert sum(sum(lane[start:]) for lane, start in zip(lanes, starts, strict=True)) == target


@given(few, few, targets)
def test_pieces_add_up(left: list[int], right: list[int], target: int) -> None:
    """One run of each lane is found if any two of them add up to the target."""
    runs = [
        [sum(lane[first : last + 1]) for first in range(len(lane)) for last in range(first, len(lane))]
        for lane in (left, right)
    ]

    found = find_pieces(left, right, target)

    assert bool(found) == any(one + other == target for one, other in product(*runs))
    for (first, last), (start, end) in found:
        assert sum(left[first : last + 1]) + sum(right[start : end + 1]) == target


@given(few, targets)
def test_pairs_are_all_found(values: list[int], target: int) -> None:
    """Every pair of different places whose values add up to the target is found once."""
    every = {
        (one, other)
        for one, other in combinations(range(len(values)), 2)
        if values[one] + values[other] == target
    }

    found = find_pair(values, target)

    assert set(found) == every or len(found) > 50
    assert len(set(found)) == len(found)


@given(few, targets)
def test_subset_adds_up(values: list[int], target: int) -> None:
    """A set of places is found if any set of values adds up to the target."""
    sums = {sum(chosen) for size in range(len(values) + 1) for chosen in combinations(values, size)}

    found = find_subset(values, target)

    assert (found is not None) == (target in sums)
    assert found is None or sum(values[place] for place in found) == target


def test_searches_that_would_take_too_long_are_not_begun() -> None:
    """Too many combinations are answered with nothing, not with hours of work."""
    many = list(range(1, 1_000))

    assert find_subset(many, 77) is None
    assert find_pieces(many, many, 77) == []
    assert find_suffixes([many] * 6, 77) == []


def test_equal_values_do_not_fill_the_memory() -> None:
    """When everything fits, a handful is enough."""
    same = [1] * 20_000

    assert len(find_runs(same, 10)) <= 100
    assert len(find_pair(same, 2)) <= 150
    assert len(find_runs_of_intervals([(place, place, 1) for place in range(5_000)], 10)) <= 150
