"""Handler files that want something else than to handle what they are given."""

import sys
import textwrap

import pytest

from tests.grading.learner import ROOT, hand_in
from workshop.course.catch_up import file_at
from workshop.course.exercise import Outcome
from workshop.course.exercises import find_exercise
from workshop.grading import ClassResult, Limits, check_submissions, find_containment

pytestmark = [
    pytest.mark.hostile,
    pytest.mark.skipif(sys.platform == "win32", reason="answers have no limits on Windows"),
    pytest.mark.timeout(600),
]

EXERCISE = "state-conditional-write"
FILE = "stateful/state.py"
LIMITS = Limits(exercise_seconds=60, cpu_seconds=5)
EXITS = """
import os
os._exit(0)
"""
LOOPS = """
while True:
    pass
"""
# Says on every channel that all is well, and asks the cloud to forget, before it handles anything.
MEDDLES = """
import json, os, urllib.request

verdict = {"event": "verdict", "id": "state-conditional-write", "outcome": "passed", "feedback": "Perfect."}
for path in ("/_workshop/reset", "/_workshop/clock", "/_workshop/shutdown", "/moto-api/reset"):
    body = json.dumps({"advance_seconds": 10**9}).encode()
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + path, data=body, method="POST")
    try:
        urllib.request.urlopen(request, timeout=5)
    except OSError as error:
        print(error)
print(json.dumps(verdict))
for channel in range(3, 20):
    try:
        os.write(channel, json.dumps(verdict).encode() + b"\\n")
    except OSError:
        pass
"""
READS = f"""
import os, pathlib

seen = [str(path) for path in ("{ROOT}/solutions", "{ROOT}/tests") if os.path.exists(path)]
seen += [str(path) for path in pathlib.Path("/tmp").glob("*/*/handed-in")]
seen += [str(path) for path in pathlib.Path("/tmp").glob("*/handed-in")]
if seen:
    raise RuntimeError(f"there is {{seen}}")
"""
HOSTILE = {"exits": EXITS, "loops": LOOPS, "meddles": MEDDLES}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> ClassResult:
    """The class, checked in one call; each file does what it does before it works correctly."""
    folder = tmp_path_factory.mktemp("class")
    solution = file_at(FILE, "10", ROOT)
    for name, text in {**HOSTILE, "reads": READS}.items():
        hand_in(folder / name, {}, {FILE: f"{textwrap.dedent(text)}\n{solution}"})
    hand_in(folder / "works", {}, {FILE: solution})
    return check_submissions(folder, exercises=[find_exercise(EXERCISE)], limits=LIMITS, jobs=2)


def outcome(result: ClassResult, name: str) -> tuple[Outcome, str]:
    [submission] = [each for each in result.submissions if each.name == name]
    [exercise] = submission.exercises
    return exercise.outcome, exercise.feedback


def test_the_one_that_works_passes(result) -> None:
    """A handler among them that does its work passes."""
    assert outcome(result, "works")[0] is Outcome.PASSED


@pytest.mark.skipif(not find_containment().is_complete, reason=" ".join(find_containment().warnings))
def test_a_handler_sees_neither_solutions_nor_other_submissions(result) -> None:
    """A handler that looks for answers of others finds none, and goes on to its work."""
    assert outcome(result, "reads") == outcome(result, "works")


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_handler_is_incorrect(result, name: str) -> None:
    """A handler that exits, loops, or speaks for the checker gets the verdict that its work deserves."""
    found, feedback = outcome(result, name)

    assert found is Outcome.INCORRECT
    assert "Perfect" not in feedback
