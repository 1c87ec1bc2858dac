"""`workshop check --watch`: what is checked, and when."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from rich.console import Console

from tests.classroom.learner.board_stand_in import StandIn
from workshop.classroom.learner.joining import join_class
from workshop.classroom.learner.recording import class_progress
from workshop.cli.course.check_watch import check_when_saved
from workshop.clock import ManualClock
from workshop.course.answers import handler_file
from workshop.course.exercise import Cell, Exercise, Function, incorrect, passed
from workshop.errors import ConfigurationError

FILES = ("stateful/state.py", "stateful/map.py")


@pytest.fixture
def board() -> Iterator[StandIn]:
    """A class board."""
    stand_in = StandIn().start()
    yield stand_in
    stand_in.stop()


class EditorClock(ManualClock):
    """While the command sleeps, a file is saved, then removed for a moment; at last Ctrl-C is pressed."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._file = handler_file(root, FILES[0])
        self._steps = [self._save, self._remove, self._save, self._leave]

    def sleep(self, seconds: float) -> None:
        """Do the next thing that a person does."""
        super().sleep(seconds)
        self._steps.pop(0)()

    def _save(self) -> None:
        self._file.write_text(f"at {self.now()}", encoding="utf-8")

    def _remove(self) -> None:
        self._file.unlink()

    def _leave(self) -> None:
        raise KeyboardInterrupt


def an_exercise(name: str, location: Cell | Function) -> Exercise:
    return Exercise(name, "T", "09", 4, location, lambda _: passed("."))


def test_a_saved_file_is_checked_again(tmp_path: Path) -> None:
    """All are checked once; a saved file brings back its own exercises, a file that is gone none."""
    chosen = [
        an_exercise("cell", Cell("03")),
        *(an_exercise(path, Function(path, "f", "textbook")) for path in FILES),
    ]
    for path in FILES:
        file = handler_file(tmp_path, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("", encoding="utf-8")
    seen: list[list[str]] = []

    check_when_saved(
        chosen,
        tmp_path,
        lambda some: seen.append([each.id for each in some]),
        Console(file=io.StringIO()),
        clock=EditorClock(tmp_path),
    )

    assert seen == [list(FILES), [FILES[0]], [FILES[0]]]


def test_the_class_hears_of_each_check_at_once(tmp_path: Path, board: StandIn) -> None:
    """While somebody watches a file, each check is on the class board before the next one."""
    join_class(tmp_path / "home", board.invitation, "Ada")
    progress = class_progress(tmp_path / "home")
    file = handler_file(tmp_path, FILES[0])
    file.parent.mkdir(parents=True)
    file.write_text("", encoding="utf-8")
    heard: list[int] = []

    def check(some: Sequence[Exercise]) -> None:
        heard.append(len(board.of("Ada")))
        progress.record(some[0].id, incorrect("No."))

    check_when_saved(
        [an_exercise("mine", Function(FILES[0], "f", "textbook"))],
        tmp_path,
        check,
        Console(file=io.StringIO()),
        clock=EditorClock(tmp_path),
    )

    assert heard == [0, 1, 2]
    assert len(board.of("Ada")) == 3


def test_there_must_be_a_file_to_watch(tmp_path: Path) -> None:
    """Exercises that are answered in cells alone cannot be watched, and the message says what to do."""
    with pytest.raises(ConfigurationError, match="run the cell and its check"):
        check_when_saved([an_exercise("cell", Cell("03"))], tmp_path, print, Console(file=io.StringIO()))
