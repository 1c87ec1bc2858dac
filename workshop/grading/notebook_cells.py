"""Reads the answers in a learner's notebook: the cells with the tag of an exercise.

The file is untrusted data, and need not be a notebook. Nothing of it runs here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["UnreadableNotebookError", "cell_answers", "kinds_of_cells"]

TAG = "exercise:"


class UnreadableNotebookError(Exception):
    """The file cannot be read as a notebook; the message says why."""


def cell_answers(path: Path) -> dict[str, str]:
    """Return the source of each exercise's cell, by the exercise's id.

    A cell that was split bears its tag twice; its parts make up the answer together.

    Raises:
        UnreadableNotebookError: the file is not JSON, or has no list of cells.
    """
    answers: dict[str, list[str]] = {}
    for cell in _cells(path):
        for exercise_id in _tags(cell) if cell.get("cell_type") == "code" else ():
            answers.setdefault(exercise_id, []).append(_source(cell))
    return {exercise_id: "\n".join(parts) for exercise_id, parts in answers.items()}


def kinds_of_cells(path: Path, exercise_id: str) -> list[str]:
    """Return the kinds (`code`, `markdown`, `raw`) of the cells that bear an exercise's tag.

    Raises:
        UnreadableNotebookError: the file is not JSON, or has no list of cells.
    """
    return [str(cell.get("cell_type")) for cell in _cells(path) if exercise_id in _tags(cell)]


def _cells(path: Path) -> list[dict[str, Any]]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))  # some editors put a mark before it
    except (OSError, ValueError, RecursionError) as error:
        raise UnreadableNotebookError(
            f"`{path.name}` cannot be read: {type(error).__name__}: {error}"
        ) from error
    cells = document.get("cells") if isinstance(document, dict) else None
    if not isinstance(cells, list):
        raise UnreadableNotebookError(f"`{path.name}` has no cells; save it again in JupyterLab")
    return [cell for cell in cells if isinstance(cell, dict)]


def _tags(cell: dict[str, Any]) -> list[str]:
    about = cell.get("metadata")
    tags = about.get("tags") if isinstance(about, dict) else None
    if not isinstance(tags, list):
        return []
    return [tag.removeprefix(TAG) for tag in tags if isinstance(tag, str) and tag.startswith(TAG)]


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    if isinstance(source, list):
        return "".join(part for part in source if isinstance(part, str))
    return source if isinstance(source, str) else ""
