"""The course as a class gets it: one untouched copy for the hub, and one for each learner to work in."""

import os
import shutil
from pathlib import Path

from workshop.build.tree import inspect_tree, write_tree
from workshop.settings import has_solutions

__all__ = ["copy_course", "prepare_course", "prepare_seat"]

FOLDERS = ("notebooks", "lambdas", "cloudformation", "solutions", "starters", "docs")
FILES = ("README.md", "pyproject.toml", "LICENSE")
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
FIRST_USER = 30_000


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
    known = seat.exists()
    seat.mkdir(parents=True, exist_ok=True)
    copy_course(course, seat / "course")
    (seat / "home").mkdir(exist_ok=True)
    if os.getuid() != 0:
        return None
    if known and seat.stat().st_uid != 0:
        return seat.stat().st_uid
    user = max([FIRST_USER, *(each.stat().st_uid for each in seats.iterdir())]) + 1
    for path in (seat, *seat.rglob("*")):
        os.chown(path, user, user, follow_symlinks=False)
    seat.chmod(0o700)
    return user
