"""What a verdict on an exercise may be, and whose fault a failing check is."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from workshop.course.exercise import (
    Cell,
    CheckResult,
    Exercise,
    Function,
    Outcome,
    incorrect,
    judge,
    not_attempted,
    passed,
)
from workshop.course.exercises import all_exercises, find_exercise
from workshop.errors import (
    FROM_A_NOTEBOOK,
    BundleError,
    CloudNotRunningError,
    ConfigurationError,
    StackNotFoundError,
)

CELL = Cell("03")
DENIED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "DescribeTable")


def exercise(check: Any, *, location: Cell | Function = CELL, offline_only: bool = False) -> Exercise:
    return Exercise("an-id", "A title", "03", 5, location, check, offline_only=offline_only)


def course(**attributes: Any) -> Any:
    return SimpleNamespace(cloud=SimpleNamespace(offline=object()), **attributes)


def raising(error: Exception) -> Any:
    def check(_: Any) -> CheckResult:
        raise error

    return check


@pytest.mark.parametrize("verdict", [passed("Yes."), not_attempted("Not yet."), incorrect("No.")])
def test_a_check_speaks_for_itself(verdict: CheckResult) -> None:
    """The verdict of a check is handed on as it is."""
    assert judge(exercise(lambda _: verdict), course()) == verdict


@pytest.mark.parametrize(
    "error",
    [DENIED, EndpointConnectionError(endpoint_url="x"), ConfigurationError("x"), ZeroDivisionError("x")],
)
def test_a_check_that_fails_itself_is_broken(error: Exception) -> None:
    """Whatever stops a check, a refusal by AWS included, makes it broken, never the answer incorrect."""
    verdict = judge(exercise(raising(error)), course())

    assert verdict.outcome is Outcome.BROKEN_CHECK


def test_a_broken_check_blames_nobody() -> None:
    """A broken check says that it says nothing about the answer, what stopped it, and what to do."""
    feedback = judge(exercise(raising(DENIED)), course()).feedback

    assert "says nothing about your answer" in feedback
    assert "AccessDeniedException" in feedback
    assert "Check again" in feedback


def test_whoever_has_no_right_on_aws_is_told_whom_to_ask() -> None:
    """In an account somebody manages the rights; in the offline cloud nobody has to be asked."""
    on_aws: Any = SimpleNamespace(cloud=SimpleNamespace(offline=None))

    told, offline = (judge(exercise(raising(DENIED)), each).feedback for each in (on_aws, course()))

    assert "Ask whoever manages the account for this right" in told
    assert "Ask whoever" not in offline


def test_where_no_cloud_answers_the_check_says_how_to_start_it() -> None:
    """A cloud that has ended is started by the first cell of the notebook."""
    gone = CloudNotRunningError("x", FROM_A_NOTEBOOK)

    feedback = judge(exercise(raising(gone)), course()).feedback

    assert f"{FROM_A_NOTEBOOK}. Your work is untouched." in feedback
    assert feedback.endswith("Check again once the cloud answers.")


def test_a_file_that_is_no_python_is_an_incorrect_answer() -> None:
    """A handler that cannot be packed is incorrect, with the file and the line."""
    verdict = judge(
        exercise(raising(BundleError("`lambdas/stateful/map.py`, line 3: invalid syntax"))), course()
    )

    assert verdict.outcome is Outcome.INCORRECT
    assert "line 3" in verdict.feedback


def test_without_a_stack_nothing_has_been_attempted() -> None:
    """Where the stack is missing, an exercise is not attempted."""
    verdict = judge(exercise(raising(StackNotFoundError("course-stateful"))), course())

    assert verdict.outcome is Outcome.NOT_ATTEMPTED


def test_a_step_that_needs_the_offline_cloud_is_left_out_on_aws() -> None:
    """An exercise for the offline cloud alone is not checked on AWS."""
    on_aws: Any = SimpleNamespace(cloud=SimpleNamespace(offline=None))

    verdict = judge(exercise(raising(AssertionError()), offline_only=True), on_aws)

    assert verdict.outcome is Outcome.NOT_ATTEMPTED


@pytest.mark.parametrize(("changed", "is_said"), [(("map",), True), ((), False), (("reduce",), False)])
def test_a_file_that_is_not_deployed_yet_passes_with_a_reminder(
    changed: tuple[str, ...], *, is_said: bool
) -> None:
    """A correct file passes even if the cloud runs older code, and that is said."""
    location = Function("stateful/map.py", "store", "textbook")
    learner = course(is_deployed=True, undeployed=lambda: changed, stack="course-stateful")

    verdict = judge(exercise(lambda _: passed("Right."), location=location), learner)

    assert verdict.outcome is Outcome.PASSED
    assert ("still runs the code from before" in verdict.feedback) == is_said


def test_a_misspelt_id_gets_similar_ones() -> None:
    """An unknown id of an exercise is answered with those that look like it."""
    known = all_exercises()[0].id

    with pytest.raises(ConfigurationError, match=f"did you mean.*`{known}`"):
        find_exercise(f"{known}s")
