"""`workshop check`, `hint`, `solve`, `reset` and `catch-up`, as a learner uses them in a terminal."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Workshop
from workshop.cli.course.opened import MARKS
from workshop.cloud.connection import Cloud
from workshop.course.answers import handler_file, learners_text, solution_text, starter_text
from workshop.course.exercise import Cell, Exercise, Function, Outcome, incorrect, not_attempted, passed
from workshop.course.exercises import all_exercises
from workshop.course.progress import CourseProgress, ExerciseEntry

ROOT = Path(__file__).resolve().parents[3]
HINTS = ("Which one?", "Look there.", "do(…)")
FILE_EXERCISE = next(
    each
    for each in all_exercises()
    if isinstance(each.answer_location, Function) and each.answer_location.name
)


def an_exercise(exercise_id: str, check: Callable[[Any], Any]) -> Exercise:
    return Exercise(exercise_id, "A title", "03", 5, Cell("03"), check, HINTS)


def broken(_: Any) -> Any:
    raise ZeroDivisionError("a fault of ours")


MADE_UP = {
    "right": an_exercise("right", lambda _: passed("It is [bold]right[/bold].")),
    "open": an_exercise("open", lambda _: not_attempted("Nothing yet.")),
    "false": an_exercise("false", lambda _: incorrect("It is false.")),
    "faulty": an_exercise("faulty", broken),
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A learner's checkout, which is the working directory."""
    for name in ("lambdas", "solutions", "notebooks", "cloudformation"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def learner(cloud: Cloud, root: Path) -> Workshop:
    """The command, in the learner's checkout."""
    return Workshop(cloud.endpoint or "", str(root / "home"))


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A course of four exercises, one for each outcome."""
    monkeypatch.setattr("workshop.cli.course.check.all_exercises", lambda: tuple(MADE_UP.values()))
    monkeypatch.setattr("workshop.cli.course.check.find_exercise", MADE_UP.__getitem__)


# First: later tests of this file deploy the stack.
def test_a_solution_that_needs_the_stack_says_how_to_get_it(learner: Workshop) -> None:
    """Whoever solves an exercise before anything is deployed is sent to its notebook."""
    done = learner.run("solve", "connect-state")

    assert done.returncode == 2
    assert "run notebook 03 from its first cell" in done.stderr
    assert "workshop deploy" not in done.stderr


@pytest.mark.usefixtures("made_up")
def test_the_document_holds_every_outcome(learner: Workshop) -> None:
    """With --json one document gives each exercise's id, outcome and feedback, in the order of the course."""
    done = learner.run("check", "--all", "--json")

    found = json.loads(done.stdout)["exercises"]
    assert [each["id"] for each in found] == ["right", "open", "false", "faulty"]
    assert [each["outcome"] for each in found] == ["passed", "not_attempted", "incorrect", "broken_check"]
    assert found[0]["feedback"] == "It is [bold]right[/bold]."
    assert done.returncode == 1


@pytest.mark.usefixtures("made_up")
def test_the_exit_code_is_zero_only_if_all_passed(learner: Workshop) -> None:
    """The command ends with 0 if all exercises that were asked for passed, else with 1."""
    assert learner.run("check", "right").returncode == 0
    assert learner.run("check", "right", "open").returncode == 1
    assert learner.run("check", "faulty").returncode == 1


@pytest.mark.usefixtures("made_up")
def test_outcomes_are_told_by_word_and_shape(learner: Workshop) -> None:
    """The table says each outcome in words with a sign of its own, and what comes next."""
    done = learner.run("check")

    for words in (
        "✔ passed",
        "○ not attempted",
        "✘ incorrect",
        "! broken check",
        "It is [bold]right[/bold].",
    ):
        assert words in done.stdout
    assert "1 of 4 passed. Next: `open` in notebook 03" in done.stdout


@pytest.mark.usefixtures("made_up")
def test_a_narrow_window_shows_feedback_below(learner: Workshop) -> None:
    """In a narrow window each outcome has a line, and what was seen stands whole below the list."""
    learner.environment["COLUMNS"] = "60"

    done = learner.run("check")

    assert max(map(len, done.stdout.splitlines()[:5])) <= 60
    assert "\nfalse\nIt is false.\n" in done.stdout


@pytest.mark.usefixtures("made_up")
def test_checks_are_recorded(learner: Workshop, root: Path) -> None:
    """What the terminal checked is in the progress that notebooks show, and a broken check is not."""
    learner.run("check")

    progress = CourseProgress(root / "home")
    assert progress.of("right").is_passed
    assert progress.of("false").attempts == 1
    assert "faulty" not in progress.entries()


@pytest.mark.usefixtures("made_up")
def test_what_was_passed_before_is_said(learner: Workshop, root: Path) -> None:
    """An exercise that passed at its time and does not any more is told as both, and does not come next."""
    CourseProgress(root / "home").record("open", passed("At that time."))

    done = learner.run("check")

    assert "○ not attempted  Nothing yet. You passed it before." in done.stdout
    assert "1 of 4 passed. 1 more passed before. Next: `false`" in done.stdout
    assert done.returncode == 1


def test_unknown_exercises_are_wrong_usage(learner: Workshop) -> None:
    """An id that does not exist ends with 2 and names similar ones; so does --all beside an id."""
    done = learner.run("check", "conect-state")

    assert done.returncode == 2
    assert "connect-state" in done.stderr
    assert learner.run("check", "connect-state", "--all").returncode == 2
    assert learner.run("check", "connect-state", "--csv", "x.csv").returncode == 2


def test_nothing_is_attempted_in_an_empty_cloud(learner: Workshop) -> None:
    """Before anything is deployed, exercises are not attempted, and none is broken."""
    done = learner.run("check", "connect-state", "connect-map", "--json")

    assert {each["outcome"] for each in json.loads(done.stdout)["exercises"]} == {"not_attempted"}


def test_each_hint_leads_to_the_next(learner: Workshop, root: Path) -> None:
    """Asking again gives the next hint, the last one is repeated, and a step can be asked for."""
    exercise = all_exercises()[0]

    shown = [learner.run("hint", exercise.id).stdout for _ in range(4)]

    for text, hint in zip(shown, (*exercise.hints, exercise.hints[-1]), strict=True):
        assert hint in text
    assert exercise.hints[0] in learner.run("hint", exercise.id, "--step", "1").stdout
    assert CourseProgress(root / "home").of(exercise.id).hints == 3


def test_hints_need_no_cloud(root: Path, lonely_workshop: Workshop) -> None:
    """A hint is shown without any cloud."""
    assert lonely_workshop.run("hint", FILE_EXERCISE.id).returncode == 0


def test_solving_a_file_keeps_the_learners_version(learner: Workshop, root: Path) -> None:
    """A solution goes into the learner's file, is shown, noted, and what was there is kept."""
    assert isinstance(FILE_EXERCISE.answer_location, Function)
    before = handler_file(root, FILE_EXERCISE.answer_location.path).read_text(encoding="utf-8")

    done = learner.run("solve", FILE_EXERCISE.id)

    assert done.returncode == 0
    assert learners_text(FILE_EXERCISE, root) == solution_text(FILE_EXERCISE, root)
    [kept] = (root / "home" / "kept").rglob("*.py")
    assert kept.read_text(encoding="utf-8") == before
    assert CourseProgress(root / "home").of(FILE_EXERCISE.id).solution_taken


def test_resetting_a_file_brings_the_starter_back(learner: Workshop, root: Path) -> None:
    """A reset restores the starter of one exercise, and forgets its progress, except that it was shown."""
    learner.run("solve", FILE_EXERCISE.id)

    done = learner.run("reset", FILE_EXERCISE.id, "--yes")

    assert done.returncode == 0
    assert learners_text(FILE_EXERCISE, root) == starter_text(FILE_EXERCISE, root)
    assert CourseProgress(root / "home").of(FILE_EXERCISE.id) == ExerciseEntry(solution_taken=True)


def test_a_learner_catches_up_and_checks_twice(learner: Workshop) -> None:
    """After catching up, the cells before a notebook pass in the terminal, twice in a row."""
    assert learner.run("catch-up", "4", "--yes").returncode == 0

    for _ in range(2):
        assert learner.run("check", "connect-state").returncode == 0
    assert learner.run("check", "connect-map").returncode == 1


def test_catching_up_asks_before_it_deletes(learner: Workshop) -> None:
    """Where a pipeline is deployed, whoever catches up is told what goes, and has to want it."""
    learner.run("catch-up", "4", "--yes")

    done = learner.run("catch-up", "2")

    assert done.returncode == 2
    assert "This deletes all data of `course-stateful`, and whatever" in done.stderr
    assert learner.run("check", "connect-state").returncode == 0


def test_only_notebooks_can_be_caught_up_with(learner: Workshop) -> None:
    """A number without a notebook is wrong usage."""
    done = learner.run("catch-up", "42")

    assert done.returncode == 2
    assert "choose one of" in done.stderr


def test_every_outcome_has_a_mark() -> None:
    """No outcome is shown by colour alone."""
    assert set(MARKS) == set(Outcome)
    assert len({words for words, _ in MARKS.values()}) == len(Outcome)
