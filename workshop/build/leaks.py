"""Looks for lines of solutions in the files that learners read: notebooks, handlers and the code they share.

Two kinds of lines do not count as leaks: those that say little, such as `return None` or one argument of a
call, and those that learners have been given before, in the starter, the same notebook or an earlier one.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workshop.build.starters import blocks_of, starter_of

__all__ = ["Leak", "find_leaks", "is_telling"]

SOURCES = ("solutions/notebooks", "solutions/lambdas/textbook")
LEARNERS = ("notebooks/**/*.ipynb", "lambdas/*/*.py")
# Shorter lines occur anywhere: `return item`, `else:`, `)`.
TELLING_CHARACTERS = 24
ONE_ARGUMENT = re.compile(r"\w+=[^=].*,")


@dataclass(frozen=True)
class Leak:
    """A line of a solution, found in a file that learners open."""

    source: str
    line: int
    text: str
    path: str

    def __str__(self) -> str:
        return f"{self.path}: holds `{self.text}`, which line {self.line} of {self.source} has as a solution"


def find_leaks(root: Path) -> tuple[Leak, ...]:
    """Return every line of a solution that stands in what learners open.

    Raises:
        ConfigurationError: a marker in a source has no partner.
    """
    there = {path: set(_lines(root / path)) for path in _learners_files(root)}
    return tuple(
        Leak(source, number, text, path)
        for source, number, text in _solution_lines(root)
        for path, lines in there.items()
        if text in lines
    )


def is_telling(line: str) -> bool:
    """Whether a line says enough to give an answer away."""
    return len(line) >= TELLING_CHARACTERS and not ONE_ARGUMENT.fullmatch(line)


def _learners_files(root: Path) -> list[str]:
    found = {path.relative_to(root).as_posix() for pattern in LEARNERS for path in root.glob(pattern)}
    return sorted(path for path in found if ".ipynb_checkpoints" not in path)


def _lines(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    texts = (
        ["".join(cell["source"]) for cell in json.loads(text)["cells"]] if path.suffix == ".ipynb" else [text]
    )
    yield from (_plain(line) for each in texts for line in each.splitlines())


def _solution_lines(root: Path) -> Iterator[tuple[str, int, str]]:
    given: set[str] = set()
    for path in sorted(path for folder in SOURCES for path in (root / folder).rglob("*.py")):
        name, text = path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
        # Sorted by name, notebooks come in the order of the course.
        given |= {_plain(line) for line in starter_of(text, name).splitlines()}
        for block in blocks_of(text, name):
            for number, line in enumerate(block.solution, start=block.line + 1):
                if is_telling(plain := _plain(line)) and plain not in given:
                    yield name, number, plain


def _plain(line: str) -> str:
    """Return a line without indentation, comment sign, and spaces that do not matter."""
    return " ".join(line.strip().removeprefix("# ").split())
