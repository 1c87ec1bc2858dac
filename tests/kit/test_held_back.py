"""A course whose solutions are held back: it checks all the same, and says what waits for them."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from workshop.build.starters import solution_of
from workshop.classroom.board.release import released_solutions
from workshop.classroom.learner.released import unpack
from workshop.cli.course.run_sheet import read_lessons
from workshop.clock import ManualClock
from workshop.course.answers import is_solved_by, learners_text, put_answer, solution_text, starter_text
from workshop.course.catch_up import catch_up
from workshop.course.exercise import Function
from workshop.course.exercises import NOTEBOOKS, all_exercises, find_exercise
from workshop.course.held_back import hold_back
from workshop.course.trials.trial import is_untouched
from workshop.deploy.bundles import build_bundle
from workshop.errors import BundleError, ConfigurationError, SolutionsWithheldError
from workshop.kit import preflight
from workshop.kit.findings import Grade
from workshop.settings import RELEASED

ROOT = Path(__file__).resolve().parents[2]
IN_FILES = [each for each in all_exercises() if isinstance(each.answer_location, Function)]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a kit without solutions holds of the course."""
    folder = tmp_path_factory.mktemp("held")
    for name in ("notebooks", "lambdas", "solutions"):
        shutil.copytree(ROOT / name, folder / name)
    hold_back(folder)
    return folder


@pytest.fixture
def course(held: Path, tmp_path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course as a kit without solutions has it."""
    for folder in (ROOT / "cloudformation", ROOT / "workshop", held / "notebooks", held / "starters"):
        (tmp_path / folder.name).symlink_to(folder)
    shutil.copytree(held / "lambdas", tmp_path / "lambdas")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path / "home"))
    return tmp_path


def release(course: Path, notebook: str, *, everything: bool = True) -> None:
    """Let the board release a notebook, alone or together with all others."""
    numbers = NOTEBOOKS if everything else (notebook,)
    unpack(released_solutions(notebook, numbers, ROOT), course / "home" / RELEASED / notebook)


@pytest.mark.parametrize("exercise", IN_FILES, ids=lambda each: each.id)
def test_a_starter_is_told_from_an_answer(course: Path, exercise) -> None:
    """A file that nobody has touched is not attempted; one that was changed goes on trial."""
    place = exercise.answer_location
    assert is_untouched(place, course)

    file = course / "lambdas" / place.path
    text = file.read_text(encoding="utf-8")
    head = f"def {place.name or 'handler'}("
    assert head in text
    begin, _, rest = text.partition(head)
    signature, _, body = rest.partition(":\n")
    file.write_text(f"{begin}{head}{signature}:\n    raise RuntimeError\n{body}", encoding="utf-8")

    assert not is_untouched(place, course)
    assert learners_text(exercise, course) is not None
    assert not is_solved_by(exercise, course)


@pytest.mark.parametrize("exercise", all_exercises(), ids=lambda each: each.id)
def test_a_solution_waits(course: Path, exercise) -> None:
    """Whoever asks for a solution hears who has it, and what to do once it is there."""
    with pytest.raises(SolutionsWithheldError, match="put the folder `solutions` beside `lambdas`"):
        solution_text(exercise, course)


@pytest.mark.parametrize("variant", ["textbook", "ledger"])
def test_finished_handlers_wait(course: Path, variant: str) -> None:
    """What deploys the textbook or the ledger, such as the demo, waits; the learner's own runs."""
    assert build_bundle("stateful", "map", "starter", root=course).files
    with pytest.raises(SolutionsWithheldError, match=f"the variant `{variant}` of the handlers waits"):
        build_bundle("stateful", "map", variant, root=course)


def test_the_release_is_the_folder(course: Path) -> None:
    """Once `solutions/` is there, everything that waited works."""
    (course / "solutions").symlink_to(ROOT / "solutions")

    exercise = find_exercise("state-conditional-write")
    assert solution_text(exercise, course)
    assert starter_text(exercise, course)
    assert build_bundle("stateful", "map", "ledger", root=course).files


def test_a_checkout_that_lost_its_solutions_is_told_otherwise(course: Path) -> None:
    """Only a kit holds solutions back: elsewhere git restores them."""
    (course / "starters").unlink()

    with pytest.raises(BundleError, match="restore it with `git checkout`"):
        build_bundle("stateful", "map", "ledger", root=course)
    with pytest.raises(ConfigurationError, match="restore it with `git checkout`"):
        solution_text(find_exercise("state-conditional-write"), course)


def test_the_doctor_does_not_miss_what_is_held_back(course: Path) -> None:
    """A course without solutions on purpose is ready, and the finding says so."""
    finding = preflight.check_checkout()

    assert finding.grade is Grade.GOOD
    assert "held back" in finding.seen


IN_CELLS = [each for each in all_exercises() if not isinstance(each.answer_location, Function)]


@pytest.mark.parametrize("exercise", IN_CELLS, ids=lambda each: each.id)
def test_a_cell_is_reset_without_solutions(course: Path, exercise) -> None:
    """What a learner's cell began with is what it begins with in a course with solutions."""
    assert starter_text(exercise, course).strip() == starter_text(exercise, ROOT).strip()


def test_a_function_is_reset_without_solutions(course: Path) -> None:
    """Putting a starter back needs no solution."""
    exercise = find_exercise("state-conditional-write")
    own = course / "lambdas" / "stateful" / "state.py"
    before = own.read_text(encoding="utf-8")
    own.write_text(before.replace("def ", "def x_"), encoding="utf-8")
    put_answer(exercise, starter_text(exercise, course), bare(course))

    assert is_untouched(exercise.answer_location, course)


def test_the_plan_needs_no_solutions(course: Path) -> None:
    """Titles and minutes of all notebooks are known, as they are in a checkout."""
    assert read_lessons(course) == read_lessons(ROOT)


LEDGER = [each for each in IN_FILES if each.answer_location.variant == "ledger"]


@pytest.mark.parametrize("exercise", LEDGER, ids=lambda each: each.id)
def test_the_ledger_may_begin_with_solved_textbook_code(course: Path, exercise) -> None:
    """Code that an exercise of the ledger begins with is not attempted, though it is a solution itself."""
    path = exercise.answer_location.path
    source = ROOT / "solutions" / "lambdas" / "textbook" / path
    (course / "lambdas" / path).write_text(solution_of(source.read_text(encoding="utf-8"), path), "utf-8")

    assert is_untouched(exercise.answer_location, course)


@pytest.mark.parametrize("exercise", all_exercises(), ids=lambda each: each.id)
def test_a_solution_comes_with_its_notebook(course: Path, exercise) -> None:
    """Once the board has released a notebook, its solutions are there as in a checkout, and no others."""
    release(course, exercise.notebook, everything=False)

    assert solution_text(exercise, course) == solution_text(exercise, ROOT)
    later = next(each for each in all_exercises() if each.notebook != exercise.notebook)
    with pytest.raises(SolutionsWithheldError, match=later.id):
        solution_text(later, course)


def test_finished_handlers_come_when_they_are_whole(course: Path) -> None:
    """A handler file of which an exercise is left out is not taken for the textbook's; a whole one is."""
    map_exercises = [each for each in IN_FILES if each.answer_location.path == "stateful/map.py"]
    first = map_exercises[0].notebook
    release(course, first, everything=False)
    with pytest.raises(SolutionsWithheldError, match="`textbook`"):
        build_bundle("stateful", "map", "textbook", root=course)

    shutil.rmtree(course / "home")
    release(course, first)
    assert build_bundle("stateful", "map", "textbook", root=course).content == (
        build_bundle("stateful", "map", "textbook", root=ROOT).content
    )


def test_catching_up_begins_nothing_that_it_cannot_end(course: Path) -> None:
    """Where a solution on the way is held back, no file is changed, and the message names it."""
    own = course / "lambdas" / "stateful" / "map.py"
    own.write_text("mine = True\n", encoding="utf-8")

    with pytest.raises(SolutionsWithheldError, match="when the class board releases them"):
        catch_up(bare(course), "05")
    assert own.read_text(encoding="utf-8") == "mine = True\n"


def bare(course: Path) -> Any:
    """Return a course without a cloud."""
    gone = SimpleNamespace(is_deployed=False)
    home = course / "home"
    return SimpleNamespace(root=course, home=home, clock=ManualClock(), is_deployed=False, stateless=gone)
