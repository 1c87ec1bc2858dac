"""Where a submission's exercises begin: on stacks as the course deploys them, whatever an answer has done."""

from typing import Any, cast

import pytest

from tests.course.gate.gate_bench import Bench, open_bench
from tests.grading.learner import solved
from workshop.cloud.connection import Cloud
from workshop.course.exercise import judge
from workshop.course.exercises import find_exercise
from workshop.grading.submission_judge import SubmissionJudge
from workshop.grading.submitted_answers import SubmittedAnswers

HANDLER_EXERCISE = find_exercise("map-subtract-old")


@pytest.fixture(scope="module")
def bench(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A course for one submission."""
    return open_bench(tmp_path_factory.mktemp("course"), cloud)


@pytest.fixture(scope="module")
def judge_of_ada(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> SubmissionJudge:
    """Judges exercises whose answers are handlers, which needs no sandbox for cells."""
    answers = SubmittedAnswers(solved(tmp_path_factory.mktemp("class") / "ada"))
    return SubmissionJudge(bench.course, answers, cast("Any", None))


@pytest.mark.parametrize(
    "parameters", [{}, {"ShardCount": 3, "ReduceConcurrency": 5}], ids=["none", "others"]
)
def test_an_exercise_begins_on_the_stack_of_the_course(
    bench: Bench, judge_of_ada: SubmissionJudge, parameters: dict[str, int]
) -> None:
    """The stack has the parameters that notebook 01 asks for, whether there was none or an answer's own."""
    if parameters:
        bench.course.deploy(**parameters)

    verdict = judge_of_ada.judge(HANDLER_EXERCISE, begun=lambda: None)

    assert verdict.is_passed, verdict.feedback
    assert judge(find_exercise("deploy-stack"), bench.course).is_passed
