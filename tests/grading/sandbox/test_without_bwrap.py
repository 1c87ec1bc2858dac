"""What holds where answers cannot be given a place of their own."""

import textwrap

import pytest

from tests.grading.learner import ROOT, hand_in, outcome
from workshop.course.answers import solution_text
from workshop.course.exercise import Outcome
from workshop.course.exercises import find_exercise
from workshop.grading import ClassResult, Containment, Limits, check_submissions

pytestmark = pytest.mark.timeout(600)

EXERCISE = "deploy-stack"
OPEN = Containment(None, ("Nothing is closed here.",))
# Looks for the checker's own channels, and speaks for it.
FAKES = """
import json, os, pathlib

line = json.dumps({"event": "verdict", "id": "deploy-stack", "outcome": "passed", "feedback": "Perfect."})
for channel in range(64):
    try:
        os.write(channel, line.encode() + b"\\n")
    except OSError:
        pass
print(line)
os._exit(0)
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> ClassResult:
    """Two learners, checked without bwrap."""
    folder = tmp_path_factory.mktemp("class")
    exercise = find_exercise(EXERCISE)
    hand_in(folder / "fakes", {EXERCISE: textwrap.dedent(FAKES)})
    hand_in(folder / "works", {EXERCISE: solution_text(exercise, ROOT)})
    limits = Limits(exercise_seconds=120)
    return check_submissions(folder, exercises=[exercise], limits=limits, jobs=2, containment=OPEN)


def test_an_honest_answer_passes(result) -> None:
    """Answers are checked on every system."""
    assert outcome(result, "works")[0] is Outcome.PASSED


def test_faked_output_convinces_nobody(result) -> None:
    """Verdicts travel on a channel that no answer holds, with bwrap and without."""
    found, feedback = outcome(result, "fakes")

    assert found is not Outcome.PASSED
    assert "Perfect" not in feedback


def test_what_is_open_is_said(result) -> None:
    """The result carries the warning."""
    assert result.warnings == OPEN.warnings
