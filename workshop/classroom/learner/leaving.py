"""Out of a class: at home at once, and on its board as soon as that can be reached."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workshop.classroom.learner.calls import UNKNOWN_LEARNER, call
from workshop.classroom.learner.membership import (
    Membership,
    forget_membership,
    keep_left,
    read_left,
    read_membership,
)
from workshop.classroom.learner.outbox import Outbox
from workshop.errors import BoardError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Leave", "class_at", "forget_left", "leave_class"]


@dataclass(frozen=True)
class Leave:
    """A class that was left; `is_forgotten` once its board has deleted the learner."""

    alias: str
    address: str
    is_forgotten: bool

    @property
    def told(self) -> str:
        """What the learner is told."""
        if self.is_forgotten:
            return f"The class board has forgotten {self.alias}."
        return (
            f"Nothing is reported any more. The class board at {self.address} cannot be reached and still "
            f"shows {self.alias}; the next notebook, or `workshop leave`, that reaches it lets it forget you."
        )


def leave_class(home: Path) -> Leave | None:
    """Leave the class that was joined, and let its board forget the learner; None if there is nothing to do.

    Also tries anew what an earlier call could not say to a board.
    """
    known = read_membership(home)
    left = [*read_left(home), *([known] if known else [])]
    if not left:
        return None
    keep_left(home, left)
    if known is not None:
        forget_membership(home)
        with contextlib.suppress(sqlite3.Error, OSError):
            Outbox(home, known.key).forget()
    waiting = forget_left(home)
    last = waiting[-1] if waiting else left[-1]
    return Leave(last.alias, last.address, is_forgotten=not waiting)


def forget_left(home: Path, moved: tuple[str, str] | None = None) -> tuple[Membership, ...]:
    """Let the boards forget that could not be reached when their class was left; return who has not yet.

    `moved` names a class, by its id, and the address where its board listens now. Waits for each board for
    some seconds at most.
    """
    left = read_left(home)
    if not left:
        return ()
    places = dict([moved] if moved else [])
    waiting = [each for each in left if not _forgets(each, places.get(each.class_id, each.address))]
    keep_left(home, waiting)
    return tuple(waiting)


def class_at(address: str) -> str:
    """Return the id of the class whose board listens at an address.

    Raises:
        BoardError: nobody answers there, or no class board.
    """
    class_id = call(address, "GET", "class").get("class_id")
    if not isinstance(class_id, str) or not class_id:
        raise BoardError(
            f"what answers at {address} is no class board, or an older one\n"
            "Look at the address on the board's join page again."
        )
    return class_id


def _forgets(left: Membership, address: str) -> bool:
    """Return whether the board of a class that was left knows the learner no more."""
    try:
        if class_at(address) != left.class_id:
            return False
        call(address, "POST", "leave", token=left.token, body=b"{}")
    except BoardError as error:
        return error.status == UNKNOWN_LEARNER
    return True
