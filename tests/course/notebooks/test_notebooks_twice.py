"""Every solved notebook, run twice in a row: the second time gives what the first time gave."""

import re
from collections.abc import Iterator

import pytest

from tests.course.notebooks.checkouts import Checkout, fresh_checkout
from tests.course.notebooks.runs import NUMBERS, Ran, exercises_in_files, run, solved_notebook, text_of
from workshop.cloud.temporary import temporary_cloud

# What a cell comes to, apart from times, and from how the records happened to be cut into batches.
RESULT = re.compile(
    r"^(✓ Passed|✗ Not yet right|○ Not attempted|⚠ The check|✓ Exact|✗ Not exact|Exact\b|Grand Total +\S+)",
    re.MULTILINE,
)
# Accidents hit other batches each time, and what they do to totals without guards differs by that.
BY_ACCIDENT = re.compile(r"faults|FaultPlan|dashboard")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Iterator[Checkout]:
    """The clone of a learner who does everything twice."""
    with temporary_cloud() as cloud:
        yield fresh_checkout(tmp_path_factory.mktemp("twice"), cloud=cloud)


def results(ran: Ran) -> list[tuple[str, list[str]]]:
    """Return what the cells came to, each with its first line, up to the first accident."""
    found = []
    for cell in ran.code:
        if BY_ACCIDENT.search(cell.source):
            break
        found.append((cell.source.splitlines()[0], RESULT.findall(text_of(cell))))
    return found


@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", NUMBERS)
def test_a_notebook_gives_the_same_twice(checkout, number) -> None:
    """Run again from the top in a new kernel, a notebook ends without an error, with the same results."""
    first, second = (
        run(checkout, number, solved_notebook(number), solve=exercises_in_files(number)) for _ in range(2)
    )

    assert second.errors == []
    assert results(second) == results(first)
