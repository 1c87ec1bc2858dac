"""Where a submission's exercises begin: on stacks as the course deploys them, whatever an answer has done."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from tests.course.gate.gate_bench import Bench, open_bench
from tests.grading.learner import solved
from workshop.course.course import Course
from workshop.course.exercise import judge
from workshop.course.exercises import find_exercise
from workshop.grading.handed_in import HandedIn
from workshop.grading.sitting import Sitting

HANDLER_EXERCISE = find_exercise("map-subtract-old")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A course for one submission."""
    with open_bench(tmp_path_factory.mktemp("course")) as bench:
        yield bench


@pytest.fixture
def course(bench: Bench, tmp_path: Path) -> Course:
    """The course, after an exercise of a handler was judged on it; that needs no process for cells."""
    sitting = Sitting(bench.course, handed_in=HandedIn(solved(tmp_path / "ada")), place=cast("Any", None))
    verdict = sitting.judge(HANDLER_EXERCISE, begun=lambda: None)
    assert verdict.is_passed, verdict.feedback
    return bench.course


def test_a_submission_finds_the_stack_of_the_course(course: Course) -> None:
    """The stack has the parameters that the exercise of notebook 01 asks for, not the template's."""
    verdict = judge(find_exercise("deploy-stack"), course)

    assert verdict.is_passed, verdict.feedback


def test_parameters_of_an_answer_do_not_stay(bench: Bench, course: Course, tmp_path: Path) -> None:
    """What one answer has deployed differently, the next exercise does not find."""
    course.deploy(ShardCount=3, ReduceConcurrency=5)
    sitting = Sitting(course, handed_in=HandedIn(solved(tmp_path / "bob")), place=cast("Any", None))

    sitting.judge(HANDLER_EXERCISE, begun=lambda: None)

    assert judge(find_exercise("deploy-stack"), bench.course).is_passed
