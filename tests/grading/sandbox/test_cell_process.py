"""How a learner's cell ends, as the process that started it sees it."""

import sys
from collections.abc import Iterator

import pytest

from tests.grading.learner import ROOT
from workshop.cloud.temporary import temporary_cloud
from workshop.course.course import Course
from workshop.grading.sandbox.availability import Containment
from workshop.grading.sandbox.cell_process import CellRun, run_cell_apart
from workshop.grading.sandbox.limits import Limits
from workshop.grading.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="answers have no limits on Windows")

ENOUGH_SECONDS = 60.0


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    """A course in which nothing is deployed."""
    with temporary_cloud() as cloud:
        yield Course(cloud, root=ROOT, home=tmp_path_factory.mktemp("home"))


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


def test_a_cell_that_waits_for_ever_is_stopped(course, sandbox) -> None:
    """A cell that neither ends nor computes is ended after its time, and the trouble says so."""
    trouble = run("import threading\nthreading.Event().wait()", course, sandbox, seconds=2).trouble

    assert trouble is not None
    assert "stopped after 2 s" in trouble


def test_a_cell_that_ends_its_process_has_not_ended_well(course, sandbox) -> None:
    """Ending the interpreter ends the cell alone, and the trouble names the exit code."""
    trouble = run("import os\nos._exit(0)", course, sandbox).trouble

    assert trouble is not None
    assert "exit code 0" in trouble


def test_a_cell_that_is_no_python_is_quoted(course, sandbox) -> None:
    """The error of a cell stands in the trouble, with its line."""
    trouble = run("x = 1\nthis is no Python", course, sandbox).trouble

    assert trouble is not None
    assert "SyntaxError" in trouble
    assert "line 2 of the cell" in trouble
