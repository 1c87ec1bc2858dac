"""What a course says once its cloud has gone: one error, at once, and no guess about the pipeline."""

from collections.abc import Callable

import pytest

from tests.course.gate.gate_bench import open_bench
from workshop.cloud.connection import Cloud
from workshop.course.catch_up import catch_up, restore
from workshop.course.course import Course
from workshop.course.exercise import Outcome, judge
from workshop.course.exercises import all_exercises
from workshop.course.rest import Rest
from workshop.course.tools.frames import frame_of
from workshop.errors import FROM_A_NOTEBOOK, CloudNotRunningError
from workshop.pipeline.aggregates import AggregateSnapshot

NOBODY = "http://127.0.0.1:9"
CALLS: dict[str, Callable[[Course], object]] = {
    "is_deployed": lambda course: course.is_deployed,
    "deploy": lambda course: course.deploy(),
    "send": lambda course: course.send(1),
    "totals": lambda course: course.totals(),
    "rest": lambda course: course.rest(),
    "pending": lambda course: course.pending(),
    "trouble": lambda course: course.trouble(),
    "messages": lambda course: course.messages(),
    "frame": lambda course: frame_of(course, "StateTable"),
    "diagnose": lambda course: course.diagnose_at(Rest(AggregateSnapshot(), 0, is_certain=True)),
    "reconcile": lambda course: course.reconcile(),
    "clear": lambda course: course.clear(),
    "restore": lambda course: restore(course, "06"),
    "catch_up": lambda course: catch_up(course, "06"),
}


@pytest.fixture(scope="module")
def gone(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course in a notebook whose cloud has ended."""
    cloud = Cloud("offline", region="us-east-1", endpoint=NOBODY)
    cloud.enter_notebook()
    return open_bench(tmp_path_factory.mktemp("learner"), cloud).course


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_each_call_says_that_the_cloud_has_gone(gone: Course, call: Callable[[Course], object]) -> None:
    """No call takes a cloud that has gone for a stack that was never deployed, or goes on without it."""
    with pytest.raises(CloudNotRunningError, match=FROM_A_NOTEBOOK):
        call(gone)


def test_no_check_calls_an_answer_wrong(gone: Course) -> None:
    """A check that needs the cloud says that it could not be carried out, and what to do."""
    exercise = next(each for each in all_exercises() if each.id == "connect-map")

    verdict = judge(exercise, gone)

    assert verdict.outcome is Outcome.BROKEN_CHECK
    assert FROM_A_NOTEBOOK in verdict.feedback
