"""A game in a notebook: the rounds with their verdicts, and why one of them was not exact.

In goes the game as it stands, out comes a display. Nothing is judged here.
"""

from workshop.game.cause import RoundCause
from workshop.game.scoreboard import Round
from workshop.game.session import GameView
from workshop.notebook.markup.display import Shown
from workshop.notebook.markup.html import Html, code_in, element, table
from workshop.notebook.markup.texts import NONE, plain_table, plural, wrapped
from workshop.notebook.views.cards import card, pill

__all__ = ["draw_game"]

HEADS = ("Round", "Level", "Messages", "Points", "Verdict")
STYLES = ("id", "num", "num", "num", "")
UNDER_WAY = {"sending": "the messages are being sent", "settling": "sent; waiting for the totals"}


def draw_game(view: GameView, *, is_over: bool = False) -> Shown:
    """Return the score, the rounds, and below them the diagnosis of each round that was not exact."""
    board = view.board
    rows = [
        (each.run_id, str(each.level), f"{each.messages:,}", _points(each), _verdict(each))
        for each in board.rounds
    ]
    is_exact = board.exact == board.judged and bool(board.judged)
    label, tone = (
        ("◐ Playing", "info") if not is_over else ("✓ Exact", "ok") if is_exact else ("✗ Not exact", "bad")
    )
    score = f"{plural(board.points, 'point')} · {board.exact} of {plural(board.judged, 'round')} exact"
    note = "the pipeline is empty again" if is_over else view.note
    told = " · ".join(filter(None, [score, note]))
    causes = [
        _cause(each, view.findings[each.run_id]) for each in board.rounds if each.run_id in view.findings
    ]
    html = element(
        "div",
        card(element("div", pill(label, tone), element("span", told), class_="row"), tone=tone),
        table(list(zip(HEADS, STYLES, strict=True)), [("", row) for row in rows], caption="The game")
        if rows
        else None,
        *(_drawn_cause(cause) for cause in causes),
    )
    text = [f"{label}: {told}", plain_table(HEADS, rows, right=(1, 2, 3)) if rows else ""]
    return Shown(html, "\n".join(filter(None, [*text, *map(wrapped, causes)])))


def _points(each: Round) -> str:
    return str(each.points) if each.status == "judged" else NONE


def _verdict(each: Round) -> str:
    if each.status in UNDER_WAY:
        return f"◐ {UNDER_WAY[each.status]}"
    if each.status != "judged":
        return f"▲ {each.status}: {each.reason}"
    if each.exact:
        return "✓ exact" if each.settled_seconds is None else f"✓ exact after {each.settled_seconds:.1f} s"
    return f"✗ not exact: {plural(len({one.path for one in each.differences}), 'path')} wrong"


def _drawn_cause(cause: str) -> Html:
    """Return what is wrong, and below it the causes, each on a line of its own."""
    first, *causes = cause.splitlines()
    listed = element("ul", *(element("li", code_in(each)) for each in causes)) if causes else None
    return element("div", element("p", code_in(first)), listed)


def _cause(each: Round, found: RoundCause) -> str:
    return f"Why {each.run_id} was not exact: {found.text}"
