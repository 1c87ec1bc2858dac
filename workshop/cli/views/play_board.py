"""The scoreboard of the game, drawn for a terminal, told line by line elsewhere, or as a document."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from workshop.game.cause import RoundCause
from workshop.game.scoreboard import Round, Scoreboard
from workshop.game.session import GameView
from workshop.pipeline.front_end import printable

__all__ = ["GamePrinter", "document_of", "draw_view", "verdict_of"]

SHOWN_ROUNDS = 12
LEVEL_TWO = "level 2: duplicates, stale versions, and functions that fail"
LEVEL_ONE = "level 1: new trades only; level 2 begins at 300 points"
COLUMNS = ("Round", "Level", "Messages", "At rest", "Points")
STYLES = {"judged": "bold red", "void": "yellow", "failed": "bold red"}


def draw_view(view: GameView, *, title: str, badge: str) -> RenderableType:
    """Draw the game as it stands: the score, the latest rounds, and why the last inexact one failed."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in COLUMNS:
        table.add_column(name, justify="left" if name == "Round" else "right", no_wrap=True)
    table.add_column("Verdict", overflow="fold")
    for each in view.board.rounds[-SHOWN_ROUNDS:]:
        style = "bold green" if each.exact else STYLES.get(each.status, "cyan")
        cells = (each.run_id, str(each.level), f"{each.messages:,}", _rest(each), _points(each))
        table.add_row(*map(Text, cells), Text(verdict_of(each, view.findings.get(each.run_id)), style=style))
    parts: list[RenderableType] = [_score(view.board), Text(), table]
    if not view.board.rounds:
        parts.append(Text("No round has begun.", style="italic"))
    if told := [finding for finding in view.findings.values() if finding.text]:
        parts += [
            Text(),
            Text(f"Round {told[-1].run_id}", style="bold"),
            Text(printable_lines(told[-1].text)),
        ]
    if view.note:
        parts += [Text(), Text(printable(view.note), style="yellow")]
    return Panel(
        Group(*parts), title=Text(title), title_align="left", subtitle=Text(printable(badge), style="dim")
    )


def verdict_of(each: Round, finding: RoundCause | None = None) -> str:
    """Return what became of a round, in a few words.

    The paths that are torn are counted with those that are wrong.
    """
    if each.status == "sending":
        return f"sending: {each.accepted:,} of {each.messages:,}"
    if each.status == "settling":
        return "sent; waiting for the totals"
    if each.status in {"void", "failed"}:
        return f"{each.status}: {printable(each.reason)}"
    if each.exact:
        return "exact"
    paths = len({difference.path for difference in each.differences})
    cause = f": {printable(finding.headline)}" if finding else ""
    return f"{paths:,} {'path is' if paths == 1 else 'paths are'} wrong{cause}"


class GamePrinter:
    """Tells the game where lines cannot be redrawn: each step once."""

    def __init__(self, tell: Callable[[str], None], *, known: Scoreboard) -> None:
        self._tell = tell
        self._told = {each.run_id: each.status for each in known.rounds if each.is_over}
        self._explained: set[str] = set()
        self._note = ""

    def show(self, view: GameView) -> None:
        """Tell what has changed since the last view."""
        for each in view.board.rounds:
            if self._told.get(each.run_id) == each.status:
                continue
            self._told[each.run_id] = each.status
            score = f"; score {view.board.points:,}" if each.is_over else ""
            line = "sending" if each.status == "sending" else verdict_of(each)
            self._tell(f"{each.run_id}  level {each.level}  {each.messages:,} messages  {line}{score}")
        for run_id in view.findings.keys() - self._explained:
            self._explained.add(run_id)
            self._tell(f"{run_id}  {printable_lines(view.findings[run_id].text)}")
        if view.note and view.note != self._note:
            self._tell(printable(view.note))
        self._note = view.note


def document_of(
    rounds: tuple[Round, ...], board: Scoreboard, findings: Mapping[str, RoundCause]
) -> dict[str, Any]:
    """Return the rounds of a sitting and the score as one JSON document."""
    return {
        "points": board.points,
        "rounds_judged": board.judged,
        "rounds_exact": board.exact,
        "rounds": [_round_document(each, findings.get(each.run_id)) for each in rounds],
    }


def printable_lines(text: str) -> str:
    """Return a text of several lines without anything that a terminal would obey."""
    return "\n".join(printable(line) for line in text.splitlines())


def _round_document(each: Round, finding: RoundCause | None) -> dict[str, Any]:
    return {
        "run_id": each.run_id,
        "status": each.status,
        "level": each.level,
        "messages": each.messages,
        "seed": each.seed,
        "exact": each.exact,
        "points": each.points,
        "settled_seconds": each.settled_seconds,
        "resent": each.resent,
        "reason": each.reason or None,
        "differences": [
            {**asdict(difference), "expected": str(difference.expected), "found": str(difference.found)}
            for difference in each.differences
        ],
        "cause": finding.headline if finding else None,
        "diagnosis": finding.text if finding else None,
    }


def _score(board: Scoreboard) -> Text:
    score = Text.assemble(
        (f"{board.points:,} points", "bold"), f"   {board.exact} of {board.judged} rounds exact"
    )
    return score.append(f"\n{LEVEL_TWO if board.faults or board.points >= 300 else LEVEL_ONE}", style="dim")


def _rest(each: Round) -> str:
    return f"{each.settled_seconds:.1f} s" if each.exact and each.settled_seconds is not None else "-"


def _points(each: Round) -> str:
    return str(each.points) if each.status == "judged" else "-"
