"""How a learner's cell ends, as the process that started it sees it."""

import re
import sys

import pytest

from tests.grading.learner import ROOT
from workshop.cloud.connection import Cloud
from workshop.course.course import Course
from workshop.grading.sandbox.availability import Containment
from workshop.grading.sandbox.cell_process import CellRun, run_cell_apart
from workshop.grading.sandbox.limits import Limits
from workshop.grading.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="answers have no limits on Windows")

ENOUGH_SECONDS = 60.0


@pytest.fixture(scope="module")
def course(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course in which nothing is deployed."""
    return Course(cloud, root=ROOT, home=tmp_path_factory.mktemp("home"))


@pytest.fixture
def sandbox(tmp_path) -> Sandbox:
    """A sandbox that sets limits alone."""
    sandbox = Sandbox(tmp_path, "mark", Limits(), Containment(None, ()))
    sandbox.write_settings(0)
    return sandbox


def run(source: str, course: Course, sandbox: Sandbox, *, seconds: float = ENOUGH_SECONDS) -> CellRun:
    return run_cell_apart("deploy-stack", source, course, sandbox=sandbox, runs={}, seconds=seconds)


def test_a_cell_that_runs_to_its_end_is_no_trouble(course, sandbox) -> None:
    """A cell has the course as `ws`, prints what it likes, and ends well."""
    assert run("print('x' * 10_000_000, ws.root)", course, sandbox) == CellRun(None, {})


@pytest.mark.parametrize(
    ("source", "seconds", "told"),
    [
        ("import threading\nthreading.Event().wait()", 2, "stopped after 2 s"),
        ("import os\nos._exit(0)", ENOUGH_SECONDS, "exit code 0"),
        ("x = 1\nthis is no Python", ENOUGH_SECONDS, r"SyntaxError.*line 2 of the cell"),
    ],
    ids=["waits for ever", "ends its process", "is no Python"],
)
def test_a_cell_that_does_not_end_well_is_trouble(
    course, sandbox, source: str, seconds: float, told: str
) -> None:
    """The trouble says that the cell was stopped, or its exit code, or its error with the line."""
    assert re.search(told, str(run(source, course, sandbox, seconds=seconds).trouble))
