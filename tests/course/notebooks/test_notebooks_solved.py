"""The whole course, solved: every notebook from its first to its last cell, in order, on one cloud."""

import re
from collections.abc import Iterator

import pytest

from tests.course.notebooks.checkouts import Checkout, fresh_checkout
from tests.course.notebooks.runs import CHECK, NUMBERS, Ran, exercises_in_files, run, solved_notebook
from workshop.course.exercises import all_exercises
from workshop.course.progress import Progress
from workshop.cloud.temporary import temporary_cloud

LARGEST_BYTES = 1_000_000
OFFLINE_ONLY = re.compile(r"offline only", re.IGNORECASE)
# Whoever only looks at the offline cloud looks elsewhere on AWS; a fault plan lies in ParameterTable as well.
AS_ON_AWS = re.compile(r"control (GET |\w+ /_workshop/faults)")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Iterator[Checkout]:
    """The clone of a learner who goes through the course."""
    with temporary_cloud() as cloud:
        yield fresh_checkout(tmp_path_factory.mktemp("course"), cloud=cloud)


@pytest.fixture(scope="module")
def course(checkout) -> dict[str, Ran]:
    """The notebooks that have been run so far."""
    return {}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", NUMBERS)
def test_a_solved_notebook_runs_to_its_end(checkout, course, number) -> None:
    """Solved, a notebook runs without an error, passes its checks, and is small when it is saved."""
    here = [exercise for exercise in all_exercises() if exercise.notebook == number]

    ran = run(checkout, number, solved_notebook(number), solve=exercises_in_files(number))
    course[number] = ran
    print(f"notebook {number}: {ran.seconds:.0f} s")

    assert ran.errors == []
    entries = Progress(checkout.home).entries()
    assert [each.id for each in here if each.id not in entries or not entries[each.id].is_passed] == []
    assert ran.size < LARGEST_BYTES
    assert ran.text.count("FigureWidget({") <= 1


@pytest.mark.parametrize("number", NUMBERS)
def test_only_steps_marked_offline_only_change_the_offline_cloud(course, number) -> None:
    """What AWS does not offer is used only where the step, or the text above it, says *offline only*."""
    cells = course[number].notebook.cells

    unmarked = [
        (cells[index].source, calls)
        for index, calls in course[number].control_calls.items()
        if not all(map(AS_ON_AWS.match, calls))
        # A check may do more offline than it can on AWS, and says so itself.
        and not CHECK.match(cells[index].source)
        and not any(OFFLINE_ONLY.search(cell.source) for cell in cells[max(0, index - 3) : index + 1])
    ]

    assert unmarked == []


def test_the_course_asks_nobody_outside(checkout, course) -> None:
    """None of the notebooks leaves the machine."""
    assert set(course) == set(NUMBERS)
    assert checkout.outside == []
