"""The forms in which outcomes leave the checker."""

import csv
import io
import json

from workshop.course.exercise import Outcome
from workshop.grading.outcomes import ClassResult, ExerciseResult, SubmissionResult, plain

PASSED = ExerciseResult("deploy-stack", Outcome.PASSED, "It is there.")
WRONG = ExerciseResult("put-records", Outcome.INCORRECT, '=HYPERLINK("http://x"), said "he"')


def test_one_submission_has_the_form_of_a_check() -> None:
    """The JSON of one submission lists its exercises as `workshop check --json` does."""
    result = ClassResult(
        (SubmissionResult("ada", (PASSED,), ("A note.",), 1.25),), ("Open.",), is_class=False
    )

    document = json.loads(json.dumps(result.document()))

    assert document["exercises"] == [{"id": "deploy-stack", "outcome": "passed", "feedback": "It is there."}]
    assert (document["submission"], document["notes"], document["warnings"]) == (
        "ada",
        ["A note."],
        ["Open."],
    )


def test_a_class_is_a_list() -> None:
    """The JSON of a folder of submissions has one entry for each, also if there is but one."""
    result = ClassResult((SubmissionResult("ada", (PASSED,)),), (), is_class=True)

    assert [each["submission"] for each in result.document()["submissions"]] == ["ada"]


def test_only_a_class_without_a_miss_is_passed() -> None:
    """A class is passed if every exercise of every submission is."""
    done, undone = SubmissionResult("ada", (PASSED,)), SubmissionResult("bob", (PASSED, WRONG))

    assert ClassResult((done,), (), is_class=True).is_passed
    assert not ClassResult((done, undone), (), is_class=True).is_passed
    assert undone.count(Outcome.INCORRECT) == 1


def test_csv_has_a_line_for_each_exercise() -> None:
    """The CSV is a table with a head, and quotes what needs quoting."""
    result = ClassResult((SubmissionResult("bob", (PASSED, WRONG)),), (), is_class=True)

    rows = list(csv.reader(io.StringIO(result.csv_text())))

    assert rows[0] == ["submission", "exercise", "outcome", "feedback"]
    assert rows[1] == ["bob", "deploy-stack", "passed", "It is there."]


def test_no_spreadsheet_takes_feedback_for_a_formula() -> None:
    """A cell that begins like a formula is made text."""
    result = ClassResult((SubmissionResult("=cmd", (WRONG,)),), (), is_class=True)

    row = list(csv.reader(io.StringIO(result.csv_text())))[1]

    assert row[0] == "'=cmd"
    assert row[3].startswith("'=HYPERLINK")


def test_feedback_is_plain_text_of_bounded_length() -> None:
    """What a learner's code said can neither move the cursor nor fill the screen."""
    assert plain("a\x1b[2Jb\r\nc\u202e") == "a [2Jb  c "
    assert len(plain("x" * 100_000)) < 2_100
