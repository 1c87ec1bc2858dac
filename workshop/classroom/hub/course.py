"""The course as a class gets it: one untouched copy for the hub, and one for each learner to work in."""

import os
import shutil
import tempfile
import threading
from itertools import count
from pathlib import Path

from workshop.settings import has_solutions

__all__ = ["archive_seat", "copy_course", "prepare_course", "prepare_seat"]

FOLDERS = ("notebooks", "lambdas", "cloudformation", "solutions", "starters", "docs")
FILES = ("README.md", "pyproject.toml", "LICENSE")
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
FIRST_USER = 30_000
# Beside the learners' folders; nobody but the hub looks into it.
REMOVED = "removed"
# A class begins at one moment, and no two learners may become one user.
ONE_AT_A_TIME = threading.Lock()


def prepare_course(root: Path, target: Path) -> None:
    """Copy the course from a checkout as it was before anybody worked in it.

    A course without its solutions is handed out as it is.
    """
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in FOLDERS:
        if (root / name).is_dir():
            shutil.copytree(root / name, target / name, ignore=LEFT_OUT)
    for name in FILES:
        if (root / name).exists():
            shutil.copy2(root / name, target / name)
    if has_solutions(target):
        # Not above: it takes a second, for which no other command should wait.
        from workshop.build.tree import inspect_tree, write_tree  # noqa: PLC0415

        write_tree(target, inspect_tree(target), force=True)


def copy_course(course: Path, target: Path) -> None:
    """Give a learner a copy of their own, whole or not at all; one that is there stays as it is."""
    if target.exists():
        return
    new = target.with_name(f"{target.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(course, new)
    new.rename(target)


def prepare_seat(course: Path, seats: Path, name: str) -> int | None:
    """Make a learner's folder ready; return the uid to which it belongs, None where there is one user only.

    Root gives each learner a uid of their own, which the folder itself remembers.
    """
    seat = seats / name
    with ONE_AT_A_TIME:
        seat.mkdir(parents=True, exist_ok=True)
        seat.chmod(0o700)
        missing = [each for each in ("course", "home") if not (seat / each).exists()]
        user = _user_of(seat) if os.getuid() == 0 else None
        # Root writes nothing into a folder that is a learner's already, where links may lead anywhere.
        if missing:
            with tempfile.TemporaryDirectory(dir=course.parent) as made:
                copy_course(course, Path(made) / "course")
                (Path(made) / "home").mkdir()
                for each in missing:
                    if user is not None:
                        _give(Path(made) / each, user)
                    (Path(made) / each).rename(seat / each)
        if user is not None:
            os.chown(seat, user, user)
    return user


def archive_seat(seats: Path, name: str) -> None:
    """Put the folder of a learner who was removed where no newcomer of the same name gets it."""
    removed = seats.with_name(REMOVED)
    removed.mkdir(mode=0o700, exist_ok=True)
    with ONE_AT_A_TIME:
        free = next(place for number in count(1) if not (place := removed / f"{name}-{number}").exists())
        if (seats / name).exists():
            (seats / name).rename(free)


def _user_of(seat: Path) -> int:
    """Return the uid of a seat's learner, for a new seat one that nobody has or had."""
    if (known := seat.stat().st_uid) != 0:
        return known
    others = [*seat.parent.iterdir(), *seat.parent.with_name(REMOVED).glob("*")]
    return max([FIRST_USER, *(each.stat().st_uid for each in others)]) + 1


def _give(folder: Path, user: int) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user, user, follow_symlinks=False)
