"""`workshop plan`: run sheets for a class, from the minutes that the notebooks state."""

from typing import Annotated, Any

import typer
from rich.table import Table

from workshop.cli.course.run_sheet import USUAL_MINUTES, RunSheet, read_lessons, run_sheet
from workshop.cli.options import JsonOption, console, print_json, usage_errors
from workshop.cli.views.tables import figures, lean_table
from workshop.settings import project_root

__all__ = ["plan"]


def plan(
    *,
    minutes: Annotated[
        int | None, typer.Option(help="How long you have; without it, sheets for 60, 90, 120 and 180.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print what a class can do in so many minutes; `docs/instructor.md` says how to lead it."""
    lessons = read_lessons(project_root())
    with usage_errors():
        sheets = [run_sheet(lessons, each) for each in (USUAL_MINUTES if minutes is None else [minutes])]
    if as_json:
        documents = [_document(sheet) for sheet in sheets]
        print_json(documents[0] if minutes is not None else {"plans": documents})
        return
    people = console()
    for sheet in sheets:
        people.print(_draw(sheet))
        if sheet.left_out:
            left_out = ", ".join(sheet.left_out)
            people.print(
                f"Left for home: {left_out}. Each notebook puts in place what it builds on.\n", style="dim"
            )


def _draw(sheet: RunSheet) -> Table:
    table = lean_table(*figures("from", "minutes"), "what")
    table.title, table.title_justify = f"{sheet.minutes} minutes, {sheet.in_hand} of them in hand", "left"
    for step in sheet.steps:
        told = f"{step.notebook} {step.what}" if step.notebook else step.what
        table.add_row(f"{step.begin // 60}:{step.begin % 60:02}", str(step.minutes), told)
    return table


def _document(sheet: RunSheet) -> dict[str, Any]:
    steps = [
        {"from": step.begin, "minutes": step.minutes, "what": step.what, "notebook": step.notebook}
        for step in sheet.steps
    ]
    return {
        "minutes": sheet.minutes,
        "steps": steps,
        "left_out": list(sheet.left_out),
        "in_hand": sheet.in_hand,
    }
