"""What became of every learner, as a table that a spreadsheet opens.

An alias that a spreadsheet would take for a formula gets an apostrophe in front, which makes it text.
"""

import csv
import io

from workshop.classroom.board.class_board import ClassBoard
from workshop.classroom.board.standing import Standing, StepCell
from workshop.classroom.protocol import instant

__all__ = ["class_table"]

# What begins a formula, also after spaces, and in full-width form.
FORMULA = tuple("=+-@\t\r\n|%\uff1d\uff0b\uff0d\uff20")
HEAD = ("alias", "joined", "last heard", "passed", "of", "wrong answers", "hints", "best score")


def class_table(board: ClassBoard) -> str:
    """Return the class as CSV: a line for each learner, a column for each step."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    view = board.view()
    writer.writerow([*HEAD, *(f"{step.notebook} {step.id}" for step in view.steps)])
    best: dict[int, int] = {}
    for _, each in board.best_scores():
        best[each.learner] = max(each.score, best.get(each.learner, 0))
    for standing in view.standings:
        cells = [standing.cells.get(step.id) for step in view.steps]
        row = [*_sums(standing, len(view.steps)), best.get(standing.learner.id, ""), *map(_outcome, cells)]
        writer.writerow([_as_text(str(each)) for each in row])
    return written.getvalue()


def _sums(standing: Standing, count: int) -> list[object]:
    learner, cells = standing.learner, standing.cells.values()
    wrong, hints = sum(each.wrong for each in cells), sum(each.hints for each in cells)
    return [
        learner.alias,
        instant(learner.joined),
        instant(learner.heard),
        standing.done,
        count,
        wrong,
        hints,
    ]


def _outcome(cell: StepCell | None) -> str:
    if cell is None:
        return "not begun"
    words = "passed" if cell.is_done else "not passed"
    if cell.wrong:
        words += f", {cell.wrong} wrong"
    return f"{words}, {cell.hints} hints" if cell.hints else words


def _as_text(field: str) -> str:
    return f"'{field}" if field.lstrip().startswith(FORMULA) else field
