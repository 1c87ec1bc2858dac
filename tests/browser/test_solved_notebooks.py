"""The course solved, in JupyterLab: notebooks from their first to their last cell, some of them twice.

Learners share it, each with a cloud of their own, so that they can go at the same time: the classes are
separate jobs for the workers. Whoever begins in the middle catches up first, as learners do. One cloud is
killed on the way.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.browser.lab import Lab
from tests.browser.looking import look, run_in_kernel
from tests.course.notebooks.checkouts import fresh_checkout
from tests.course.notebooks.runs import CHECK, NUMBERS, Ran, exercises_in_files, solved_notebook, text_of
from tests.effort import LONG
from workshop.course.exercises import all_exercises
from workshop.course.progress import CourseProgress

# What is taught by a handler's file and by deleting everything; the others run again only in the long form.
# That each exercise's check passes twice in a row, the gate tries.
TWICE = NUMBERS if LONG else ("11", "99")
# The whole first pipeline is there; the next notebooks must find all of it again.
KILLED_BEFORE = "07"
OFFLINE_ONLY = re.compile(r"offline only", re.IGNORECASE)
# Whoever only looks at the offline cloud looks elsewhere on AWS; a fault plan lies in ParameterTable as well.
AS_ON_AWS = re.compile(r"control (GET |\w+ /_workshop/faults)")
# What a cell comes to, apart from times, and from how the records happened to be cut into batches.
RESULT = re.compile(
    r"^(✓ Passed|✗ Not yet right|○ Not attempted|⚠ The check|✓ Exact|✗ Not exact|Exact\b|Grand Total +\S+)",
    re.MULTILINE,
)
# What a notebook is about and no check asks for: the batch that is given up is reported, and sent again.
SHOWN = {"11": "\n1 record sent again\n"}
# Accidents hit other batches each time, and what they do to totals without guards differs by that.
BY_ACCIDENT = re.compile(r"faults|FaultPlan|control_room")


class Learner:
    """Goes through the course from a notebook on, in a clone of their own."""

    def __init__(self, lab: Lab, first: str) -> None:
        self.checkout = lab.checkout
        self._lab = lab
        self._first = first
        self._done: dict[str, Ran] = {}
        if first != NUMBERS[0]:
            self._workshop("catch-up", first, "--yes")

    def up_to(self, number: str) -> Ran:
        """Run a notebook and all before it, as far as that has not happened yet."""
        for each in NUMBERS[NUMBERS.index(self._first) : NUMBERS.index(number) + 1]:
            if each not in self._done:
                if each == KILLED_BEFORE:
                    self._kill_cloud()
                self._done[each] = self.run(each)
        return self._done[number]

    def run(self, number: str) -> Ran:
        """Run a notebook from the top."""
        solve = exercises_in_files(number)
        ran = run_in_kernel(self._lab, number, solved_notebook(number), solve=solve)
        print(f"notebook {number}: {ran.seconds:.0f} s")
        return ran

    def _kill_cloud(self) -> None:
        status = json.loads(self._workshop("cloud", "status", "--json"))
        os.kill(status["pid"], signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)

    def _workshop(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "workshop", *arguments]
        checkout = self.checkout
        return subprocess.run(
            command, cwd=checkout.root, env=checkout.environment, check=True, capture_output=True, text=True
        ).stdout


@pytest.fixture(scope="class")
def lab(tmp_path_factory) -> Iterator[Lab]:
    """JupyterLab and an offline cloud, for one part of the course."""
    with Lab(fresh_checkout(tmp_path_factory.mktemp("course"))) as started:
        yield started


@pytest.fixture(scope="class")
def learner(request, lab) -> Learner:
    """Whoever goes through a part of the course."""
    return Learner(lab, request.cls.numbers[0])


def results(ran: Ran) -> list[tuple[str, list[str]]]:
    """Return what the cells came to, each with its first line, up to the first accident."""
    found = []
    for cell in ran.code:
        if BY_ACCIDENT.search(cell.source):
            break
        found.append((cell.source.splitlines()[0], RESULT.findall(text_of(cell))))
    return found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each class its notebooks."""
    if "number" in metafunc.fixturenames:
        # One notebook after the other: its kernel goes on until somebody has looked at it.
        metafunc.parametrize("number", metafunc.cls.numbers, scope="class")


class Part:
    """What holds for each part of the course, whose learner opens `numbers` one after the other.

    A notebook is run twice before the next one is opened, so the second run meets its own leftovers alone.
    """

    numbers: tuple[str, ...]

    @pytest.mark.timeout(1200)
    def test_a_solved_notebook_runs_to_its_end_and_gives_the_same_twice(self, learner, number) -> None:
        """Solved, a notebook runs without an error, passes its checks, and gives the same from the top."""
        here = [exercise for exercise in all_exercises() if exercise.notebook == number]

        ran = learner.up_to(number)

        assert ran.errors == []
        entries = CourseProgress(learner.checkout.home).entries()
        assert [each.id for each in here if each.id not in entries or not entries[each.id].is_passed] == []
        assert ran.text.count("FigureWidget({") <= 1
        assert SHOWN.get(number, "") in ran.text

        if number in TWICE:
            again = learner.run(number)

            assert again.errors == []
            assert results(again) == results(ran)

    @pytest.mark.timeout(1200)
    def test_only_steps_marked_offline_only_change_the_offline_cloud(self, learner, number) -> None:
        """What AWS does not offer is used only where the step, or the text above it, says *offline only*."""
        ran = learner.up_to(number)
        cells = ran.notebook.cells

        unmarked = [
            (cells[index].source, calls)
            for index, calls in ran.control_calls.items()
            if not all(map(AS_ON_AWS.match, calls))
            # A check may do more offline than it can on AWS, and says so itself.
            and not CHECK.match(cells[index].source)
            and not any(OFFLINE_ONLY.search(cell.source) for cell in cells[max(0, index - 3) : index + 1])
        ]

        assert unmarked == []

    @pytest.mark.timeout(1200)
    def test_a_solved_notebook_is_pleasant_to_look_at(
        self, learner, number, notebook_page, complaints, screenshots
    ) -> None:
        """Whoever comes back to it in JupyterLab finds nothing broken and nothing that overflows."""
        learner.up_to(number)

        assert look(notebook_page, number, screenshots) == []
        assert complaints == []

    @pytest.mark.timeout(1200)
    def test_the_course_asks_nobody_outside(self, learner) -> None:
        """None of the notebooks leaves the machine."""
        learner.up_to(self.numbers[-1])

        assert learner.checkout.outside == []


@pytest.mark.skipif(not LONG, reason="tests/aws runs them solved in an account; here in `make test-long`")
class TestCore(Part):
    """From the first message to exact totals."""

    numbers = NUMBERS[:7]


class TestFaults(Part):
    """The stateless pipeline, and what goes wrong."""

    numbers = ("07", "08")


class TestLedger(Part):
    """The textbook's guards, the ledger, and what is left."""

    numbers = NUMBERS[9:]


def test_every_notebook_is_in_one_part() -> None:
    """The parts are the whole course, each notebook once, in order."""
    assert TestCore.numbers + TestFaults.numbers + TestLedger.numbers == NUMBERS
