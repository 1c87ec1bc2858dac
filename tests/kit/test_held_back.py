"""A course whose solutions are held back: it checks all the same, and says what waits for them."""

import shutil
from pathlib import Path

import pytest

from workshop.course.answers import is_solved_by, learners_text, solution_text, starter_text
from workshop.course.exercise import Function
from workshop.course.exercises import all_exercises, find_exercise
from workshop.course.trials.trial import is_untouched
from workshop.deploy.bundles import build_bundle
from workshop.errors import BundleError, ConfigurationError, SolutionsWithheldError
from workshop.kit import preflight
from workshop.kit.findings import Grade

ROOT = Path(__file__).resolve().parents[2]
IN_FILES = [each for each in all_exercises() if isinstance(each.answer_location, Function)]


@pytest.fixture
def course(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course as a kit without solutions has it."""
    for folder in ("notebooks", "cloudformation", "workshop"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    shutil.copytree(ROOT / "lambdas", tmp_path / "lambdas")
    for pipeline in ("stateless", "stateful"):
        shutil.copytree(ROOT / "lambdas" / pipeline, tmp_path / "starters" / pipeline)
    monkeypatch.chdir(tmp_path)
    return tmp_path


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
    shutil.rmtree(course / "starters")

    with pytest.raises(BundleError, match="restore it with `git checkout`"):
        build_bundle("stateful", "map", "ledger", root=course)
    with pytest.raises(ConfigurationError, match="restore it with `git checkout`"):
        solution_text(find_exercise("state-conditional-write"), course)


def test_the_doctor_does_not_miss_what_is_held_back(course: Path) -> None:
    """A course without solutions on purpose is ready, and the finding says so."""
    finding = preflight.check_checkout()

    assert finding.grade is Grade.GOOD
    assert "held back" in finding.seen
