"""The board's pages as HTML: templates that escape every field, filled with what the class looks like."""

from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any

from tornado.template import Loader

from workshop.classroom.board.class_board import ClassBoard
from workshop.classroom.board.plan import NOTABLE_MINUTES, PlanPart
from workshop.classroom.board.standing import ClassView, Standing, StepCell

__all__ = ["FOLDER", "PAGE_FILES", "draw", "draw_parts", "hidden_token", "qr_code"]

FOLDER = Path(__file__).parent / "page"
PAGE_FILES = {"board.css": "text/css", "board.js": "text/javascript"}
# Which shape and word goes with what a learner is doing; those whom somebody should look after come first.
DOING = {
    "help": ("flag", "needs help"),
    "stuck": ("triangle", "stuck"),
    "working": ("ring", "working"),
    "away": ("pause", "away"),
    "between": ("arrow", "between notebooks"),
    "done": ("tick", "done"),
    "joined": ("dot", "joined"),
}

PUBLIC_PARTS = ("status", "summary", "pace", "head", "scores")
INSTRUCTOR_PARTS = ("needs", "controls", "people")

_loader = Loader(str(FOLDER), autoescape="xhtml_escape", whitespace="oneline")


def draw(name: str, **fields: Any) -> str:
    """Return a page or a part of one."""
    document = _loader.load(name).generate(**fields)
    return document.decode()


def draw_parts(board: ClassBoard, view: ClassView, *, for_instructor: bool) -> dict[str, str]:
    """Return the parts of the class view by their ids, in the order of the page; rows begin with `row-`."""
    groups = [(number, list(steps)) for number, steps in groupby(view.steps, lambda step: step.notebook)]
    shared = {"board": board, "view": view, "groups": groups, "scores": board.best_scores(), **WORDS}
    shared["token"] = hidden_token(board) if for_instructor else ""
    names = (*PUBLIC_PARTS, *(INSTRUCTOR_PARTS if for_instructor else ()))
    parts = {name: draw(f"{name}.html", **shared) for name in names}
    announced = board.announced
    firsts = {steps[0].id for _, steps in groups}
    for standing in view.standings:
        cells = [
            (step.notebook == announced, step.id in firsts, standing.cells.get(step.id))
            for step in view.steps
        ]
        parts[f"row-{standing.learner.id}"] = draw("row.html", **shared, standing=standing, cells=cells)
    return parts


def hidden_token(board: ClassBoard) -> str:
    """Return the field that proves that a form was on the instructor's own page."""
    return f'<input type="hidden" name="token" value="{board.secret_for("form")}">'


def cell_look(cell: StepCell) -> tuple[str, str, str]:
    """Return a cell's shape, the class of its colours, and what it says in words."""
    notes = []
    if cell.wrong:
        notes.append(f"{cell.wrong} wrong answer{'s' if cell.wrong > 1 else ''}")
    if cell.hints:
        notes.append(f"{cell.hints} hint{'s' if cell.hints > 1 else ''}")
    if cell.is_done:
        return "tick", "done", ", ".join(["done", *notes])
    if cell.doing:
        return (
            DOING[cell.doing][0],
            cell.doing,
            ", ".join([f"{DOING[cell.doing][1]}, {cell.minutes} min", *notes]),
        )
    return "dot", "begun", ", ".join(["begun", *notes])


def pace_words(late: float | None) -> str:
    """Return how somebody is doing against the plan, in words; nothing if that is not known."""
    if late is None:
        return ""
    if is_late(late):
        return f"{late:.0f} min behind"
    return f"{-late:.0f} min ahead" if late <= -NOTABLE_MINUTES else "on time"


def is_late(late: float | None) -> bool:
    """Whether somebody is so far behind the plan that it is worth a word."""
    return late is not None and late >= NOTABLE_MINUTES


def counts(view: ClassView) -> Mapping[str, int]:
    """Return how many learners are doing what."""
    return {name: sum(each.doing == name for each in view.standings) for name in DOING}


def neediest(view: ClassView) -> list[Standing]:
    """Return those who call for help, then those who are stuck, each by how long."""
    needing = [each for each in view.standings if each.doing in {"help", "stuck"}]
    return sorted(needing, key=lambda each: (each.doing != "help", each.since, each.learner.id))


def told_calls(view: ClassView) -> str:
    """Return who calls for help, by name, since calls may replace each other, and how many are stuck."""
    calling = [each.learner.alias for each in neediest(view) if each.doing == "help"]
    stuck = counts(view)["stuck"]
    return f"Calls for help: {', '.join(calling) or 'none'}. Stuck: {stuck}."


def told_parts(parts: tuple[PlanPart, ...]) -> str:
    """Return parts of a plan in words."""
    return ", ".join(f"{part.notebook} {part.what} ({part.minutes} min)" for part in parts)


# Who has the code may ask again and again; drawing it takes longer than everything else.
@lru_cache(maxsize=4)
def qr_code(text: str) -> str:
    """Return a QR code as SVG, black on white in every theme."""
    import segno  # noqa: PLC0415 - one page alone needs it

    drawn = BytesIO()
    segno.make(text, error="m").save(
        drawn,
        kind="svg",
        xmldecl=False,
        light="white",
        border=4,
        omitsize=True,
        svgclass="qr",
        lineclass=None,
    )
    return drawn.getvalue().decode()


WORDS = {
    "doing": DOING,
    "pace_words": pace_words,
    "is_late": is_late,
    "look": cell_look,
    "counts": counts,
    "neediest": neediest,
    "told_calls": told_calls,
    "told_parts": told_parts,
}
