"""Finds submissions in a folder, and copies their files without following links.

Only files that can hold answers are opened: the handlers, and the notebooks of the course. A file that is too
large, a link, or a device counts as missing and is mentioned in the notes.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from workshop.errors import ConfigurationError

__all__ = ["HANDLERS", "NOTEBOOKS", "Intake", "expected_files", "find_submissions", "take_in"]

HANDLERS = "lambdas"
NOTEBOOKS = "notebooks"
NOTEBOOK_SOURCES = "solutions/notebooks"
MEGABYTE = 1024 * 1024
MOST_BYTES = {".py": MEGABYTE // 4, ".ipynb": 10 * MEGABYTE}
MOST_TOGETHER = 64 * MEGABYTE
MOST_LISTED = 1000
NOT_SHOWN = 5


@dataclass(frozen=True)
class Intake:
    """The copied files, as paths in the submission, and a sentence for each that was left out."""

    files: tuple[str, ...]
    notes: tuple[str, ...]


def find_submissions(folder: Path) -> tuple[Path, ...]:
    """Return the folder if it is a submission, else the submissions in it, by name.

    Raises:
        ConfigurationError: it is not a folder, or holds no submission.
    """
    if not folder.is_dir():
        raise ConfigurationError(
            f"`{folder}` is not a folder; name one that holds `{HANDLERS}/` or `{NOTEBOOKS}/`"
        )
    if _is_submission(folder):
        return (folder,)
    found = tuple(
        sorted(
            each
            for each in folder.iterdir()
            if not each.is_symlink() and each.is_dir() and _is_submission(each)
        )
    )
    if not found:
        raise ConfigurationError(
            f"no submission lies in `{folder}`: neither it nor a folder in it holds `{HANDLERS}/` or "
            f"`{NOTEBOOKS}/`; name a learner's folder, or the one that holds those of a class"
        )
    return found


def expected_files(root: Path) -> tuple[str, ...]:
    """Return the paths that a submission may hold: those of the learners' files in the checkout `root`."""
    handlers = [
        path
        for folder in ("stateless", "stateful")
        for path in sorted((root / HANDLERS / folder).glob("*.py"))
    ]
    notebooks = sorted((root / NOTEBOOK_SOURCES).glob("[0-9][0-9]_*.py"))
    return (
        *(path.relative_to(root).as_posix() for path in handlers),
        *(f"{NOTEBOOKS}/{path.stem}.ipynb" for path in notebooks),
    )


def take_in(submission: Path, target: Path, expected: Iterable[str]) -> Intake:
    """Copy the expected files of a submission to `target`, and note what was left out."""
    files, notes = [], []
    left = MOST_TOGETHER
    for name in expected:
        most = min(MOST_BYTES[PurePosixPath(name).suffix], left)
        try:
            content = _read(submission, name, most)
        except FileNotFoundError:
            continue
        except OSError as error:
            notes.append(f"`{name}` was left out: {error.strerror or error}.")
            continue
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(content)
        files.append(name)
        left -= len(content)
    return Intake(tuple(files), (*notes, *_surplus(submission, set(expected))))


def _is_submission(folder: Path) -> bool:
    return any((folder / name).is_dir() for name in (HANDLERS, NOTEBOOKS))


def _read(submission: Path, name: str, most: int) -> bytes:
    """Return a file's content; nothing on the way to it may be a link."""
    path = submission
    for part in PurePosixPath(name).parts:
        path /= part
        if path.is_symlink():
            raise OSError(None, f"`{path.relative_to(submission).as_posix()}` is a link")
    # Opening a pipe would block, and a link may have replaced the file since it was looked at.
    flags = (
        os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    descriptor = os.open(path, flags)
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, descriptor)
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise OSError(None, "it is not a file")
        if about.st_size > most:
            raise OSError(None, f"it has {about.st_size:,} bytes, and at most {most:,} are taken")
        content = bytearray()
        # One byte more than is taken, which tells that the file has grown since.
        while len(content) <= most and (piece := os.read(descriptor, most + 1 - len(content))):
            content += piece
    if len(content) > most:
        raise OSError(None, "it grew while it was read")
    return bytes(content)


def _surplus(submission: Path, expected: set[str]) -> list[str]:
    """Return a note on handlers and notebooks under unexpected names: they may hold answers."""
    found: list[str] = []
    for top in (HANDLERS, NOTEBOOKS):
        if (submission / top).is_symlink():
            continue
        for number, (folder, folders, names) in enumerate(os.walk(submission / top)):
            if number >= MOST_LISTED:
                break
            # In place: `os.walk` goes into what is left here.
            folders[:] = [each for each in folders if not each.startswith((".", "__"))]
            here = Path(folder).relative_to(submission).as_posix()
            found += [
                f"{here}/{name}" for name in names[:MOST_LISTED] if PurePosixPath(name).suffix in MOST_BYTES
            ]
    shared = f"{HANDLERS}/common/", f"{HANDLERS}/generator/"
    surplus = sorted(name for name in found if name not in expected and not name.startswith(shared))
    if not surplus:
        return []
    more = f" and {len(surplus) - NOT_SHOWN} more" if len(surplus) > NOT_SHOWN else ""
    return [f"Not looked at: {', '.join(f'`{name}`' for name in surplus[:NOT_SHOWN])}{more}."]
