"""`workshop check --submission`, as an instructor uses it where no cloud runs; judging stands elsewhere."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.cli.conftest import Workshop
from workshop.course.exercise import Outcome
from workshop.grading import ClassResult, ExerciseResult, SubmissionProgress, SubmissionResult

FALSE = ExerciseResult("connect-state", Outcome.INCORRECT, "=It [red]is[/red] false.")
RIGHT = ExerciseResult("connect-state", Outcome.PASSED, "Right.")
ANNA = SubmissionResult("anna", (FALSE,), ("a note",), 2.0)
BEN = SubmissionResult("ben", (RIGHT,))


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Callable[[ClassResult], list[dict[str, Any]]]:
    """Let submissions have a result; return the calls that ask for it."""

    def let(result: ClassResult) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = []

        def check(folder: Path, **arguments: Any) -> ClassResult:
            calls.append({"folder": folder, **arguments})
            for each in result.submissions:
                arguments["on_progress"](SubmissionProgress(each.name, 1, 1, is_done=True))
            return result

        # What this machine can contain is not the subject here.
        containment = SimpleNamespace(warnings=result.warnings)
        monkeypatch.setattr("workshop.cli.course.check_submissions.find_containment", lambda: containment)
        monkeypatch.setattr("workshop.cli.course.check_submissions.check_submissions", check)
        return calls

    return let


def test_one_submission_is_shown_exercise_by_exercise(lonely_workshop: Workshop, judged: Any) -> None:
    """A learner's folder gives each exercise with its feedback as text, the notes, and exit code 1."""
    judged(ClassResult((ANNA,), ("the network",), is_class=False))

    done = lonely_workshop.run("check", "--submission", "anna")

    assert done.returncode == 1
    for text in ("✘ incorrect", "=It [red]is[/red] false.", "a note", "anna: 0 of 1 passed."):
        assert text in done.stdout
    assert done.stdout.index("Not contained: the network") < done.stdout.index("anna: checked")


def test_a_class_is_shown_submission_by_submission(lonely_workshop: Workshop, judged: Any) -> None:
    """A folder of submissions gives a line for each."""
    judged(ClassResult((ANNA, BEN), (), is_class=True))

    done = lonely_workshop.run("check", "--submission", "class")

    assert "1 of 2 submissions passed every exercise." in done.stdout
    assert done.returncode == 1


def test_the_document_alone_is_on_stdout(lonely_workshop: Workshop, judged: Any) -> None:
    """With --json, stdout holds one document with the exercises of the submission and nothing else."""
    judged(ClassResult((BEN,), ("the network",), is_class=False))

    done = lonely_workshop.run("check", "--submission", "ben", "--json")

    document = json.loads(done.stdout)
    assert document["exercises"] == [{"id": "connect-state", "outcome": "passed", "feedback": "Right."}]
    assert done.returncode == 0


def test_outcomes_can_be_written_for_spreadsheets(
    lonely_workshop: Workshop, judged: Any, tmp_path: Path
) -> None:
    """With --csv every outcome is a line of a file, and no cell is a formula."""
    judged(ClassResult((ANNA, BEN), (), is_class=True))

    lonely_workshop.run("check", "--submission", "class", "--csv", str(tmp_path / "out.csv"))

    lines = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()
    assert lines[1] == "anna,connect-state,incorrect,'=It [red]is[/red] false."
    assert lines[2] == "ben,connect-state,passed,Right."


def test_a_file_that_cannot_be_written_is_said(
    lonely_workshop: Workshop, judged: Any, tmp_path: Path
) -> None:
    """A place that cannot be written to is wrong usage."""
    judged(ClassResult((BEN,), (), is_class=False))

    done = lonely_workshop.run("check", "--submission", "ben", "--csv", str(tmp_path / "no" / "out.csv"))

    assert done.returncode == 2
    assert "--csv" in done.stderr


def test_exercises_and_jobs_can_be_chosen(lonely_workshop: Workshop, judged: Any) -> None:
    """Only the exercises that are named are judged, and several submissions at once if that is asked for."""
    calls = judged(ClassResult((BEN,), (), is_class=False))

    lonely_workshop.run("check", "connect-state", "--submission", "ben", "--jobs", "3")

    [call] = calls
    assert [exercise.id for exercise in call["exercises"]] == ["connect-state"]
    assert (call["folder"], call["jobs"]) == (Path("ben"), 3)


def test_a_folder_without_a_submission_is_wrong_usage(lonely_workshop: Workshop, tmp_path: Path) -> None:
    """A folder in which nothing was handed in ends with 2 and says what a submission is."""
    done = lonely_workshop.run("check", "--submission", str(tmp_path))

    assert done.returncode == 2
    assert "no submission lies in" in done.stderr
    assert "lambdas" in done.stderr
