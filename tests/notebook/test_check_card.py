"""The card of a check and its buttons, clicked as a learner does."""

import os
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ipywidgets import Widget  # type: ignore[import-untyped] # it brings no types

from workshop.course.exercise import Cell, CheckResult, Exercise, incorrect
from workshop.errors import FROM_A_NOTEBOOK, CloudNotRunningError
from workshop.notebook.controls import background
from workshop.notebook.controls.waiting import WaitLine
from workshop.notebook.controls.widgets import ButtonRow
from workshop.notebook.markup import display
from workshop.notebook.markup.display import Shown
from workshop.notebook.markup.html import Html
from workshop.notebook.parts.check_card import CheckActions, CheckCard
from workshop.notebook.parts.exercises import ExerciseTools

DEADLINE_SECONDS = 60
EXERCISE = Exercise("keep", "Keep it", "09", 4, Cell("09"), lambda _: incorrect("No."))


class Shell:
    """What a kernel offers to displays: the outputs are collected instead of sent."""

    execution_count = 1

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.display_pub = self

    def publish(self, bundle: dict[str, object], **_: object) -> None:
        """Keep the text of an output."""
        self.texts.append(str(bundle["text/plain"]))


class Done:
    """Counts what the buttons did."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.looked_twice = threading.Event()

    def shown(self, name: str) -> Callable[[], Shown]:
        """Return an action of that name."""

        def act() -> Shown:
            self.calls.append(name)
            return Shown(Html(name), name)

        return act

    def look(self, line: WaitLine) -> tuple[object, str]:
        """Judge: always wrong, with the number of the look."""
        self.line = line
        self.calls.append("look")
        if self.calls.count("look") == 2:
            self.looked_twice.set()
        return incorrect(f"Look {self.calls.count('look')}."), ""


def open_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all messages come from a page that was opened anew, each with an id of its own as JupyterLab's."""
    page = uuid.uuid4().hex

    def parent() -> dict[str, object]:
        return {"header": {"session": page, "msg_id": uuid.uuid4().hex}}

    kernel = SimpleNamespace(get_parent=parent)
    monkeypatch.setattr("workshop.notebook.controls.widgets.shell", lambda: kernel)


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    kernel = Shell()
    for module in ("workshop.notebook.markup.display", "workshop.notebook.controls.widgets"):
        monkeypatch.setattr(f"{module}.shell", lambda: kernel)
    assert display.shell() is kernel
    yield kernel
    background.stop_all()


@pytest.fixture
def done() -> Done:
    return Done()


def card(done: Done, file: Path | None = None) -> CheckCard:
    actions = CheckActions(done.look, *map(done.shown, ("hint", "solution", "reset")), file=file)
    return CheckCard(EXERCISE, actions)


def labels(row: ButtonRow) -> list[str]:
    return [button.description for button in row.widget.children]


def click(row: ButtonRow, label: str) -> None:
    next(button for button in row.widget.children if button.description == label).click()


@pytest.mark.usefixtures("shell")
def test_on_a_page_that_was_opened_later_a_click_says_what_to_do(
    done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outputs of a page that was opened anew do not follow any more: nothing is done unseen there."""
    open_page(monkeypatch)
    shown = card(done)
    shown.check()
    open_page(monkeypatch)

    click(shown.row, "Reset")

    [said] = shown.row.widget.children
    assert "run this cell again" in said.value
    assert done.calls == ["look"]


@pytest.mark.usefixtures("shell")
def test_on_a_page_that_has_connected_anew_buttons_work(done: Done, monkeypatch: pytest.MonkeyPatch) -> None:
    """After sleep JupyterLab opens its connections anew, but the page and its outputs are the same."""
    open_page(monkeypatch)
    shown = card(done)
    shown.check()
    monkeypatch.setattr(Widget, "_control_comm", object())

    click(shown.row, "Hint")

    assert done.calls == ["look", "hint"]


@pytest.mark.usefixtures("shell")
def test_a_check_comes_with_buttons_for_help(done: Done) -> None:
    """Below the verdict stand named buttons for another look, the hint, the solution and the starter."""
    shown = card(done)
    shown.check()

    assert labels(shown.row) == ["Check again", "Hint", "Solution", "Reset"]
    for label in ("Hint", "Solution", "Check again"):
        click(shown.row, label)
    assert done.calls == ["look", "hint", "solution", "look"]


@pytest.mark.usefixtures("shell")
def test_a_reset_asks_first(done: Done) -> None:
    """The first click on Reset changes nothing; only the second puts the starter back."""
    shown = card(done)
    shown.check()

    click(shown.row, "Reset")
    assert labels(shown.row) == ["Put the starter back", "Keep my answer"]
    click(shown.row, "Keep my answer")
    assert "reset" not in done.calls
    click(shown.row, "Reset")
    click(shown.row, "Put the starter back")
    assert done.calls == ["look", "reset"]
    assert "Reset" in labels(shown.row)


@pytest.mark.usefixtures("shell")
def test_a_saved_file_is_checked_again(done: Done, tmp_path: Path) -> None:
    """While a check watches its file, each saved version is looked at, and Stop ends it."""
    file = tmp_path / "state.py"
    file.write_text("one", encoding="utf-8")
    shown = card(done, file)
    shown.check()

    click(shown.row, "Check when saved")
    file.write_text("two", encoding="utf-8")
    os.utime(file, ns=(1, 1))
    assert done.looked_twice.wait(DEADLINE_SECONDS)
    click(shown.row, "Stop watching")
    assert labels(shown.row) == ["Check again", "Check when saved", "Hint", "Solution", "Reset"]


def test_without_a_kernel_there_are_no_buttons(done: Done, capsys: pytest.CaptureFixture[str]) -> None:
    """In plain Python a check prints its verdict and nothing else."""
    card(done).check()

    assert "Look 1." in capsys.readouterr().out


@pytest.mark.usefixtures("shell")
def test_a_check_that_is_run_again_ends_the_watch_of_the_card_before(done: Done, tmp_path: Path) -> None:
    """Only the card that is in the output watches its file."""
    before = card(done, tmp_path / "state.py")
    before.check()
    click(before.row, "Check when saved")

    card(done, tmp_path / "state.py")

    assert "Check when saved" in labels(before.row)


@pytest.mark.parametrize(
    ("undo", "told"), [(None, "Nothing in the cloud is changed"), (print, "made in the cloud is deleted")]
)
def test_a_reset_says_what_it_takes_away(done: Done, shell: Shell, undo: Any, told: str) -> None:
    """Before anything is reset, the card says what becomes of the cloud and of the exercise."""
    actions = CheckActions(done.look, *map(done.shown, ("hint", "solution", "reset")))
    shown = CheckCard(replace(EXERCISE, undo=undo), actions)
    shown.check()

    click(shown.row, "Reset")

    assert told in shell.texts[-1]
    assert "counts as not begun" in shell.texts[-1]


@pytest.mark.parametrize("label", ["Hint", "Solution", "Put the starter back"])
def test_what_a_button_raises_is_said_below_the_verdict(done: Done, shell: Shell, label: str) -> None:
    """A click that fails, for example since the cloud has gone, is answered in words, and can be repeated."""

    def fail() -> Shown:
        raise CloudNotRunningError("http://127.0.0.1:9", FROM_A_NOTEBOOK)

    shown = CheckCard(EXERCISE, CheckActions(done.look, fail, fail, fail))
    shown.check()
    if label.startswith("Put"):
        click(shown.row, "Reset")

    click(shown.row, label)

    assert shell.texts[-1].startswith("✗ Not done: CloudNotRunningError")
    assert FROM_A_NOTEBOOK in shell.texts[-1]
    assert label in labels(shown.row)


def test_what_a_check_waits_for_is_told_in_its_card() -> None:
    """While a check looks, the waits of both pipelines go to its card, and afterwards to their own line."""
    own, line, seen = object(), WaitLine(), []
    course: Any = SimpleNamespace(on_wait=own, stateless=SimpleNamespace(on_wait=own))
    record: Any = SimpleNamespace(record=lambda *_: None, of=lambda _: SimpleNamespace(hints=0))

    def look(given: Any) -> CheckResult:
        seen.extend([given.on_wait, given.stateless.on_wait])
        return incorrect("No.")

    ExerciseTools(course, record, "09")._look(replace(EXERCISE, check=look), line)

    assert seen == [line.telling, line.telling]
    assert [course.on_wait, course.stateless.on_wait] == [own, own]
