"""Handler files on trial."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from workshop.course.answers import starter_file
from workshop.course.delivery import Delivery
from workshop.course.exercise import Function, Outcome
from workshop.course.trials import trial as trials
from workshop.course.trials.trial import check_by, failures_in
from workshop.errors import FunctionFailedError
from workshop.settings import project_root

FILE = "lambdas/stateful/state.py"


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A learner's folder as it is at the beginning; nothing is deployed."""
    for folder in ("lambdas", "solutions"):
        shutil.copytree(project_root() / folder, tmp_path / folder)
    (tmp_path / FILE).write_text(starter_file("stateful/state.py", "textbook", project_root()))
    monkeypatch.setattr(trials, "open_scratch_stack", lambda course, _pipeline: course)
    cloud = SimpleNamespace(endpoint=None)
    return SimpleNamespace(cloud=cloud, root=tmp_path, home=tmp_path, prefix="course")


def check(*troubles: str) -> Any:
    """Return a check of `keep` whose trial finds these troubles, and fails if it is asked for more."""

    def trial(_exam: Any) -> Iterator[str]:
        yield from troubles
        assert not troubles, "the trial went on after the first trouble"

    return check_by(trial, Function("stateful/state.py", "keep", "textbook"), success="Well done.")


def change(course: Any, old: str, new: str) -> None:
    """Edit the learner's file."""
    path = course.root / FILE
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_a_function_as_it_was_found_is_not_tried(course: Any) -> None:
    """Comments, and changes of other functions, do not make an attempt."""
    change(course, "    return True\n", "    return True  # here?\n")
    change(course, 'counts["malformed"] += 1', 'counts["malformed"] += 2')

    assert check("trouble")(course).outcome is Outcome.NOT_ATTEMPTED


def test_the_first_trouble_is_what_the_learner_hears(course: Any) -> None:
    """A trial ends at the first trouble."""
    change(course, "return True", "return False")

    verdict = check("first", "second")(course)

    assert (verdict.outcome, verdict.feedback) == (Outcome.INCORRECT, "first")


def test_without_trouble_the_answer_passes(course: Any) -> None:
    """A trial that finds nothing is passed."""
    change(course, "return True", "return False")

    assert check()(course).outcome is Outcome.PASSED


@pytest.mark.parametrize("text", [b"def keep(\n", b"x = 1\n", b"# caf\xe9\n", b"x = 1\0\n"])
def test_a_file_without_the_function_is_tried(course: Any, text: bytes) -> None:
    """A file that is no Python, or lacks the function, is an attempt; the trial says what is wrong."""
    (course.root / FILE).write_bytes(text)

    assert check("trouble")(course).outcome is Outcome.INCORRECT


def test_a_wrong_file_is_asked_about(course: Any) -> None:
    """Beside the trouble stands that the function is not there, and how the starter comes back."""
    (course.root / FILE).write_text("x = 1\n", encoding="utf-8")

    assert "has no function `keep`" in check("trouble")(course).feedback


def test_an_error_of_the_function_is_told_with_its_place() -> None:
    """What the function raised, and where, is part of the feedback."""
    error = FunctionFailedError("MapLambda", "KeyError", "'Records'", "stateful/map.py, line 7")

    [told] = failures_in(Delivery("MapLambda", 1, error=error), "A batch came in")

    assert "A batch came in, and `MapLambda` raised `KeyError: 'Records'` (stateful/map.py, line 7)." in told
    assert list(failures_in(Delivery("MapLambda", 1, answer={}), "A batch came in")) == []
