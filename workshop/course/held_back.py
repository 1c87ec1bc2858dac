"""A course whose solutions are held back: what it keeps of them, so that checks and resets work all the same.

In the place of `solutions/` it has `starters/`: handlers and notebooks as learners find them, and digests in
`marks.json`. By these a solution that was released is known to be whole, and code that an exercise of the
ledger begins with is told from an answer. No digest gives a solution away.
"""

from __future__ import annotations

import ast
import hashlib
import json
import shutil
from typing import TYPE_CHECKING, Any

from workshop.course.answers import starter_file
from workshop.course.exercise import Function
from workshop.course.exercises import all_exercises
from workshop.course.grafting import function_text
from workshop.deploy.bundles import MARKS, source_digest
from workshop.settings import SOLUTIONS, STARTERS

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["begins_like_this", "hold_back"]

HANDLERS = ("stateless", "stateful")


def hold_back(course: Path) -> None:
    """Take the solutions out of a course, and put in what it needs without them."""
    begins: dict[str, str] = {}
    for exercise in all_exercises():
        place = exercise.answer_location
        if isinstance(place, Function) and place.variant != "textbook":
            text = starter_file(place.path, place.variant, course)
            begins[_name(place)] = _shape_digest(function_text(text, place.name or "handler"))
    files = sorted((course / SOLUTIONS / "lambdas").rglob("*.py"))
    marks = {
        "files": {path.relative_to(course).as_posix(): source_digest(path.read_bytes()) for path in files},
        "begins": begins,
    }
    for pipeline in HANDLERS:
        shutil.copytree(course / "lambdas" / pipeline, course / STARTERS / pipeline)
    shutil.copytree(course / "notebooks", course / STARTERS / "notebooks")
    (course / MARKS).write_text(json.dumps(marks, indent=1), encoding="utf-8", newline="\n")
    shutil.rmtree(course / SOLUTIONS)


def begins_like_this(place: Function, text: str, root: Path) -> bool:
    """Whether the text of a function is what its exercise begins with, where that is held back."""
    try:
        marks = json.loads((root / MARKS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False  # a kit from before there were marks
    return bool(marks["begins"].get(_name(place)) == _shape_digest(text))


def _name(place: Function) -> str:
    return f"{place.variant}/{place.path}: {place.name or 'handler'}"


def _shape_digest(text: str) -> str:
    return hashlib.sha256(json.dumps(_shape(ast.parse(text))).encode()).hexdigest()


def _shape(node: Any) -> Any:
    """Return a tree as lists of texts: the same on every Python, which `ast.dump` is not."""
    if isinstance(node, ast.AST):
        fields = ((name, value) for name, value in ast.iter_fields(node) if value not in (None, []))
        return [type(node).__name__, *([name, _shape(value)] for name, value in fields)]
    return [_shape(each) for each in node] if isinstance(node, list) else repr(node)
