"""Which class a course has joined, and which boards have yet to forget it, in private files of its home.

A class knows a learner by a token, which is made of a secret of the home and of the class's id: it stays the
same wherever the board listens, and says nothing to another class. Nothing is sent here. A file that is
damaged is put aside.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from workshop.course.files import patiently, write_whole
from workshop.settings import CLASS_FILE

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "Membership",
    "forget_membership",
    "keep_left",
    "keep_membership",
    "own_token",
    "read_left",
    "read_membership",
    "take_damaged",
]

SECRET_FILE = "class-secret"  # noqa: S105 - a file's name
LEFT_FILE = "class-left.json"
SECRET_BYTES = 32
NOT_RECOGNISED = (
    "The secret by which classes know you was damaged, and is now in `{}`. A class that you were in before "
    "takes you for somebody new: if your alias is taken there, choose another one."
)
DAMAGED_LEFT = (
    "What was kept of the classes that you left was damaged, and is now in `{}`. If a board still shows you, "
    "join its class again and leave it."
)

# What the learner has to know of files that were put aside.
_damaged: list[str] = []


@dataclass(frozen=True)
class Membership:
    """A learner's place in a class; `address` is the board's, such as `http://192.168.1.5:8787`.

    `learner` is the number that the board has given; `class_id` tells classes apart, wherever boards listen.
    """

    address: str
    learner: str
    token: str = field(repr=False)
    alias: str
    seed: int
    class_name: str
    class_id: str

    @property
    def key(self) -> str:
        """What tells this learner of this class from every other."""
        return f"{self.class_id}/{self.learner}"


def read_membership(home: Path) -> Membership | None:
    """Return the class that was joined, or None; a file that is no membership counts as none."""
    file = home / CLASS_FILE
    try:
        return Membership(**json.loads(patiently(lambda: file.read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError):
        return None


def keep_membership(home: Path, membership: Membership) -> None:
    """Write the file, which nobody else on this machine may read."""
    write_whole(home / CLASS_FILE, json.dumps(asdict(membership), indent=1), is_private=True)


def forget_membership(home: Path) -> None:
    """Remove the file, if there is one."""
    patiently(lambda: (home / CLASS_FILE).unlink(missing_ok=True))


def own_token(home: Path, class_id: str) -> str:
    """Return by what a class knows this learner; the secret behind it is made when it is needed first."""
    file, secret = home / SECRET_FILE, b""
    if file.exists():
        secret = patiently(file.read_bytes)
        if len(secret) < SECRET_BYTES or not secret.isascii():
            _put_aside(file, NOT_RECOGNISED)
            secret = b""
    if not secret:
        made = secrets.token_hex(SECRET_BYTES)
        write_whole(file, made, is_private=True)
        secret = made.encode()
    return hmac.new(secret, class_id.encode(), hashlib.sha256).hexdigest()


def read_left(home: Path) -> tuple[Membership, ...]:
    """Return the classes that were left while their boards could not be reached."""
    file = home / LEFT_FILE
    try:
        kept = json.loads(patiently(lambda: file.read_text(encoding="utf-8")))
        return tuple(Membership(**each) for each in kept)
    except OSError:
        return ()
    except (ValueError, TypeError):
        _put_aside(file, DAMAGED_LEFT)
        return ()


def keep_left(home: Path, left: Sequence[Membership]) -> None:
    """Keep which boards have yet to forget this learner."""
    if left:
        write_whole(home / LEFT_FILE, json.dumps([asdict(each) for each in left], indent=1), is_private=True)
    else:
        patiently(lambda: (home / LEFT_FILE).unlink(missing_ok=True))


def take_damaged() -> list[str]:
    """Return what to tell of the damaged files that this process has put aside since the last call."""
    taken = _damaged[:]
    _damaged.clear()
    return taken


def _put_aside(file: Path, told: str) -> None:
    aside = file.with_name(f"{file.name}.damaged-{uuid.uuid4().hex[:8]}")
    with contextlib.suppress(OSError):  # another process was first
        patiently(lambda: file.replace(aside))
        _damaged.append(told.format(aside))
