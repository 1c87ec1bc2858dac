"""Run sheets: which notebooks fit into so many minutes with a class, from the minutes that their heads state.

In go a checkout and a number of minutes, out comes a list of steps. Every notebook puts in place what it
builds on, so that a class may pass over any of them.
"""

import json
import re
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from workshop.course.exercises import NOTEBOOKS
from workshop.errors import ConfigurationError
from workshop.settings import STARTERS, has_solutions

__all__ = [
    "BY_IMPORTANCE",
    "NEVER_LEFT_OUT",
    "USUAL_MINUTES",
    "RunSheet",
    "SheetStep",
    "read_lessons",
    "run_sheet",
]

USUAL_MINUTES = (60, 90, 120, 180)
WELCOME, CLOSING, BREAK, MINUTES_TO_A_BREAK = 5, 4, 10, 90
LEAST_MINUTES = 30
# What a class should not miss comes first; the notebooks are taught in their own order all the same.
BY_IMPORTANCE = ("00", "08", "06", "03", "01", "04", "05", "02", "09", "07", "99", "10", "11", "12")
# Without these a class has not begun, or has seen a tutorial like others.
NEVER_LEFT_OUT = frozenset({"00", "08"})
HEAD = re.compile(
    r"^# # (?P<title>[^\n]+)$.*?\*\*Time:\*\* (?P<minutes>\d+) minutes", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class SheetStep:
    """Something a class does for so many minutes, from a minute on; `notebook` is None between notebooks."""

    begin: int
    minutes: int
    what: str
    notebook: str | None = None


@dataclass(frozen=True)
class RunSheet:
    """The steps of a session, the notebooks that do not fit, and the minutes that remain."""

    minutes: int
    steps: tuple[SheetStep, ...]
    left_out: tuple[str, ...]
    in_hand: int


def read_lessons(root: Path) -> dict[str, tuple[str, int]]:
    """Return the title of each notebook and the minutes that its head states, in the course's order.

    Raises:
        ConfigurationError: a notebook is missing, or its head states no minutes.
    """
    lessons = {}
    for number in NOTEBOOKS:
        if not (head := HEAD.search(_text(root, number))):
            raise ConfigurationError(
                f"`{root}` holds no notebook {number} that states its minutes; run this in a checkout"
            )
        lessons[number] = (head["title"], int(head["minutes"]))
    return lessons


def _text(root: Path, number: str) -> str:
    """Return the source of a notebook, or its prose where the sources are held back with the solutions."""
    if has_solutions(root):
        paths = (root / "solutions/notebooks").glob(f"{number}_*.py")
        return "".join(path.read_text(encoding="utf-8") for path in paths)
    cells = [
        cell
        for path in (root / STARTERS / "notebooks").glob(f"{number}_*.ipynb")
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
    ]
    prose = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    return "".join(f"# {line}\n" for text in prose for line in text.splitlines())


def run_sheet(lessons: dict[str, tuple[str, int]], minutes: int) -> RunSheet:
    """Return what a class does in so many minutes.

    Raises:
        ValueError: that is too short for a beginning.
    """
    if minutes < LEAST_MINUTES:
        raise ValueError(f"{minutes} minutes are too few for a class; it takes at least {LEAST_MINUTES}")
    breaks = max(0, (minutes - LEAST_MINUTES - 1) // MINUTES_TO_A_BREAK)
    free = minutes - WELCOME - CLOSING - breaks * BREAK
    chosen = set()
    for number in BY_IMPORTANCE:
        if lessons[number][1] <= free:
            free -= lessons[number][1]
            chosen.add(number)
    parts: list[tuple[int, str, str | None]] = [(WELCOME, "Welcome, and why a bank needs this", None)]
    since_break, left = WELCOME, breaks
    for number in (each for each in lessons if each in chosen):
        title, length = lessons[number]
        if left and since_break + length > MINUTES_TO_A_BREAK:
            parts.append((BREAK, "Break", None))
            since_break, left = 0, left - 1
        parts.append((length, title, number))
        since_break += length
    parts.append((CLOSING, "Closing: one question each, and what to do at home", None))
    begins = accumulate((length for length, *_ in parts), initial=0)
    steps = [SheetStep(begin, *part) for begin, part in zip(begins, parts, strict=False)]
    left_out = tuple(each for each in lessons if each not in chosen)
    return RunSheet(minutes, tuple(steps), left_out, in_hand=free + left * BREAK)
