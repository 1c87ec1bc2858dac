"""Nothing is destroyed unasked: on a terminal by a question, elsewhere by `--yes`."""

import sys

import pytest
import typer

from tests.cli.conftest import Workshop
from workshop.cli.options import agree
from workshop.cloud.connection import Cloud
from workshop.deploy.stacks import list_stacks
from workshop.errors import ConfigurationError


@pytest.mark.parametrize(
    ("words", "consequence"),
    [
        (("destroy", "flow"), "This deletes flow with all data (offline)."),
        (("clear", "flow"), "This deletes all trades and totals of `flow`."),
        (("cloud", "reset"), "This deletes every stack in the offline cloud"),
        (("reset", "connect-state"), "This takes back what its cell has made"),
        (("reset", "map-ledger"), "This takes back your code in `lambdas/stateful/map.py`"),
        (("solve", "clean-up"), "The solution of `clean-up` deletes every stack of the course"),
        (("play", "--stack", "desk"), "Playing empties `desk`"),
    ],
)
def test_without_a_terminal_nothing_is_destroyed_unasked(
    workshop: Workshop,
    cloud: Cloud,
    stacks: dict[str, dict[str, str]],
    words: tuple[str, ...],
    consequence: str,
) -> None:
    """A command that would destroy something says what, and ends as wrong usage; nothing is gone."""
    done = workshop.run(*words)

    assert done.returncode == 2
    assert consequence in done.stderr
    assert "say `--yes` to go on" in done.stderr
    assert {each.name for each in list_stacks(cloud)} == set(stacks)


@pytest.mark.parametrize("answer", [True, False])
def test_on_a_terminal_the_answer_decides(monkeypatch: pytest.MonkeyPatch, answer: bool) -> None:
    """Whoever says no ends the command; whoever says yes, or has said `--yes`, lets it go on."""
    asked: list[str] = []

    def confirm(text: str, *, abort: bool, err: bool) -> None:
        asked.append(text)
        if not answer and abort and err:
            raise typer.Abort

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.delenv("JPY_PARENT_PID", raising=False)
    monkeypatch.setattr(typer, "confirm", confirm)

    agree("This deletes a thing.", yes=True)
    assert asked == []
    if answer:
        agree("This deletes a thing.", yes=False)
    else:
        with pytest.raises(typer.Abort):
            agree("This deletes a thing.", yes=False)
    assert asked == ["This deletes a thing. Go on?"]


@pytest.mark.parametrize("kernel", ["", "77"])
def test_nobody_to_ask_is_wrong_usage(monkeypatch: pytest.MonkeyPatch, kernel: str) -> None:
    """Without a terminal, and in a notebook's cell, a message says what would happen and how to want it.

    There a command has a terminal on which nobody can write: it would wait for ever.
    """
    monkeypatch.setattr(sys.stdin, "isatty", lambda: bool(kernel))
    monkeypatch.setenv("JPY_PARENT_PID", "77") if kernel else monkeypatch.delenv(
        "JPY_PARENT_PID", raising=False
    )

    with pytest.raises(ConfigurationError, match=r"This deletes a thing\. Nobody can be asked here; say"):
        agree("This deletes a thing.", yes=False)
