"""The whole course, solved: every notebook from its first to its last cell, twice, in order, on one cloud."""

import re
from collections.abc import Callable, Iterator

import pytest

from tests.course.notebooks.checkouts import Checkout, fresh_checkout
from tests.course.notebooks.runs import (
    CHECK,
    NUMBERS,
    Ran,
    exercises_in_files,
    run,
    solved_notebook,
    text_of,
)
from workshop.course.exercises import all_exercises
from workshop.course.progress import CourseProgress
from workshop.cloud.temporary import temporary_cloud

LARGEST_BYTES = 1_000_000
OFFLINE_ONLY = re.compile(r"offline only", re.IGNORECASE)
# Whoever only looks at the offline cloud looks elsewhere on AWS; a fault plan lies in ParameterTable as well.
AS_ON_AWS = re.compile(r"control (GET |\w+ /_workshop/faults)")
# What a cell comes to, apart from times, and from how the records happened to be cut into batches.
RESULT = re.compile(
    r"^(✓ Passed|✗ Not yet right|○ Not attempted|⚠ The check|✓ Exact|✗ Not exact|Exact\b|Grand Total +\S+)",
    re.MULTILINE,
)
# Accidents hit other batches each time, and what they do to totals without guards differs by that.
BY_ACCIDENT = re.compile(r"faults|FaultPlan|control_room")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Iterator[Checkout]:
    """The clone of a learner who goes through the course."""
    with temporary_cloud() as cloud:
        yield fresh_checkout(tmp_path_factory.mktemp("course"), cloud=cloud)


@pytest.fixture(scope="module")
def course(checkout) -> Callable[[str], Ran]:
    """Run a notebook and all before it, as far as that has not happened yet."""
    done: dict[str, Ran] = {}

    def up_to(number: str) -> Ran:
        for each in NUMBERS[: NUMBERS.index(number) + 1]:
            if each not in done:
                done[each] = run(checkout, each, solved_notebook(each), solve=exercises_in_files(each))
                print(f"notebook {each}: {done[each].seconds:.0f} s")
        return done[number]

    return up_to


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
def test_a_solved_notebook_runs_to_its_end_and_gives_the_same_twice(checkout, course, number) -> None:
    """Solved, a notebook runs without an error, passes its checks, and does so again from the top."""
    here = [exercise for exercise in all_exercises() if exercise.notebook == number]

    ran = course(number)

    assert ran.errors == []
    entries = CourseProgress(checkout.home).entries()
    assert [each.id for each in here if each.id not in entries or not entries[each.id].is_passed] == []
    assert ran.size < LARGEST_BYTES
    assert ran.text.count("FigureWidget({") <= 1

    again = run(checkout, number, solved_notebook(number), solve=exercises_in_files(number))
    print(f"notebook {number} again: {again.seconds:.0f} s")

    assert again.errors == []
    assert results(again) == results(ran)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("number", NUMBERS)
def test_only_steps_marked_offline_only_change_the_offline_cloud(course, number) -> None:
    """What AWS does not offer is used only where the step, or the text above it, says *offline only*."""
    ran = course(number)
    cells = ran.notebook.cells

    unmarked = [
        (cells[index].source, calls)
        for index, calls in ran.control_calls.items()
        if not all(map(AS_ON_AWS.match, calls))
        # A check may do more offline than it can on AWS, and says so itself.
        and not CHECK.match(cells[index].source)
        and not any(OFFLINE_ONLY.search(cell.source) for cell in cells[max(0, index - 3) : index + 1])
    ]

    assert unmarked == []


@pytest.mark.timeout(1200)
def test_the_course_asks_nobody_outside(checkout, course) -> None:
    """None of the notebooks leaves the machine."""
    course(NUMBERS[-1])

    assert checkout.outside == []
