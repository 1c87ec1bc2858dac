"""Learners who want to learn: one has done everything, one some of it and not all of that well."""

import pytest

from tests.grading.learner import ROOT, hand_in, solved, submission
from workshop.course.answers import solution_text, starter_text
from workshop.course.catch_up import file_at
from workshop.course.exercise import Outcome
from workshop.course.exercises import all_exercises, find_exercise
from workshop.grading import ClassResult, Limits, SubmissionProgress, check_submissions

# The whole course and a part of it, on a machine that may be busy.
pytestmark = pytest.mark.timeout(3600)

WRONG = "ws.deploy(LogRetentionDays=7)"
RAISES = "ws.client('kinesis').put_record(StreamName='nowhere', PartitionKey='a', Data=b'x')"
UNTOUCHED = ("first-trade", "one-key-one-shard", "connect-map", "stateless-connect", "break-the-guard")
STATE, MAP = "stateful/state.py", "stateful/map.py"
# Of the class only what is asked below is judged; of the solved course everything.
ASKED = (
    *UNTOUCHED,
    "deploy-stack",
    "put-records",
    "connect-state",
    "totals-exact",
    "state-conditional-write",
    "map-batch-guard",
    "reduce-ledger",
)
PATIENT = Limits(wall_seconds=3000, start_seconds=600, exercise_seconds=600)


@pytest.fixture(scope="module")
def told() -> list[SubmissionProgress]:
    """What was said while the class was checked."""
    return []


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory, told: list[SubmissionProgress]) -> ClassResult:
    """The class, checked in one call."""
    folder = tmp_path_factory.mktemp("class")
    hand_in(folder / "ann", {"first-trade": solution_text(find_exercise("first-trade"), ROOT)})
    cells = {each: starter_text(find_exercise(each), ROOT) for each in UNTOUCHED}
    cells |= {"deploy-stack": WRONG, "put-records": RAISES}
    cells["connect-state"] = solution_text(find_exercise("connect-state"), ROOT)
    broken_map = file_at(MAP, "11", ROOT) + "\n\ndef broken(:\n"
    hand_in(folder / "bob", cells, {STATE: file_at(STATE, "10", ROOT), MAP: broken_map})
    asked = [each for each in all_exercises() if each.id in ASKED]
    return check_submissions(folder, exercises=asked, limits=PATIENT, jobs=2, on_progress=told.append)


def outcomes(result: ClassResult, name: str) -> dict[str, tuple[Outcome, str]]:
    return {each.id: (each.outcome, each.feedback) for each in submission(result, name).exercises}


def test_the_solved_course_passes(tmp_path) -> None:
    """Whoever has done everything passes every exercise, also those whose answer a later one replaced."""
    result = check_submissions(solved(tmp_path / "ada"), limits=PATIENT)

    [ada] = result.submissions
    assert [(each.id, each.feedback) for each in ada.exercises if each.outcome is not Outcome.PASSED] == []
    assert [each.id for each in ada.exercises] == [each.id for each in all_exercises()]


def test_an_untouched_answer_is_nobodys_fault(result) -> None:
    """Starters are not attempted or incorrect, and never break a check."""
    found = [outcomes(result, "bob")[each][0] for each in UNTOUCHED]

    assert set(found) <= {Outcome.NOT_ATTEMPTED, Outcome.INCORRECT}
    assert Outcome.NOT_ATTEMPTED in found


def test_a_wrong_answer_costs_only_itself(result) -> None:
    """Exercises begin with the official solutions before them, whatever the learner's own did."""
    found = outcomes(result, "bob")

    assert found["deploy-stack"][0] is Outcome.INCORRECT
    assert found["connect-state"][0] is Outcome.PASSED
    assert found["state-conditional-write"][0] is Outcome.PASSED


def test_an_error_of_a_cell_is_quoted(result) -> None:
    """What the cell raised stands in the feedback, with the line."""
    outcome, feedback = outcomes(result, "bob")["put-records"]

    assert outcome is Outcome.INCORRECT
    assert "ResourceNotFoundException" in feedback
    assert "line 1 of the cell" in feedback


def test_a_file_that_is_no_python_is_incorrect(result) -> None:
    """A handler file that cannot be parsed costs the exercises in it, and the line is named."""
    outcome, feedback = outcomes(result, "bob")["map-batch-guard"]

    assert outcome is Outcome.INCORRECT
    assert "stateful/map.py" in feedback


def test_what_was_not_handed_in_is_not_attempted(result) -> None:
    """A missing notebook or file is named in the feedback of its exercises."""
    found = outcomes(result, "bob")

    assert found["totals-exact"] == (Outcome.NOT_ATTEMPTED, "Notebook 06 was not handed in.")
    assert found["reduce-ledger"] == (
        Outcome.NOT_ATTEMPTED,
        "`lambdas/stateful/reduce.py` was not handed in.",
    )


def test_progress_is_told(result, told) -> None:
    """Whoever waits hears of each exercise of each submission, and of each end."""
    ends = [step.name for step in told if step.is_done]

    assert sorted(ends) == ["ann", "bob"]
    assert max(step.judged for step in told if step.name == "bob") == len(ASKED)


def test_nothing_was_changed_in_the_checkout(result) -> None:
    """Checking writes nothing into the instructor's own checkout."""
    assert [each.name for each in result.submissions] == ["ann", "bob"]
    assert not (ROOT / "handed-in").exists()
    assert "def broken" not in (ROOT / "lambdas" / "stateful" / "map.py").read_text(encoding="utf-8")
