"""A class in a notebook: calls for help and announcements, seen and clicked as a learner does."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.classroom.learner.board_stand_in import StandIn
from workshop.classroom.learner.delivery import Courier, deliver
from workshop.classroom.learner.joining import join_class
from workshop.classroom.learner.leaving import leave_class
from workshop.classroom.learner.outbox import FILE, Outbox
from workshop.clock import ManualClock
from workshop.errors import BoardError, ConfigurationError
from workshop.notebook.classroom.signs_of_work import SignsOfWork
from workshop.notebook.classroom.tools import ClassTools
from workshop.notebook.controls.widgets import ButtonRow
from workshop.settings import CLASS_FILE

ROOT = Path(__file__).resolve().parents[3]


class Kernel:
    """What a kernel offers: outputs are collected, and `run_cell` tells who waits for cells."""

    execution_count = 1

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.display_pub = self.events = self
        self.waiting: list[Callable[..., None]] = []

    def publish(self, bundle: dict[str, object], **_: object) -> None:
        """Keep the text of an output."""
        self.texts.append(str(bundle["text/plain"]))

    def register(self, _: str, waiting: Callable[..., None]) -> None:
        """Let somebody know of cells."""
        self.waiting.append(waiting)

    def unregister(self, _: str, waiting: Callable[..., None]) -> None:
        """Let them know no more."""
        self.waiting.remove(waiting)

    def run_cell(self) -> str:
        """Run an empty cell; return what stands above its output."""
        before = len(self.texts)
        for each in self.waiting:
            each(None)
        return "\n".join(self.texts[before:])


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    running = Kernel()
    for module in ("markup.display", "controls.widgets", "classroom.tools"):
        monkeypatch.setattr(f"workshop.notebook.{module}.shell", lambda: running)
    return running


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> list[ButtonRow]:
    """The rows of buttons, in the order in which they appear."""
    found: list[ButtonRow] = []
    made = ButtonRow.__init__

    def note(self: ButtonRow, *arguments: Any) -> None:
        found.append(self)
        made(self, *arguments)

    monkeypatch.setattr(ButtonRow, "__init__", note)
    return found


@pytest.fixture
def board() -> Iterator[StandIn]:
    stand_in = StandIn().start()
    yield stand_in
    stand_in.stop()


@pytest.fixture
def classroom(kernel: Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ClassTools]:
    """Notebook 03 of a learner; nothing is deployed, no cloud answers, and the tests themselves deliver."""
    monkeypatch.setattr(Courier, "start", lambda courier: courier)
    course: Any = SimpleNamespace(home=tmp_path, root=ROOT, clock=ManualClock())
    tools = ClassTools(course, "03")
    yield tools
    tools.leave()


def labels(row: ButtonRow) -> list[str]:
    return [each.description for each in row.widget.children]


def test_help_is_called_and_withdrawn(
    board: StandIn, kernel: Kernel, rows: list[ButtonRow], classroom: ClassTools, tmp_path: Path
) -> None:
    """The head of a notebook has a button that calls for help, and then one that withdraws the call."""
    classroom.join(board.invitation, "Ada")
    [row] = rows
    assert labels(row) == ["Ask for help"]
    row.widget.children[0].click()
    assert labels(row) == ["Withdraw the call for help"]
    deliver(tmp_path)
    classroom._desk.look()
    assert any("somebody will come" in text for text in kernel.texts)
    row.widget.children[0].click()
    assert labels(row) == ["Ask for help"]
    assert "Nobody is called any more." in kernel.texts[-1]
    deliver(tmp_path)

    assert [each["kind"] for each in board.of("Ada")] == ["help", "help_withdrawn"]
    assert board.of("Ada")[0]["step"] == "03"


def test_nobody_is_promised_before_the_board_knows(
    board: StandIn, kernel: Kernel, rows: list[ButtonRow], classroom: ClassTools
) -> None:
    """While the board is away, a call for help is said to be waiting, by button and function."""
    classroom.join(board.invitation, "Ada")
    board.stop()
    rows[0].widget.children[0].click()
    assert "will be sent as soon as the class board can be reached" in kernel.texts[-1]
    classroom.ask_for_help("put-records")
    board.start()

    assert not any("somebody will come" in text for text in kernel.texts)


def test_a_call_that_was_not_kept_is_said_where_it_was_asked(
    board: StandIn,
    kernel: Kernel,
    rows: list[ButtonRow],
    classroom: ClassTools,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who has left in a terminal, or has no room on the disk, hears at the button to raise a hand."""
    classroom.join(board.invitation, "Ada")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(Outbox, "add", refuse)
        rows[0].widget.children[0].click()
    assert "✗ Not asked" in kernel.texts[-1]
    assert "could not be kept" in kernel.texts[-1]
    rows[0].widget.children[0].click()
    leave_class(tmp_path)
    rows[0].widget.children[0].click()
    rows[0].widget.children[0].click()

    assert "✗ Not asked" in kernel.texts[-1]
    assert "in no class any more" in kernel.texts[-1]
    assert labels(rows[0]) == ["Ask for help"]


@pytest.mark.parametrize("change", ["closed", "removed"])
def test_no_call_is_promised_that_a_board_does_not_take(
    board: StandIn,
    kernel: Kernel,
    rows: list[ButtonRow],
    classroom: ClassTools,
    tmp_path: Path,
    change: str,
) -> None:
    """Where the board answers, and the class is closed or the learner removed, that is said."""
    classroom.join(board.invitation, "Ada")
    if change == "closed":
        board.closed = "the class is closed"
    else:
        board.learners.clear()
    rows[0].widget.children[0].click()
    with pytest.raises(BoardError):
        deliver(tmp_path)
    classroom._desk.look()

    said = " ".join(kernel.texts[-1].split())
    assert "Raise your hand" in said
    assert ("class is closed" if change == "closed" else "does not know you any more") in said
    board.closed = None
    if change == "closed":
        deliver(tmp_path)
        classroom._desk.look()
        assert "somebody will come" in kernel.texts[-1]


def test_what_is_wrong_with_the_class_stands_above_the_next_cell(
    board: StandIn, kernel: Kernel, classroom: ClassTools, tmp_path: Path
) -> None:
    """A damaged file stops no first cell, and who was removed from the board is told so once."""
    classroom.join(board.invitation, "Ada")
    (tmp_path / FILE).write_bytes(b"no database" * 100)
    board.learners.clear()
    classroom.begin()
    with pytest.raises(BoardError):
        deliver(tmp_path)
    classroom.begin()
    kernel.run_cell()

    told = " ".join(" ".join(kernel.texts).split())
    assert told.count("was damaged, and is now in") == 1
    assert told.count("does not know you any more") == 1


def test_helped_is_shown_when_the_board_says_so(
    board: StandIn, kernel: Kernel, rows: list[ButtonRow], classroom: ClassTools, tmp_path: Path
) -> None:
    """Once the instructor has marked somebody as helped, the notebook says it and the button asks anew."""
    classroom.join(board.invitation, "Ada")
    rows[0].widget.children[0].click()
    deliver(tmp_path)
    board.state["helped_at"] = "2026-11-29T09:10:00Z"
    deliver(tmp_path)
    classroom._desk.look()

    assert "✓ Helped" in kernel.texts[-1]
    assert labels(rows[0]) == ["Ask for help"]


def test_where_the_class_is_stands_above_the_next_cell(
    board: StandIn, kernel: Kernel, rows: list[ButtonRow], classroom: ClassTools, tmp_path: Path
) -> None:
    """An announcement is shown once, above the next cell, with a button that catches up."""
    classroom.join(board.invitation, "Ada")
    assert kernel.run_cell() == ""
    board.state["announced"] = "05"
    deliver(tmp_path)
    classroom.begin()

    assert any("The class is at 05 — " in text for text in kernel.texts)
    assert "Catch up with 05" in labels(rows[-1])
    assert len(kernel.waiting) == 2
    assert kernel.run_cell() == ""


def test_one_click_catches_up(board: StandIn, kernel: Kernel, rows: list[ButtonRow], tmp_path: Path) -> None:
    """The button brings all to where the class is, keeps what was there, and says where to go on."""
    shutil.copytree(ROOT / "solutions", tmp_path / "solutions")
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    own = tmp_path / "lambdas" / "stateful" / "map.py"
    own.parent.mkdir(parents=True)
    own.write_text("mine = True\n", encoding="utf-8")
    stateless = SimpleNamespace(is_deployed=False)
    course: Any = SimpleNamespace(
        home=tmp_path / "home", root=tmp_path, clock=ManualClock(), is_deployed=False, stateless=stateless
    )
    board.state["announced"] = "01"
    classroom = ClassTools(course, "00")
    classroom.join(board.invitation, "Ada")
    rows[-1].widget.children[0].click()
    classroom.leave()

    assert "✓ Caught up: Go on with 01 · " in "".join(kernel.texts)
    assert own.read_text(encoding="utf-8") != "mine = True\n"
    [kept] = course.home.rglob("map.py")
    assert kept.read_text(encoding="utf-8") == "mine = True\n"


def test_no_single_click_deletes_what_a_learner_has_made(
    board: StandIn, kernel: Kernel, rows: list[ButtonRow], tmp_path: Path
) -> None:
    """Where a pipeline would be emptied, the button says so and asks; whoever says no keeps all of it."""
    stateless = SimpleNamespace(is_deployed=False)
    course: Any = SimpleNamespace(
        home=tmp_path, root=ROOT, clock=ManualClock(), is_deployed=True, stack="mine", stateless=stateless
    )
    board.state["announced"] = "05"
    classroom = ClassTools(course, "03")
    classroom.join(board.invitation, "Ada")
    rows[-1].widget.children[0].click()
    assert labels(rows[-1]) == ["Catch up, and delete that", "Not now"]
    assert "△ Catch up?: This deletes all data of `mine`" in kernel.texts[-1]
    rows[-1].widget.children[1].click()
    classroom.leave()

    assert labels(rows[-1]) == ["Catch up with 05"]
    assert not any("Caught up" in text for text in kernel.texts)


@pytest.mark.parametrize("announced", ["03", "02", None, "98"])
def test_whoever_is_there_or_further_is_not_disturbed(
    board: StandIn, kernel: Kernel, classroom: ClassTools, announced: str | None
) -> None:
    """An announcement of this notebook or an earlier one, or of none that exists, shows nothing."""
    board.state["announced"] = announced
    classroom.join(board.invitation, "Ada")

    assert kernel.run_cell() == ""
    assert not any("The class is at" in text for text in kernel.texts)


def test_outside_a_class_there_is_nothing_to_see(kernel: Kernel, classroom: ClassTools) -> None:
    """Without a class no button calls for help, and who asks hears how to join."""
    classroom.begin()

    assert kernel.texts == []
    assert classroom.help_calls("put-records") is None
    with pytest.raises(ConfigurationError, match=r"ws\.join"):
        classroom.ask_for_help()


def test_a_damaged_membership_is_told(board: StandIn, classroom: ClassTools, tmp_path: Path) -> None:
    """Whoever is in no class any more, since the file is damaged, hears that until they join again."""
    assert classroom.warning == ""
    (tmp_path / CLASS_FILE).write_text("rubbish", encoding="utf-8")
    assert "in no class any more" in classroom.warning

    classroom.join(board.invitation, "Ada")

    assert classroom.warning == ""


def test_signs_of_work_are_told_now_and_then(board: StandIn, tmp_path: Path) -> None:
    """Cells and saved handler files are told, once a minute at most; who only looks tells nothing."""
    handler = tmp_path / "lambdas" / "stateful" / "map.py"
    handler.parent.mkdir(parents=True)
    handler.write_text("")
    join_class(tmp_path, board.invitation, "Ada")
    course = SimpleNamespace(home=tmp_path, root=tmp_path, clock=ManualClock())
    signs = SignsOfWork(course)

    def told() -> int:
        deliver(tmp_path)
        return [each["kind"] for each in board.of("Ada")].count("worked")

    courier = Courier(tmp_path, lambda _: None, course.clock, look=signs.look)
    courier.step()
    assert told() == 0
    for _ in range(3):
        signs.note()
    assert told() == 1

    course.clock.advance(60)
    os.utime(handler, (1, 1))
    courier.step()
    courier.step()
    assert told() == 2
