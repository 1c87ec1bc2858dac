"""Which class a course has joined, in one private file of its home.

The file holds the board's address, the token that the board knows this learner by, the alias, and the seed
that made-up messages follow. Nothing is sent here.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from workshop.course.files import patiently, write_whole
from workshop.settings import CLASS_FILE

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Membership", "forget_membership", "keep_membership", "read_membership"]


@dataclass(frozen=True)
class Membership:
    """A learner's place in a class; `address` is the board's, such as `http://192.168.1.5:8787`."""

    address: str
    learner: str
    token: str = field(repr=False)
    alias: str
    seed: int
    class_name: str


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
