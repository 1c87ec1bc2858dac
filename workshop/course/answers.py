"""Answers as text: the starter, the solution and the learner's own, and how a text is put in as the answer.

An answer is a cell of a notebook, which changes something in the cloud when it runs, or a function of a
handler file, or the whole file. Starters and solutions have one source: `solutions/`, with its markers.
"""

from __future__ import annotations

import ast
import contextlib
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from workshop.build.starters import solution_of, starter_of
from workshop.course.exercise import Cell, Exercise, Function
from workshop.course.grafting import function_text, graft
from workshop.course.tools.plain import PlainWorkshop
from workshop.deploy.bundles import handler_path
from workshop.errors import BundleError, ConfigurationError, SolutionsWithheldError
from workshop.settings import STARTERS, has_solutions, released_folders

if TYPE_CHECKING:
    from pathlib import Path

    from workshop.course.course import Course

__all__ = [
    "handler_file",
    "is_solved_by",
    "learners_text",
    "put_answer",
    "read_handler",
    "run_cell",
    "solution_text",
    "starter_file",
    "starter_text",
    "with_answer",
]

NOTEBOOK_SOURCES = "solutions/notebooks"
HANDLERS = "lambdas"
CELL = re.compile(r"^# %%(.*)$", re.MULTILINE)
TAGS = re.compile(r"tags=(\[[^\]]*\])")
# What parsing raises for bytes that are not UTF-8, a NUL, deep nesting, and plain syntax errors.
UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


def solution_text(exercise: Exercise, root: Path) -> str:
    """Return the solution of an exercise.

    Raises:
        ConfigurationError: the checkout holds no solutions, or not this one.
    """
    match exercise.answer_location:
        case Cell():
            return solution_of(_cell_source(exercise, root), exercise.id)
        case Function(path, name, variant):
            return _part(_solution_file(path, variant, _holder(exercise, root)), name, exercise)


def starter_text(exercise: Exercise, root: Path) -> str:
    """Return what a learner finds in the place of the answer."""
    match exercise.answer_location:
        case Cell(notebook):
            if not has_solutions(root) and (text := _saved_cell(exercise, root / STARTERS, notebook)):
                return text
            return starter_of(_cell_source(exercise, root), exercise.id)
        case Function(path, name, variant):
            return _part(starter_file(path, variant, root), name, exercise)


def learners_text(exercise: Exercise, root: Path) -> str | None:
    """Return the learner's answer as it is saved, or None where it cannot be found."""
    match exercise.answer_location:
        case Cell(notebook):
            return _saved_cell(exercise, root, notebook)
        case Function(path, name, _):
            text = read_handler(root, path)
            if text is None or name is None:
                return text
            try:
                return function_text(text, name)
            except LookupError:
                return None


def handler_file(root: Path, path: str) -> Path:
    """Return where the learner's handler file lies."""
    return root.joinpath(HANDLERS, *path.split("/"))


def read_handler(root: Path, path: str) -> str | None:
    """Return the text of the learner's handler file, or None if it is missing or is not Python."""
    try:
        text = handler_file(root, path).read_text(encoding="utf-8-sig")
        ast.parse(text)
    except (OSError, *UNPARSABLE):
        return None
    return text


def starter_file(path: str, variant: str, root: Path) -> str:
    """Return a handler file as it is before an exercise: the starter, and for the ledger the textbook."""
    if variant == "textbook" and not has_solutions(root):
        return root.joinpath(STARTERS, *path.split("/")).read_text(encoding="utf-8")
    text = _source(path, "textbook", root)
    return starter_of(text, path) if variant == "textbook" else solution_of(text, path)


def with_answer(exercise: Exercise, answer: str, text: str, root: Path) -> str:
    """Return the text of a handler file with an answer put in; the starter replaces what is not Python."""
    place = exercise.answer_location
    if not isinstance(place, Function):
        raise TypeError(f"the answer to `{exercise.id}` is a cell, not part of a file")
    if place.name is None:
        return answer
    starter = starter_file(place.path, place.variant, root)
    base = text if _is_python(text) else starter
    if not _is_python(answer):
        # Learners save such files too, and the checks must see them as they are.
        return base.replace(function_text(base, place.name), f"{answer.rstrip()}\n")
    # The solution's file offers the imports and helpers that an answer may use; those it uses come along.
    offered = starter
    with contextlib.suppress(SolutionsWithheldError):
        offered = _solution_file(place.path, place.variant, _holder(exercise, root))
    donor = graft(offered, place.name, donor=answer)
    return graft(base, place.name, donor=donor, like=starter)


def put_answer(exercise: Exercise, answer: str, course: Course) -> None:
    """Make a text the answer: write it into the learner's file, or run it as the cell would.

    Raises:
        Exception: whatever the cell raises.
    """
    if isinstance(exercise.answer_location, Cell):
        run_cell(exercise, answer, course)
        return
    file = handler_file(course.root, exercise.answer_location.path)
    text = read_handler(course.root, exercise.answer_location.path) or ""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(with_answer(exercise, answer, text, course.root), encoding="utf-8", newline="\n")


def run_cell(exercise: Exercise, text: str, course: Course) -> None:
    """Run the text of a cell with the `ws` of the course, and with names that earlier cells have defined."""
    scope: dict[str, object] = {"__name__": "__main__", "ws": PlainWorkshop(course)}
    for source in (_preamble(exercise, text, course.root), text):
        exec(compile(source, f"<{exercise.id}>", "exec"), scope)  # noqa: S102 - this is what it is for


def _preamble(exercise: Exercise, text: str, root: Path) -> str:
    """Return the definitions of earlier cells of the notebook that a cell makes use of."""
    if not _is_python(text):
        return ""
    earlier: dict[str, tuple[int, ast.stmt]] = {}
    for place, node in enumerate(_earlier_statements(exercise, root)):
        earlier |= dict.fromkeys(_bound_by(node), (place, node))
    taken: dict[int, ast.stmt] = {}
    wanted: list[ast.AST] = [ast.parse(text)]
    while wanted:
        for each in ast.walk(wanted.pop()):
            if isinstance(each, ast.Name) and each.id in earlier and earlier[each.id][0] not in taken:
                place, node = earlier[each.id]
                taken[place] = node
                wanted.append(node)
    return "\n".join(ast.unparse(taken[place]) for place in sorted(taken))


def _earlier_statements(exercise: Exercise, root: Path) -> Iterator[ast.stmt]:
    for tags, text in _notebook_cells(exercise, _holder(exercise, root)):
        if f"exercise:{exercise.id}" in tags:
            return
        if _is_python(source := solution_of(text, exercise.id)):
            yield from ast.parse(source).body


def _bound_by(node: ast.stmt) -> list[str]:
    """Return the names that a statement defines; the course itself is given."""
    match node:
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            found = [alias.asname or alias.name.partition(".")[0] for alias in names]
        case ast.Assign(targets=targets):
            walked = (each for target in targets for each in ast.walk(target))
            found = [each.id for each in walked if isinstance(each, ast.Name)]
        case ast.FunctionDef(name=name):
            found = [name]
        case _:
            found = []
    return [name for name in found if name not in {"ws", "start"}]


def is_solved_by(exercise: Exercise, root: Path) -> bool:
    """Whether the learner's file holds the solution itself, whatever its comments; held back, it does not."""
    own = learners_text(exercise, root)
    try:
        return own is not None and ast.dump(ast.parse(own)) == ast.dump(
            ast.parse(solution_text(exercise, root))
        )
    except (SolutionsWithheldError, *UNPARSABLE):
        return False


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except UNPARSABLE:
        return False
    return bool(text.strip())


def _part(text: str, name: str | None, exercise: Exercise) -> str:
    if name is None:
        return text
    try:
        return function_text(text, name)
    except LookupError:
        raise ConfigurationError(
            f"`{exercise.id}` is about `{name}`, which its solution lacks; restore it with `git checkout`"
        ) from None


def _holder(exercise: Exercise, root: Path) -> Path:
    """Return where the `solutions/` of an exercise are: the course, or what a class board has released."""
    if has_solutions(root):
        return root
    for folder in released_folders():
        if folder.name == exercise.notebook:
            return folder
    raise SolutionsWithheldError(f"the solution of `{exercise.id}`")


def _solution_file(path: str, variant: str, root: Path) -> str:
    return solution_of(_source(path, variant, root), path)


def _source(path: str, variant: str, root: Path) -> str:
    try:
        return handler_path(root, path, variant).read_text(encoding="utf-8")
    except SolutionsWithheldError:
        raise
    except BundleError as error:
        raise _missing(f"solutions/lambdas/{variant}/{path}") from error


def _cell_source(exercise: Exercise, root: Path) -> str:
    for tags, text in _notebook_cells(exercise, _holder(exercise, root)):
        if f"exercise:{exercise.id}" in tags:
            return text
    raise _missing(f"{NOTEBOOK_SOURCES}/{exercise.notebook}_*.py")


def _notebook_cells(exercise: Exercise, root: Path) -> Iterator[tuple[list[str], str]]:
    for file in sorted(root.joinpath(*NOTEBOOK_SOURCES.split("/")).glob(f"{exercise.notebook}_*.py")):
        yield from _cells(file.read_text(encoding="utf-8"))


def _cells(text: str) -> Iterator[tuple[list[str], str]]:
    """Yield the tags and the text of each cell of code of a notebook's source."""
    heads = list(CELL.finditer(text))
    for place, head in enumerate(heads):
        if "[markdown]" in head[1]:
            continue
        found = TAGS.search(head[1])
        end = heads[place + 1].start() if place + 1 < len(heads) else len(text)
        yield json.loads(found[1]) if found else [], text[head.end() : end].strip("\n") + "\n"


def _saved_cell(exercise: Exercise, root: Path, notebook: str) -> str | None:
    for file in sorted((root / "notebooks").glob(f"{notebook}_*.ipynb")):
        try:
            cells = json.loads(file.read_text(encoding="utf-8-sig"))["cells"]
        except (OSError, ValueError, KeyError):
            continue
        for cell in cells:
            if f"exercise:{exercise.id}" in cell.get("metadata", {}).get("tags", ()):
                return "".join(cell["source"])
    return None


def _missing(where: str) -> ConfigurationError:
    return ConfigurationError(
        f"there is no solution in `{where}`; restore it with `git checkout`, or ask who runs the workshop"
    )
