"""What a long wait tells."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from workshop.course.releases import release_as_of
from workshop.course.tools.plain import LeftoverTools
from workshop.notebook.control_room.opening import RoomTools
from workshop.notebook.controls import waiting
from workshop.notebook.controls.waiting import WaitLine, draw_wait, told_if_it_fails
from workshop.notebook.markup.display import NOTHING, Live
from workshop.notebook.parts.actions import PipelineActions
from workshop.notebook.views.differences import TableMemory

DEADLINE_SECONDS = 60
ROOT = Path(__file__).resolve().parents[2]


class Told(Live):
    """An output that remembers what it showed."""

    def __init__(self, awaited: str = "") -> None:
        super().__init__(NOTHING)
        self.texts: list[str] = []
        self._awaited = awaited
        self.has_told = threading.Event()

    def update(self, shown) -> None:
        """Keep the text."""
        super().update(shown)
        self.texts.append(shown.text)
        if self._awaited in shown.text:
            self.has_told.set()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A wait tells at once that it lasts."""
    monkeypatch.setattr(waiting, "SILENT_SECONDS", 0.0)
    monkeypatch.setattr(waiting, "EVERY_SECONDS", 0.01)
    return


def test_a_wait_says_for_what_how_much_and_how_long() -> None:
    """The line names what is waited for, what is left, the seconds, and how many there are at most."""
    assert draw_wait("until nothing moves", "540 records on the way", 6.2).text == (
        "◐ Waiting: until nothing moves · 540 records on the way · 6 s"
    )
    assert draw_wait("for the check", "", 3).text == "◐ Waiting: for the check · 3 s"
    assert draw_wait("for it", "", 6, 60).text == "◐ Waiting: for it · 6 s of at most 60 s"


@pytest.mark.usefixtures("impatient")
def test_a_wait_moves_in_the_output_of_its_call() -> None:
    """Inside an output that is there already, it is told there; of two waits, what the inner one knows."""
    line, output = WaitLine(), Told("inside")

    with (
        line.within(output, "waiting"),
        line.telling("outside", str),
        line.telling("inside", lambda: "5 left", 60),
    ):
        assert output.has_told.wait(DEADLINE_SECONDS)

    assert output.texts[-1] == "◐ Waiting: outside, inside · 5 left · 0 s of at most 60 s"


@pytest.mark.usefixtures("impatient")
def test_a_wait_survives_a_question_that_fails() -> None:
    """Where nobody can say what is left, the line says the rest, and the wait goes on."""

    def fails() -> str:
        raise ConnectionError("no cloud")

    line, output = WaitLine(), Told()
    with line.within(output, "waiting"), line.telling("until it works", fails):
        assert output.has_told.wait(DEADLINE_SECONDS)

    assert "until it works · 0 s" in output.texts[0]


def test_a_short_wait_says_nothing() -> None:
    """What is over at once leaves no line, so that nothing flickers."""
    line, output = WaitLine(), Told()

    with line.within(output, "waiting"), line.telling("for a moment", str):
        pass

    assert output.texts == []


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (KeyboardInterrupt(), "‖ Interrupted: sending was stopped half-way"),
        (ValueError("no"), "✗ Failed: sending did not come to its end"),
    ],
)
def test_what_ended_early_does_not_seem_to_go_on(error: BaseException, told: str) -> None:
    """After an interrupt or an error, the output says so in the place of `◐ Sending`."""
    output = Told()

    with pytest.raises(type(error)), told_if_it_fails(output, "sending"):
        raise error

    assert output.texts == [told]


def test_a_deployment_that_nobody_waits_for_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """After an interrupt the output says that CloudFormation goes on and what to do, not `Deploying`."""

    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    course: Any = SimpleNamespace(stack="course-stateful", deploy=interrupted)

    with pytest.raises(KeyboardInterrupt):
        PipelineActions(course, TableMemory()).deploy()

    said = capsys.readouterr().out
    assert said.startswith("‖ Interrupted: ")
    assert "Run the cell again" in said


def destroy_a_stack(course: Any) -> None:
    LeftoverTools(course).destroy("mine")


def go_back_with_the_code(course: Any) -> None:
    release_as_of(course, "08")


def open_beside_the_textbook(course: Any) -> None:
    RoomTools(course)._pipelines("textbook")


@pytest.mark.parametrize(
    ("wait", "told"),
    [
        (destroy_a_stack, "until `mine` is deleted; "),
        (go_back_with_the_code, "until the functions run the code of notebook 08; 3 to be changed"),
        (open_beside_the_textbook, "until the textbook's pipeline is there, and empty; "),
    ],
)
def test_what_takes_long_without_a_picture_says_so(
    monkeypatch: pytest.MonkeyPatch, wait: Callable[[Any], None], told: str
) -> None:
    """Deploying and deleting that nobody sees, minutes on AWS, is a wait like any other."""
    within: list[str] = []

    @contextmanager
    def on_wait(what: str, left: Callable[[], str]) -> Iterator[None]:
        within.append(f"{what}; {left()}")
        yield
        within.append("over")

    def done(*_: object) -> None:
        within.append("done")

    monkeypatch.setattr("workshop.course.tools.plain.destroy", done)
    monkeypatch.setattr("workshop.course.releases.release_changed", done)
    textbook = SimpleNamespace(is_deployed=False, deploy=done)
    course = SimpleNamespace(cloud=None, root=ROOT, pipeline="stateful", on_wait=on_wait, textbook=textbook)

    wait(course)

    assert (within[0], set(within[1:-1]), within[-1]) == (told, {"done"}, "over")
