"""Handler files that want something else than to handle what they are given."""

import sys
import textwrap

import pytest

from tests.grading.learner import ROOT, hand_in
from workshop.course.catch_up import file_at
from workshop.course.exercise import Outcome
from workshop.course.exercises import find_exercise
from workshop.grading import Limits, check_submissions, find_containment

pytestmark = [
    pytest.mark.hostile,
    pytest.mark.skipif(sys.platform == "win32", reason="answers have no limits on Windows"),
    pytest.mark.timeout(600),
]

NOTEBOOK = "10"
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
# What each file does before it works correctly, by the exercise that it answers.
FILES = {
    "state-conditional-write": ("stateful/state.py", MEDDLES),
    "map-batch-guard": ("stateful/map.py", LOOPS),
    "reduce-request-token": ("stateful/reduce.py", (READS if find_containment().bwrap else "") + EXITS),
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Outcome, str]]:
    """The outcome and the feedback of each exercise."""
    folder = tmp_path_factory.mktemp("class")
    texts = {
        path: f"{textwrap.dedent(text)}\n{file_at(path, NOTEBOOK, ROOT)}" for path, text in FILES.values()
    }
    hand_in(folder / "eve", {}, texts)
    [result] = check_submissions(folder, exercises=list(map(find_exercise, FILES)), limits=LIMITS).submissions
    return {each.id: (each.outcome, each.feedback) for each in result.exercises}


def test_a_handler_sees_neither_solutions_nor_submissions(outcomes) -> None:
    """A handler that looks for answers of others finds none, and comes to what it does next: it exits."""
    found, feedback = outcomes["reduce-request-token"]

    assert found is Outcome.INCORRECT
    assert "ExitError" in feedback
    assert "there is [" not in feedback


@pytest.mark.parametrize("exercise", sorted(FILES))
def test_a_hostile_handler_is_incorrect(outcomes, exercise: str) -> None:
    """A handler that speaks for the checker, loops or exits gets the verdict that its work deserves."""
    found, feedback = outcomes[exercise]

    assert found is Outcome.INCORRECT
    assert "Perfect" not in feedback
