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
from workshop.course.files import locked
from workshop.errors import BoardError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Leave", "class_at", "drop_left", "forget_left", "leave_class"]

LOCK_FILE = "class-left.lock"
LOOK_AGAIN = "Look at the address on the board's join page again."


@dataclass(frozen=True)
class Leave:
    """The classes that were left, the last one first; the boards of `waiting` still show the learner."""

    left: tuple[Membership, ...]
    waiting: tuple[Membership, ...]

    @property
    def alias(self) -> str:
        """Under which name the learner was in the class that was left last."""
        return self.left[0].alias

    @property
    def told(self) -> str:
        """What the learner is told."""
        told = [
            f"The class board at {each.address} could not be told yet and still shows {each.alias}."
            if each in self.waiting
            else f"The class board has forgotten {each.alias}."
            for each in self.left
        ]
        if self.waiting:
            told.insert(0, "Nothing is reported any more.")
            told.append("The next notebook, or `workshop leave`, that reaches it lets it forget you.")
        return " ".join(told)


def leave_class(home: Path) -> Leave | None:
    """Leave the class that was joined, and let its board forget the learner; None if there is nothing to do.

    Also tries anew what an earlier call could not say to a board.
    """
    if read_membership(home) is None and not read_left(home):
        return None
    with locked(home / LOCK_FILE):
        known = read_membership(home)
        left = (*([known] if known else []), *_others(read_left(home), known))
        keep_left(home, left)
        forget_membership(home)
    if known is not None:
        with contextlib.suppress(sqlite3.Error, OSError):
            Outbox(home, known.key).forget()
    waiting = forget_left(home)
    return Leave(left, waiting) if left else None


def forget_left(home: Path, moved: tuple[str, str] | None = None) -> tuple[Membership, ...]:
    """Let the boards forget that did not take it when their class was left; return who has not yet.

    `moved` names a class, by its id, and the address where its board listens now. Waits for each board for
    some seconds at most. A class that the learner is in again is not left any more.
    """
    left = read_left(home)
    if not left:
        return ()
    places = dict([moved] if moved else [])
    forgotten = [each for each in left if _forgets(home, each, places.get(each.class_id, each.address))]
    return drop_left(home, forgotten)


def drop_left(home: Path, forgotten: Sequence[Membership] = ()) -> tuple[Membership, ...]:
    """Keep no more what boards have forgotten, nor the class that the learner is in; return what is left."""
    with locked(home / LOCK_FILE):
        others = _others(read_left(home), read_membership(home))
        waiting = tuple(each for each in others if each not in forgotten)
        keep_left(home, waiting)
    return waiting


def class_at(address: str) -> str:
    """Return the id of the class whose board listens at an address.

    Raises:
        BoardError: nobody answers there, or no class board.
    """
    try:
        class_id = call(address, "GET", "class").get("class_id")
    except BoardError as error:
        if error.status is None:
            raise
        # A board may refuse this too, such as who asks too often; whatever else listens there may as well.
        message = f"{address} does not say which class it has: {error}\n{LOOK_AGAIN}"
        raise BoardError(message, status=error.status, wait_seconds=error.wait_seconds) from error
    if not isinstance(class_id, str) or not class_id:
        raise BoardError(f"what answers at {address} is no class board, or an older one\n{LOOK_AGAIN}")
    return class_id


def _others(left: Sequence[Membership], known: Membership | None) -> list[Membership]:
    """Return which of the classes that were left are not the one that the learner is in."""
    return [each for each in left if known is None or each.class_id != known.class_id]


def _forgets(home: Path, left: Membership, address: str) -> bool:
    """Return whether the board of a class that was left knows the learner no more."""
    try:
        if class_at(address) != left.class_id:
            return False
        # A class knows a learner by one token: who has joined it again meanwhile would be removed from it.
        if left not in _others(read_left(home), read_membership(home)):
            return False
        call(address, "POST", "leave", token=left.token, body=b"{}")
    except BoardError as error:
        return error.status == UNKNOWN_LEARNER
    return True
