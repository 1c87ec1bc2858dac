"""The searches of a diagnosis: which neighbouring things, taken together, add up to a given number.

In go integers (fingerprints) and a target, out come the places of what adds up to it. Every search is bounded
by its budget and says nothing about what the numbers mean.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice, product

__all__ = [
    "MOST_FOUND",
    "Interval",
    "Run",
    "find_pair",
    "find_pieces",
    "find_runs",
    "find_runs_of_intervals",
    "find_subset",
    "find_suffixes",
]

# First and last place of a run, both belonging to it.
Run = tuple[int, int]
# First and last place, and what it adds once both are within a run.
Interval = tuple[int, int, int]

# More than a few candidates say no more than that there are many.
MOST_FOUND = 50
SUMS = 150_000
BLOCK = 128


def find_runs(values: Sequence[int], target: int) -> list[Run]:
    """Return the runs of neighbours that add up to the target; both ends add something."""
    places = [place for place, value in enumerate(values) if value]
    found: list[Run] = []
    starts: dict[int, list[int]] = {}
    total = 0
    for place in places:
        starts.setdefault(total, []).append(place)
        total += values[place]
        found += ((start, place) for start in starts.get(total - target, ())[:MOST_FOUND])
        if len(found) > MOST_FOUND:
            break
    return _smallest(found)


def find_runs_of_intervals(intervals: Sequence[Interval], target: int) -> list[Run]:
    """Return the runs for which the intervals that lie within them add up to the target.

    While the last place of a run moves on, the sum of each run that ends there is kept by its first place.
    An interval that ends adds to the sums of all first places up to its own.
    """
    starts = sorted({first for first, _, _ in intervals})
    ends = sorted(intervals, key=lambda interval: interval[1])
    sums = _Sums()
    found: list[Run] = []
    for number, (first, last, value) in enumerate(ends):
        while len(sums) < len(starts) and starts[len(sums)] <= last:
            sums.append_zero()
        sums.add(value, up_to=bisect_right(starts, first))
        if number + 1 == len(ends) or ends[number + 1][1] > last:
            found += ((starts[index], last) for index in islice(sums.find(target), MOST_FOUND))
        if len(found) > MOST_FOUND:
            break
    return _smallest(found)


class _Sums:
    """A growing list of sums, in which many can be changed, and a sum looked up, without touching each.

    A sum is what is noted for it, plus the shift of its block, plus the shift of all.
    """

    def __init__(self) -> None:
        self._noted: list[int] = []
        self._shift = 0
        self._block_shifts: list[int] = []
        self._holders: list[dict[int, set[int]]] = []

    def __len__(self) -> int:
        return len(self._noted)

    def append_zero(self) -> None:
        """Add a sum of zero at the end."""
        if len(self._noted) % BLOCK == 0:
            self._block_shifts.append(0)
            self._holders.append({})
        self._note(len(self._noted), -self._shift - self._block_shifts[-1])

    def add(self, value: int, *, up_to: int) -> None:
        """Add to all sums before a place: to all there are, and back from those behind."""
        self._shift += value
        behind = -(-up_to // BLOCK)
        for index in range(up_to, min(behind * BLOCK, len(self._noted))):
            self._holders[behind - 1][self._noted[index]].discard(index)
            self._note(index, self._noted[index] - value)
        for block in range(behind, len(self._block_shifts)):
            self._block_shifts[block] -= value

    def find(self, total: int) -> Iterator[int]:
        """Yield where the sum has this value."""
        wanted = total - self._shift
        for block_shift, holders in zip(self._block_shifts, self._holders, strict=True):
            if wanted - block_shift in holders:
                yield from holders[wanted - block_shift]

    def _note(self, index: int, noted: int) -> None:
        if index == len(self._noted):
            self._noted.append(noted)
        self._noted[index] = noted
        self._holders[index // BLOCK].setdefault(noted, set()).add(index)


def find_suffixes(lanes: Sequence[Sequence[int]], target: int) -> list[tuple[int, ...]]:
    """Return from which place on each lane must be taken, for all that is taken to add up to the target.

    Nothing is returned for lanes with too many combinations.
    """
    choices = [list(_suffix_sums(lane)) for lane in lanes]
    half = (len(choices) + 1) // 2
    left, right = choices[:half], choices[half:]
    if max(_count(left), _count(right)) > SUMS:
        return []
    combinations: dict[int, tuple[int, ...]] = {}
    for chosen in product(*left):
        # The first to come takes the fewest places, since shorter suffixes stand in front.
        combinations.setdefault(sum(total for _, total in chosen), tuple(start for start, _ in chosen))
    found: list[tuple[int, ...]] = []
    for chosen in product(*right):
        rest = target - sum(total for _, total in chosen)
        if rest in combinations:
            found.append((*combinations[rest], *(start for start, _ in chosen)))
            if len(found) > MOST_FOUND:
                break
    return sorted(found, key=sum, reverse=True)[:MOST_FOUND]


def find_pieces(left: Sequence[int], right: Sequence[int], target: int) -> list[tuple[Run, Run]]:
    """Return a run of the left lane and one of the right lane that together add up to the target.

    Nothing is returned for lanes that are too long to try all runs.
    """
    if any(len(lane) * (len(lane) + 1) // 2 > SUMS for lane in (left, right)):
        return []
    of_left = {total: run for run, total in _run_sums(left)}
    found = [(of_left[target - total], run) for run, total in _run_sums(right) if target - total in of_left]
    return found[:MOST_FOUND]


def find_pair(values: Sequence[int], target: int) -> list[tuple[int, int]]:
    """Return the places of two different values that add up to the target."""
    places: dict[int, list[int]] = {}
    found: list[tuple[int, int]] = []
    for place, value in enumerate(values):
        found += ((other, place) for other in places.get(target - value, ())[:MOST_FOUND])
        places.setdefault(value, []).append(place)
        if len(found) > MOST_FOUND:
            break
    return found


def find_subset(values: Sequence[int], target: int) -> tuple[int, ...] | None:
    """Return the places of values that add up to the target, if there are few enough to try all subsets."""
    half = len(values) // 2
    if 2 ** (len(values) - half) > SUMS:
        return None
    of_left: dict[int, int] = {}
    for mask, total in enumerate(_subset_sums(values[:half])):
        of_left.setdefault(total, mask)
    for mask, total in enumerate(_subset_sums(values[half:])):
        if target - total in of_left:
            together = of_left[target - total] | mask << half
            return tuple(place for place in range(len(values)) if together >> place & 1)
    return None


def _smallest(found: list[Run]) -> list[Run]:
    """Leave out the runs that contain another one: what they have more adds nothing."""
    return [
        run
        for run in found
        if not any(other != run and run[0] <= other[0] and other[1] <= run[1] for other in found)
    ]


def _suffix_sums(values: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield where a suffix starts and what it adds up to, from the empty one to the longest."""
    yield len(values), 0
    total = 0
    for place in range(len(values) - 1, -1, -1):
        if values[place]:
            total += values[place]
            yield place, total


def _run_sums(values: Sequence[int]) -> Iterator[tuple[Run, int]]:
    for first in range(len(values)):
        for length, total in enumerate(accumulate(values[first:])):
            yield (first, first + length), total


def _subset_sums(values: Sequence[int]) -> list[int]:
    sums = [0]
    for value in values:
        sums += [total + value for total in sums]
    return sums


def _count(choices: Sequence[Sequence[object]]) -> int:
    count = 1
    for choice in choices:
        count *= len(choice)
    return count
