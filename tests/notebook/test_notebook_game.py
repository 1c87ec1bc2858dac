"""What `ws.play` shows: the score, each round with its verdict, and why one was not exact."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import Mock

import pytest

from tests.game.test_play_board import EXACT, FINDING, SENDING, WRONG
from workshop.classroom.learner.membership import Membership, keep_membership
from workshop.classroom.learner.outbox import Outbox
from workshop.clock import ManualClock
from workshop.errors import ConfigurationError, WorkshopError
from workshop.game.scoreboard import Round, Scoreboard
from workshop.game.session import GameView
from workshop.notebook.parts.game import GameTools
from workshop.notebook.views.differences import TableMemory
from workshop.notebook.views.game import draw_game


def board(played: Round) -> Scoreboard:
    return Scoreboard(played.points, judged=1, exact=int(bool(played.exact)), rounds=(played,))


@pytest.mark.parametrize(
    ("played", "words"),
    [
        (SENDING, "◐ the messages are being sent"),
        (replace(SENDING, status="settling"), "◐ sent; waiting for the totals"),
        (EXACT, "✓ exact after 4.2 s"),
        (replace(EXACT, settled_seconds=None), "✓ exact"),
        (WRONG, "✗ not exact: 2 paths wrong"),
        (replace(SENDING, status="void", reason="cleared"), "▲ void: cleared"),
    ],
)
def test_each_round_has_a_verdict_in_shape_and_word(played: Round, words: str) -> None:
    """How far a round is, or what became of it, stands in the markup and in the text."""
    shown = draw_game(GameView(board(played), {}))

    assert words in shown.text
    assert words in shown.html


def test_a_wrong_round_is_explained() -> None:
    """Below the rounds stands the diagnosis of the one that was not exact."""
    shown = draw_game(GameView(board(WRONG), {WRONG.run_id: FINDING}), is_over=True)

    assert shown.text.startswith("✗ Not exact: 0 points · 0 of 1 round exact · the pipeline is empty again")
    assert shown.text.endswith("Why one was not exact: A batch lost (certain): 40 messages.")
    assert "A batch lost (certain)" in shown.html


def test_the_end_of_an_exact_game_says_so() -> None:
    """A game whose rounds were all exact ends with its points, and its last note is gone."""
    shown = draw_game(GameView(board(EXACT), {}, "emptying the pipeline"), is_over=True)

    assert shown.text.startswith("✓ Exact: 100 points · 1 of 1 round exact")
    assert "emptying" not in shown.text
    assert "emptying" in draw_game(GameView(board(EXACT), {}, "emptying the pipeline")).text


@pytest.mark.parametrize(
    "wrong",
    [{"rounds": 0}, {"rounds": "three"}, {"rounds": 1.5}, {"messages": 0}, {"level": 3}, {"level": "hard"}],
)
def test_a_game_that_cannot_be_played_empties_nothing(wrong: dict[str, Any]) -> None:
    """Rounds, messages and levels that there are not are refused before the cloud is asked for anything."""
    tools = GameTools(cast("Any", SimpleNamespace()), TableMemory())

    with pytest.raises(ConfigurationError, match=f"`{next(iter(wrong))}` is a whole number"):
        tools.play(**wrong)


class Fake:
    """A session whose second round fails; it is shown as a real one is."""

    def __init__(self, *arguments: Any) -> None:
        self._show = arguments[-1]

    def play(self, *_: object, **__: object) -> None:
        """Win a round, and fail in the next."""
        for points in (0, 0, 100):
            self._show(GameView(Scoreboard(points), {}))
        raise WorkshopError("the generator failed")


def test_the_class_sees_points_as_soon_as_they_are_won(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Points are reported while the game goes on, and a round that fails later takes none of them back."""
    membership = Membership("http://127.0.0.1:9", "1", "t" * 32, "Ada", 1, "A class", "class-1")
    keep_membership(tmp_path, membership)
    for name, stand_in in (("find_game", Mock()), ("set_up", Mock()), ("GameSession", Fake)):
        monkeypatch.setattr(f"workshop.notebook.parts.game.{name}", stand_in)
    monkeypatch.setattr("workshop.notebook.parts.game.borrowed", lambda *_, **__: nullcontext())
    course: Any = SimpleNamespace(home=tmp_path, clock=ManualClock(), cloud=Mock(), stack="desk")

    with pytest.raises(WorkshopError, match="the generator failed"):
        GameTools(course, TableMemory()).play(2)

    reports = Outbox(tmp_path, membership.key).unsent()
    assert [each.fields["score"] for each in reports] == [0, 100]
