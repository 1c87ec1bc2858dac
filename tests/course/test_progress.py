"""How a learner's progress is kept."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from workshop.clock import ManualClock
from workshop.course.exercise import CheckResult, Outcome, incorrect, not_attempted, passed
from workshop.course.progress import CourseProgress, ExerciseEntry


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still."""
    return ManualClock(1000.0)


@pytest.fixture
def progress(tmp_path: Path, clock: ManualClock) -> CourseProgress:
    """A learner's progress, empty."""
    return CourseProgress(tmp_path, clock=clock)


def test_nothing_is_attempted_at_first(progress: CourseProgress) -> None:
    """An exercise that nothing is known of is not attempted."""
    assert progress.of("x") == ExerciseEntry()
    assert progress.entries() == {}


def test_outcomes_attempts_and_times_are_kept(progress: CourseProgress, clock: ManualClock) -> None:
    """Each check of an answer counts as an attempt, and the first and the last time are kept."""
    progress.record("x", not_attempted("."))
    clock.advance(5)
    progress.record("x", incorrect("."))
    clock.advance(5)
    entry = progress.record("x", passed("."))

    assert (entry.outcome, entry.attempts) == (Outcome.PASSED, 2)
    assert (entry.first_at, entry.passed_at, entry.last_at) == (1000, 1010, 1010)


def test_what_was_passed_stays_passed(progress: CourseProgress, clock: ManualClock) -> None:
    """An exercise that was passed once stays so, although a later check of it fails."""
    progress.record("x", passed("."))
    clock.advance(5)
    entry = progress.record("x", incorrect("."))

    assert entry.is_passed
    assert (entry.outcome, entry.passed_at) == (Outcome.INCORRECT, 1000)


def test_a_broken_check_leaves_no_trace(progress: CourseProgress) -> None:
    """A check that broke is neither an attempt nor an outcome."""
    progress.record("x", CheckResult(Outcome.BROKEN_CHECK, "."))

    assert progress.entries() == {}


def test_progress_survives_restarts(progress: CourseProgress, tmp_path: Path) -> None:
    """Another process finds what was recorded."""
    progress.record("x", passed("."))
    progress.take_hint("y", 2)
    progress.take_solution("y")
    progress.answer("q", "7", is_right=False)

    again = CourseProgress(tmp_path)

    assert again.of("x").is_passed
    assert (again.of("y").hints, again.of("y").solution_taken) == (2, True)
    answered = again.question("q")
    assert (answered.answer, answered.is_right) == ("7", False)


def test_hints_are_counted_by_their_step(progress: CourseProgress) -> None:
    """Looking at an earlier hint again does not take a later one back."""
    progress.take_hint("x", 3)

    assert progress.take_hint("x", 1).hints == 3


def test_a_reset_exercise_begins_anew(progress: CourseProgress) -> None:
    """What was known of an exercise can be forgotten, and nothing else goes with it."""
    progress.record("x", passed("."))
    progress.record("y", passed("."))

    progress.reset("x")

    assert set(progress.entries()) == {"y"}


def test_help_outlives_a_reset(progress: CourseProgress) -> None:
    """Who took a hint or the solution and begins anew has not solved it without help afterwards."""
    progress.take_hint("hint", 2)
    progress.take_solution("solution")

    for name in ("hint", "solution"):
        progress.record(name, passed("."))
        progress.reset(name)
        assert not progress.of(name).is_passed
        assert not progress.record(name, passed(".")).is_unaided

    assert progress.of("hint").hints == 2


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"exercises": {}}',
        '{"exercises": {"x": {"outcome": "great"}}, "questions": {}}',
        pytest.param("[" * 100_000, id="deep"),
    ],
)
def test_a_damaged_file_is_set_aside_and_said(progress: CourseProgress, tmp_path: Path, content: str) -> None:
    """A file that cannot be read is kept under another name, said, and progress begins anew."""
    (tmp_path / "progress.json").write_text(content, encoding="utf-8")

    assert progress.of("x") == ExerciseEntry()
    progress.record("x", passed("."))

    assert progress.of("x").is_passed
    assert "progress-damaged-1000.json" in progress.warning
    assert (tmp_path / "progress-damaged-1000.json").read_text(encoding="utf-8") == content


def test_a_change_that_cannot_be_written_is_told_and_kept_in_memory(
    progress: CourseProgress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk the file stays as it was, nobody is kept from a hint, and the next write has it all."""
    told: list[str] = []
    progress.on_unsaved = told.append
    progress.record("x", passed("."))
    before = (tmp_path / "progress.json").read_text(encoding="utf-8")

    def full(self: Path, _target: Path) -> Path:
        raise OSError(28, "No space left on device", str(self))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        progress.take_hint("y", 2)

    assert (tmp_path / "progress.json").read_text(encoding="utf-8") == before
    assert progress.of("y").hints == 2
    assert "No space left on device" in told[0]
    assert "Make room" in told[0]

    progress.record("z", passed("."))
    assert len(told) == 1
    assert set(CourseProgress(tmp_path).entries()) == {"x", "y", "z"}


def test_what_others_write_meanwhile_stays(
    progress: CourseProgress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be written comes on top of what another process has written since, at every look."""

    def full(self: Path, _target: Path) -> Path:
        raise OSError(28, "No space left on device", str(self))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        progress.record("x", incorrect("."))
    terminal = CourseProgress(tmp_path)
    terminal.record("x", incorrect("."))
    terminal.record("y", passed("."))
    terminal.answer("q", "7", is_right=True)

    assert progress.of("y").is_passed
    assert progress.of("x").attempts == progress.of("x").attempts == 2

    progress.take_hint("z", 1)
    assert set(terminal.entries()) == {"x", "y", "z"}
    assert terminal.of("x").attempts == 2
    assert set(terminal.questions()) == {"q"}


def test_fields_of_a_later_version_do_no_harm(progress: CourseProgress, tmp_path: Path) -> None:
    """An entry with a field that this version does not know is read all the same."""
    exercises = {"x": {"outcome": "passed", "attempts": 1, "stars": 5}}
    questions = {"q": {"answer": "7", "is_right": True, "at": 1.0, "stars": 5}}
    document = {"exercises": exercises, "questions": questions}
    (tmp_path / "progress.json").write_text(json.dumps(document), encoding="utf-8")
    answered = progress.question("q")

    assert progress.of("x").attempts == 1
    assert answered.answer == "7"
    assert progress.warning is None


@pytest.mark.parametrize("refusals", [2, 1000])
def test_a_file_that_somebody_else_has_open_is_not_damaged(
    progress: CourseProgress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusals: int
) -> None:
    """Reading is tried again for a moment, then raises; the file stays where it is."""
    progress.record("x", passed("."))
    read, left = Path.read_text, iter(range(refusals))

    def shared(self: Path, **options: Any) -> str:
        if self.name == "progress.json" and next(left, None) is not None:
            raise PermissionError(13, "The process cannot access the file", str(self))
        return read(self, **options)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_text", shared)
        if refusals == 2:
            assert progress.of("x").is_passed
        else:
            with pytest.raises(PermissionError):
                progress.of("x")

    assert progress.warning is None
    assert progress.of("x").is_passed


def test_replacing_is_tried_again(
    progress: CourseProgress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that somebody reads just now is replaced a moment later, and no draft stays behind."""
    move, left = Path.replace, iter(range(2))

    def busy(self: Path, target: Path) -> Path:
        if next(left, None) is not None:
            raise PermissionError(13, "The process cannot access the file", str(self))
        return move(self, target)

    monkeypatch.setattr(Path, "replace", busy)
    progress.record("x", passed("."))

    assert progress.of("x").is_passed
    assert list(tmp_path.glob("*.draft")) == []


def test_changes_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    """A kernel and a terminal that note something at once lose nothing of each other."""

    def note(number: int) -> None:
        CourseProgress(tmp_path).record(f"x{number}", passed("."))
        CourseProgress(tmp_path).record("all", incorrect("."))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(note, range(24)))

    assert len(CourseProgress(tmp_path).entries()) == 25
    assert CourseProgress(tmp_path).of("all").attempts == 24


def test_the_last_notebook_is_remembered(tmp_path: Path, progress: CourseProgress) -> None:
    """Somebody who comes back is taken to the notebook that was begun last; a file of before knows none."""
    assert progress.last_notebook is None
    progress.record("x", passed("."))
    assert progress.last_notebook is None

    for notebook in ("03", "07", "04"):
        progress.begin_notebook(notebook)

    assert CourseProgress(tmp_path).last_notebook == "04"
    assert progress.of("x").is_passed
