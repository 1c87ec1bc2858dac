"""The answers of a submission, found in its copy; nothing here runs them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from workshop.course.answers import handler_file
from workshop.course.exercise import CheckResult, Exercise, Function, not_attempted
from workshop.grading.notebook_cells import UnreadableNotebookError, cell_answers, kinds_of_cells

__all__ = ["SubmittedAnswers"]


class SubmittedAnswers:
    """The answers in a folder with the copied `lambdas/` and `notebooks/` of one submission."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._cells = cache(cell_answers)

    def missing(self, exercise: Exercise) -> CheckResult | None:
        """Return the verdict on an exercise without an answer, or None if there is one."""
        if isinstance(exercise.answer_location, Function):
            path = exercise.answer_location.path
            there = handler_file(self.folder, path).exists()
            return None if there else not_attempted(f"`lambdas/{path}` was not handed in.")
        notebook = self._notebook(exercise)
        if notebook is None:
            return not_attempted(f"Notebook {exercise.notebook} was not handed in.")
        try:
            if exercise.id in self._cells(notebook):
                return None
            kinds = kinds_of_cells(notebook, exercise.id)
        except UnreadableNotebookError as error:
            return not_attempted(f"There is no answer to look at: {error}.")
        where = f"of `{notebook.name}` bears the tag `exercise:{exercise.id}`"
        if kinds:
            return not_attempted(
                f"A cell of the type {kinds[0].capitalize()} {where}; "
                "make it Code again in JupyterLab's toolbar."
            )
        return not_attempted(f"No cell {where}.")

    def cell(self, exercise: Exercise) -> str:
        """Return the text of an answer that is a cell."""
        notebook = self._notebook(exercise)
        return "" if notebook is None else self._cells(notebook)[exercise.id]

    def _notebook(self, exercise: Exercise) -> Path | None:
        return next(iter(sorted((self.folder / "notebooks").glob(f"{exercise.notebook}_*.ipynb"))), None)
