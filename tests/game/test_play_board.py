"""The scoreboard: drawn, told line by line, and as a document."""

import io
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from workshop.classroom.learner.membership import Membership, keep_membership
from workshop.classroom.learner.outbox import Outbox
from workshop.cli import play
from workshop.cli.views.play_board import GamePrinter, document_of, draw_view, verdict_of
from workshop.diagnosis import Cause, CauseKind, Confidence, Diagnosis
from workshop.game.cause import RoundCause
from workshop.game.scoreboard import PathDifference, Round, Scoreboard
from workshop.game.session import Bounds, GameView

SENDING = Round("one", "sending", level=1, messages=1000, seed=7, started_at=1.0, accepted=500)
EXACT = replace(SENDING, status="judged", exact=True, points=100, settled_seconds=4.25)
LOST = PathDifference("one", "amount", Decimal("10.50"), Decimal(0), 2, 1)
WRONG = replace(
    SENDING,
    status="judged",
    exact=False,
    difference_count=3,
    differences=(LOST, replace(LOST, kind="torn"), replace(LOST, path="one:PV")),
)
CAUSE = Cause(CauseKind.BATCH_LOST, Confidence.CERTAIN, "40 messages never reached the totals.")
FINDING = RoundCause("one", Diagnosis((), (CAUSE,), "A batch lost (certain): 40 messages."))
ARRIVED = RoundCause("one", Diagnosis((), (), ""))


def drawn(view: GameView) -> str:
    console = Console(width=100, record=True, file=None)
    with console.capture() as capture:
        console.print(draw_view(view, title="the game", badge="OFFLINE"))
    return capture.get()


@pytest.mark.parametrize(
    ("played", "finding", "words"),
    [
        (SENDING, None, "sending: 500 of 1,000"),
        (replace(SENDING, status="settling"), None, "sent; waiting for the totals"),
        (EXACT, None, "exact"),
        (WRONG, None, "2 paths are wrong"),
        (WRONG, FINDING, "2 paths are wrong: a batch lost (certain)"),
        (WRONG, ARRIVED, "2 paths are wrong: still in flight when it was judged; it is exact by now"),
        (replace(WRONG, differences=(LOST,)), None, "1 path is wrong"),
        (replace(SENDING, status="void", reason="the stream\x1b refused"), None, "void: the stream� refused"),
    ],
)
def test_a_round_has_a_verdict(played: Round, finding: RoundCause | None, words: str) -> None:
    """What became of a round is said in a few words, with the most likely cause if it is known."""
    assert verdict_of(played, finding) == words


def test_the_board_shows_score_and_rounds() -> None:
    """The board shows the points, how many rounds were exact, and each round."""
    text = drawn(
        GameView(Scoreboard(points=100, judged=2, exact=1, rounds=(EXACT, replace(WRONG, run_id="two"))), {})
    )

    assert "100 points" in text
    assert "1 of 2 rounds exact" in text
    assert "level 1" in text
    assert all(word in text for word in ("one", "4.2 s", "two", "2 paths are wrong"))


def test_the_board_tells_why() -> None:
    """The diagnosis of the last inexact round stands below the rounds, and so does a note."""
    text = drawn(GameView(Scoreboard(rounds=(WRONG,)), {"one": FINDING}, note="look here"))

    assert "40 messages" in text
    assert "look here" in text


def test_the_second_level_is_announced() -> None:
    """From 300 points on the board says what the second level brings."""
    assert "functions that fail" in drawn(GameView(Scoreboard(points=300), {}))


def test_an_empty_board_says_so() -> None:
    """Before the first round the board says that there is none."""
    assert "No round has begun." in drawn(GameView(Scoreboard(), {}))


def test_lines_tell_each_step_once() -> None:
    """Where nothing can be redrawn, each step of a round is one line, however often one looks."""
    lines: list[str] = []
    teller = GamePrinter(lines.append, known=Scoreboard(rounds=(replace(EXACT, run_id="old"),)))

    for played in (SENDING, replace(SENDING, accepted=1000), EXACT, EXACT):
        teller.show(GameView(Scoreboard(points=100, rounds=(replace(EXACT, run_id="old"), played)), {}))

    assert lines == [
        "one  level 1  1,000 messages  sending",
        "one  level 1  1,000 messages  exact; score 100",
    ]


def test_lines_tell_causes_and_notes_once() -> None:
    """A cause and a note are told when they are new."""
    lines: list[str] = []
    teller = GamePrinter(lines.append, known=Scoreboard(rounds=(WRONG,)))

    for _ in range(2):
        teller.show(GameView(Scoreboard(rounds=(WRONG,)), {"one": FINDING}, note="wait"))

    assert lines == ["one  A batch lost (certain): 40 messages.", "wait"]


def test_the_document_holds_what_a_script_needs() -> None:
    """The document has score and rounds, with every difference as decimal strings, and the cause."""
    document: dict[str, Any] = document_of(
        (WRONG,), Scoreboard(points=200, judged=3, exact=2), {"one": FINDING}
    )

    [played] = document.pop("rounds")
    assert document == {"points": 200, "rounds_judged": 3, "rounds_exact": 2}
    assert (played["run_id"], played["exact"], played["points"], played["seed"]) == ("one", False, 0, 7)
    assert played["cause"] == "a batch lost (certain)"
    assert played["differences"][0] == {
        "path": "one",
        "kind": "amount",
        "expected": "10.50",
        "found": "0",
        "expected_trades": 2,
        "found_trades": 1,
    }


def test_the_class_sees_points_while_the_command_plays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`workshop play` brings points to the class board as soon as they are won, not when the game is over."""
    heard: list[list[int]] = []
    membership = Membership("http://127.0.0.1:9", "1", "t" * 32, "Ada", 1, "A class", "class-1")
    keep_membership(tmp_path, membership)

    def note(_: object) -> None:
        reports = Outbox(tmp_path, membership.key).unsent()
        heard.append([int(each.fields["score"]) for each in reports])

    class Session:
        board, findings, rounds = Scoreboard(), {}, ()

        def __init__(self, *arguments: Any) -> None:
            self._show = arguments[-1]

        def play(self, *_: object, **__: object) -> None:
            for points in (0, 100, 100, 200):
                self._show(GameView(Scoreboard(points), {}))

    monkeypatch.setattr(play, "GameSession", Session)
    monkeypatch.setattr(play, "home_folder", lambda: tmp_path)
    monkeypatch.setattr(play, "say_delivered", note)
    game: Any = SimpleNamespace(target=SimpleNamespace(stack="desk"), is_apart=True)
    cloud: Any = SimpleNamespace(badge="OFFLINE")

    play._sit(cloud, game, Bounds(2, 60), Console(file=io.StringIO()), play._Wishes(None, None))

    assert heard == [[0], [0, 100], [0, 100, 200]]
