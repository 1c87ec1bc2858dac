"""What a long wait tells."""

import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from workshop.notebook.controls import waiting
from workshop.notebook.controls.waiting import WaitLine, draw_wait, told_if_it_fails
from workshop.notebook.markup.display import NOTHING, Live
from workshop.notebook.parts.actions import PipelineActions
from workshop.notebook.views.differences import TableMemory

DEADLINE_SECONDS = 60


class Told(Live):
    """An output that remembers what it showed."""

    def __init__(self) -> None:
        super().__init__(NOTHING)
        self.texts: list[str] = []
        self.has_told = threading.Event()

    def update(self, shown) -> None:
        """Keep the text."""
        super().update(shown)
        self.texts.append(shown.text)
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
    """Inside an output that is there already, it is told there; of a wait in a wait, what the inner one knows."""
    line, output = WaitLine(), Told()

    with line.within(output, "waiting"), line.telling("outside", str), line.telling("inside", lambda: "5 left", 60):
        assert output.has_told.wait(DEADLINE_SECONDS)

    assert output.texts[0] == "◐ Waiting: outside, inside · 5 left · 0 s of at most 60 s"


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
