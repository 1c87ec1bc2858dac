"""A class in which most answers to one exercise want something else than to answer it."""

import os
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.grading.learner import ROOT, hand_in, outcome, submission, write_notebook
from tests.grading.sandbox.conftest import contained
from workshop.course.answers import solution_text
from workshop.course.exercise import Outcome
from workshop.course.exercises import find_exercise
from workshop.grading import ClassResult, Limits, check_submissions, find_containment

pytestmark = [
    pytest.mark.hostile,
    pytest.mark.skipif(sys.platform == "win32", reason="answers have no limits on Windows"),
    pytest.mark.timeout(900),
]

EXERCISE = "deploy-stack"
LIMITS = Limits(exercise_seconds=40, cpu_seconds=6, processes=30, file_mb=4, total_processes=120, disk_mb=100)
LEFT_BEHIND = "987654"

# What a checker would say about a correct answer, on every channel that there may be.
FAKE = """
import json, os
lines = "".join(
    json.dumps(each) + "\\n"
    for each in (
        {"event": "answer", "id": "deploy-stack"},
        {"event": "verdict", "id": "deploy-stack", "outcome": "passed", "feedback": "Perfect."},
        {"event": "end"},
        {"exercises": [{"id": "deploy-stack", "outcome": "passed", "feedback": "Perfect."}]},
    )
).encode()
for channel in range(64):
    try:
        os.write(channel, lines)
    except OSError:
        pass
"""
PATCHES = """
import boto3, botocore.client, sys
from workshop.course import exercise, exercises
passed = exercise.passed("Perfect.")
exercise.judge = lambda *_: passed
for each in exercises.all_exercises():
    object.__setattr__(each, "check", lambda course: passed)
botocore.client.BaseClient._make_api_call = lambda *_, **__: {"Stacks": []}
boto3.client = lambda *_, **__: None
"""
REMOVES = f"""
import os, pathlib, shutil
for folder in ("{ROOT}/workshop/course", str(ws.root), str(pathlib.Path(ws.root).parent)):
    for path in pathlib.Path(folder).rglob("*"):
        if os.access(path, os.W_OK) and path.is_file():
            print("would remove", path)
    if "submission-" in folder:
        shutil.rmtree(folder, ignore_errors=True)
"""
# The deployment makes the answer right, unless the cloud obeys what comes after it.
RESETS = """
import urllib.request
endpoint = ws.client("kinesis").meta.endpoint_url
for path in ("/_workshop/reset", "/_workshop/shutdown", "/moto-api/reset", "/%6doto-api/reset"):
    request = urllib.request.Request(endpoint + path, data=b"{}", method="POST")
    try:
        urllib.request.urlopen(request, timeout=10)
    except OSError:
        pass
"""
STAYS = f"""
import os, subprocess, sys
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep({LEFT_BEHIND})"], start_new_session=True)
    os._exit(0)
"""
KILLS = """
import os, signal
for pid in range(2, 100_000):
    try:
        if pid != os.getpid():
            os.kill(pid, signal.SIGKILL)
    except OSError:
        pass
"""
FILLS = """
import os
number = 0
try:
    while True:
        with open(os.path.join(os.environ["HOME"], str(number)), "wb") as file:
            file.write(b"x" * 1_000_000)
        number += 1
except OSError:
    pass
"""
BOMB = """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
"""
IF_CONTAINED = find_containment().bwrap
HOSTILE = {
    "deceives": PATCHES + FAKE,
    "shouts": "while True:\n    print('x' * 10_000)",
    # What stays comes last: the cell itself would end it otherwise.
    "wrecks": (KILLS + REMOVES if IF_CONTAINED else "") + STAYS,
    **({"exhausts": FILLS + BOMB} if IF_CONTAINED else {}),
}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClassResult]:
    """The class, checked in one call."""
    folder = tmp_path_factory.mktemp("class")
    exercise = find_exercise(EXERCISE)
    solution = solution_text(exercise, ROOT)
    answers = {**HOSTILE, "resets": f"{solution}\n{RESETS}"}
    for name, text in answers.items():
        hand_in(folder / name, {EXERCISE: textwrap.dedent(text)})
    broken = write_notebook(folder / "unparsable", "01", [])
    broken.write_text("{" * 1000, encoding="utf-8")
    with write_notebook(folder / "huge", "01", []).open("r+b") as file:
        file.truncate(20 * 1024 * 1024)
    yield check_submissions(folder, exercises=[exercise], limits=LIMITS, jobs=2)
    assert sorted(path.name for path in folder.iterdir()) == sorted([*answers, "unparsable", "huge"])


def test_an_endless_cell_is_stopped(result) -> None:
    """A cell that does not end is ended, whatever it prints, and the result says how."""
    found, feedback = outcome(result, "shouts")

    assert found is Outcome.INCORRECT
    assert "stopped after" in feedback or "ended its process" in feedback


def test_a_cell_that_deceives_convinces_nobody(result) -> None:
    """Verdicts on every channel, patched checks and patched clients are those of the cell's process alone."""
    found, feedback = outcome(result, "deceives")

    assert found is not Outcome.PASSED
    assert "Perfect" not in feedback
    assert "raised" not in feedback  # it has tried everything


def test_the_control_of_the_cloud_obeys_its_owner_alone(result) -> None:
    """Resets and shutdowns that a cell asks for do not happen: what it deployed is still there."""
    assert outcome(result, "resets")[0] is Outcome.PASSED


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="there is no list of processes to look at")
def test_nothing_of_a_submission_goes_on_running(result) -> None:
    """A process that left its parent and its session is ended all the same."""
    assert outcome(result, "wrecks")[0] is Outcome.NOT_ATTEMPTED
    running = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            running.append(path.read_bytes())
        except OSError:
            continue
    assert not [line for line in running if LEFT_BEHIND.encode() in line]


def test_a_notebook_that_cannot_be_read_is_not_attempted(result) -> None:
    """A notebook that is none, or is huge, costs its own exercises, and the reason is told."""
    found, feedback = outcome(result, "unparsable")
    assert (found, "cannot be read" in feedback) == (Outcome.NOT_ATTEMPTED, True)

    assert outcome(result, "huge")[0] is Outcome.NOT_ATTEMPTED
    assert "at most" in submission(result, "huge").notes[0]


def test_what_is_not_contained_is_said(result) -> None:
    """The result carries the warnings of this machine."""
    assert result.warnings == find_containment().warnings


@contained
def test_what_takes_too_much_is_refused(result) -> None:
    """A filled disk and a fork bomb end with the cell."""
    assert outcome(result, "exhausts")[0] is Outcome.INCORRECT


@contained
def test_a_cell_ends_and_removes_nothing_but_its_own(result) -> None:
    """A cell that kills and removes all it sees leaves processes and files of the checker alone."""
    assert outcome(result, "wrecks")[0] is Outcome.NOT_ATTEMPTED
    assert (ROOT / "workshop" / "course" / "exercise.py").is_file()
    assert os.access(ROOT / "lambdas", os.R_OK)
