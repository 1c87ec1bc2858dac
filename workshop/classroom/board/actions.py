"""What the instructor's buttons do, and what is asked before that which nothing undoes.

A question names whom it is about: rows move when somebody joins, and a click may hit a neighbour.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workshop.classroom.board.class_board import ClassBoard
from workshop.classroom.board.standing import minutes_since
from workshop.classroom.invitation import checked_alias

__all__ = ["ACTIONS", "Action", "Confirmation", "Field", "confirmation_before"]

# What a form says in the field of this name.
Field = Callable[[str], str]
Action = Callable[[ClassBoard, Field], Any]


@dataclass(frozen=True)
class Confirmation:
    """What the instructor is asked: what will be done, what follows, the word that does it, and to whom."""

    asked: str
    told: str
    answer: str
    learner: int = 0


def confirmation_before(action: str, board: ClassBoard, field: Field) -> Confirmation | None:
    """Return what to ask before an action; None if it is simply done.

    Raises:
        ValueError: nobody is there any more whom it is about.
    """
    ask = QUESTIONS.get(action)
    return ask(board, field) if ask else None


def _ask_to_remove(board: ClassBoard, field: Field) -> Confirmation:
    learner = board.store.learner(_learner(field))
    if learner is None:
        raise ValueError("this learner is not in the class any more")
    alias = _apart(learner.alias)
    joined = minutes_since(learner.joined, board.clock.now())
    passed = sum(each.learner == learner.id and each.passed is not None for each in board.store.steps())
    # Somebody may have an alias that looks like another's.
    told = (
        f"{alias} joined {joined:,} min ago and has passed {passed} step{'s' * (passed != 1)}. "
        "Everything that the board keeps of them is deleted at once, and cannot be brought back."
    )
    return Confirmation(f"Remove {alias}?", told, f"Remove {alias}", learner.id)


def _ask_to_remove_idle(board: ClassBoard, _: Field) -> Confirmation:
    idle = [each for each in board.store.learners() if not each.accepted]
    if not idle:
        raise ValueError("everybody has reported something by now")
    told = f"Deleted at once: {', '.join(_apart(each.alias) for each in idle)}. Nothing else is kept of them."
    asked = f"Remove everybody who has reported nothing, {len(idle)} in all?"
    # Who joins while this is asked has a higher number, and stays.
    return Confirmation(asked, told, "Remove them", max(each.id for each in idle))


def _ask_to_start_anew(board: ClassBoard, _: Field) -> Confirmation | None:
    if board.begun is None:
        return None
    minute = minutes_since(board.begun, board.clock.now())
    told = f"It stands at minute {minute}. Afterwards the plan begins now, for everybody."
    return Confirmation("Start the clock of the plan anew?", told, "Start it anew")


def _learner(field: Field) -> int:
    number = field("learner")
    if not number.isascii() or not number.isdecimal() or len(number) > 9:
        raise ValueError("no learner was named")
    return int(number)


def _apart(alias: str) -> str:
    """Return an alias so that its direction of writing turns nothing around it."""
    return f"\u2068{alias}\u2069"


QUESTIONS: dict[str, Callable[[ClassBoard, Field], Confirmation | None]] = {
    "remove": _ask_to_remove,
    "idle": _ask_to_remove_idle,
    "clock": _ask_to_start_anew,
}
ACTIONS: dict[str, Action] = {
    "announce": lambda board, field: board.announce(field("notebook")),
    "release": lambda board, field: board.release(field("notebook")),
    "withhold": lambda board, field: board.withhold(field("notebook")),
    "clock": lambda board, _: board.start_clock(),
    "code": lambda board, _: board.renew_code(),
    "close": lambda board, _: board.close(),
    "reopen": lambda board, _: board.reopen(),
    "idle": lambda board, field: board.store.remove_idle(_learner(field)),
    "helped": lambda board, field: board.store.mark_helped(_learner(field), board.clock.now()),
    "remove": lambda board, field: board.store.remove(_learner(field)),
    "rename": lambda board, field: board.store.rename(_learner(field), checked_alias(field("alias"))),
}
