"""Folders as learners hand them in: solved, or with the answers that a test gives."""

import json
from pathlib import Path

from workshop.course.answers import handler_file, solution_text
from workshop.course.catch_up import file_at
from workshop.course.exercise import Cell, Exercise, Outcome
from workshop.course.exercises import all_exercises, find_exercise
from workshop.grading import ClassResult, SubmissionResult

ROOT = Path(__file__).resolve().parents[2]
HANDLERS = tuple(
    f"{pipeline}/{function}.py"
    for pipeline, functions in (("stateful", ("state", "map", "reduce")), ("stateless", ("map", "reduce")))
    for function in functions
)


def hand_in(folder: Path, cells: dict[str, str], handlers: dict[str, str] | None = None) -> Path:
    """Write a submission with these cells, by the exercise's id, and these handler files."""
    by_notebook: dict[str, list[Exercise]] = {}
    for exercise in map(find_exercise, cells):
        by_notebook.setdefault(exercise.notebook, []).append(exercise)
    for number, exercises in by_notebook.items():
        write_notebook(folder, number, [(exercise.id, cells[exercise.id]) for exercise in exercises])
    for path, text in (handlers or {}).items():
        file = handler_file(folder, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


def write_notebook(folder: Path, number: str, cells: list[tuple[str, str]]) -> Path:
    """Write the notebook of a number with cells that bear the tags of exercises."""
    [source] = (ROOT / "solutions" / "notebooks").glob(f"{number}_*.py")
    file = folder / "notebooks" / f"{source.stem}.ipynb"
    file.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": None,
                "id": f"cell-{place}",
                "metadata": {"tags": [f"exercise:{exercise_id}"]},
                "outputs": [],
                "source": text.splitlines(keepends=True),
            }
            for place, (exercise_id, text) in enumerate(cells)
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def solved(folder: Path) -> Path:
    """Write the submission of somebody who has done everything."""
    cells = {
        each.id: solution_text(each, ROOT)
        for each in all_exercises()
        if isinstance(each.answer_location, Cell)
    }
    return hand_in(folder, cells, {path: file_at(path, "99", ROOT) for path in HANDLERS})


def submission(result: ClassResult, name: str) -> SubmissionResult:
    """Return what came out for one learner."""
    [found] = [each for each in result.submissions if each.name == name]
    return found


def outcome(result: ClassResult, name: str) -> tuple[Outcome, str]:
    """Return outcome and feedback of the one exercise that was checked."""
    [exercise] = submission(result, name).exercises
    return exercise.outcome, exercise.feedback
