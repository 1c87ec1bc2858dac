"""How an error that ends a cell looks: what it says, where in the cell, what to do; the traceback is folded.

The errors of the workshop say themselves what to do. For the others, the advice depends on what has failed.
"""

import difflib
import traceback
from types import TracebackType

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ParamValidationError,
)

from workshop.cloud.connection import NO_ANSWER
from workshop.cloud.sign_in import sign_in_advice
from workshop.course.files import advice_on_file
from workshop.errors import CELLS_AGAIN, FROM_A_NOTEBOOK, StackNotFoundError, WorkshopError
from workshop.notebook.markup.display import Shown
from workshop.notebook.markup.html import element
from workshop.notebook.views.cards import status_line

__all__ = ["advice_on", "error_lines", "failed", "folded_traceback"]

LONGEST_LINE = 110
# Part of the name that a kernel gives to the file of a cell.
CELL = "ipykernel_"
RERUN = f"Run the cell that makes it; after a restart of the kernel, {CELLS_AGAIN}."
NO_CLOUD = f"No cloud answers; {FROM_A_NOTEBOOK}."
NO_STACK = f"{CELLS_AGAIN.capitalize()}: one of them deploys it."
INTERRUPTED = "The cell was stopped half-way. What it has done so far stays; run it again when you like."
EXPLAINED = (
    "An argument is missing, unknown or of another type than it has to be. With `?` behind its name, such as "
    "`ws.send?`, a cell of its own explains a call."
)
ADVICE: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((KeyboardInterrupt,), INTERRUPTED),
    ((NameError,), f"This name is not known yet. {RERUN}"),
    (NO_ANSWER, NO_CLOUD),
    (
        (ParamValidationError,),
        "An argument has a wrong name or type; the message says which.",
    ),
    ((TypeError,), EXPLAINED),
    ((FileNotFoundError,), "There is no such file or folder; `ws.root` is the folder of your files."),
    ((KeyError, IndexError), "What this line takes out is not there. Show the whole value first, and look."),
)
NOT_THERE = (
    "There is nothing of this name. Compare the name with `ws.outputs` or `ws.aws.resources()`; if it is "
    f"gone, or after a reset of the cloud, {CELLS_AGAIN}."
)
REFUSED = {
    "AccessDenied": "The caller may not do this: a policy of its role must allow this on this resource.",
    "NotFound": NOT_THERE,
    "NoSuch": NOT_THERE,
    "Validation": "The service refuses what it was given; the message says which argument, and why.",
    "InvalidParameter": "The service refuses what it was given; the message says what, and why.",
    "ResourceInUse": "It exists already, or is being changed. Look at it, or wait a moment.",
    "Throttl": "Too much at once. Wait a few seconds and run the cell again.",
}


def folded_traceback(error: BaseException, trace: TracebackType | None) -> Shown:
    """Return the traceback from the cell on, behind a line that opens it."""
    lines = "".join(traceback.format_exception(type(error), error, _from_cell(trace)))
    html = element("details", element("summary", "Traceback", class_="soft"), element("pre", lines))
    return Shown(html, lines)


def error_lines(error: BaseException, trace: TracebackType | None) -> list[str]:
    """Return what an error says, where in the cell it happened, and what to do, each on a line of its own."""
    told = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if isinstance(error, StackNotFoundError):
        there = f" There are: {', '.join(error.known)}." if error.known else ""
        told = f"{type(error).__name__}: the stack `{error.stack}` is not there, or not any more.{there}"
        return [told, NO_STACK]
    if isinstance(error, WorkshopError):
        return [told]
    place = _line(error.lineno, error.text) if isinstance(error, SyntaxError) else _place(trace)
    return list(filter(None, [" ".join(told.split()), place, advice_on(error)]))


def failed(error: Exception) -> Shown:
    """Return the line that says what a click of a button has raised."""
    return status_line("✗ Not done", " · ".join(error_lines(error, error.__traceback__)), "bad")


def advice_on(error: BaseException) -> str:
    """Return what to do about an error; nothing where that is not known, or the error says it itself."""
    if isinstance(error, WorkshopError):
        return ""
    if advice := sign_in_advice(error):
        return f"{advice[0].upper()}{advice[1:]}."
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code", ""))
        return next((told for part, told in REFUSED.items() if part in code), "")
    if isinstance(error, OSError) and (advice := advice_on_file(error)):
        return advice
    if isinstance(error, AttributeError):
        return _near(error)
    # A learner's own code, such as `None["x"]`, may be of a wrong type without any call.
    is_call = not isinstance(error, TypeError) or "argument" in str(error)
    known = (told for kinds, told in ADVICE if isinstance(error, kinds) and is_call)
    return next(
        known, "AWS's client could not carry out the call." if isinstance(error, BotoCoreError) else ""
    )


def _near(error: AttributeError) -> str:
    """Return the names that are there and look like the one that is not, as a question."""
    known = [name for name in dir(error.obj) if not name.startswith("_")] if error.name else []
    near = " or ".join(f"`{each}`" for each in difflib.get_close_matches(str(error.name), known))
    return f"Did you mean {near}?" if near else ""


def _place(trace: TracebackType | None) -> str:
    """Return the line of the cell; nothing if the error has not passed through one."""
    cell = _from_cell(trace)
    if cell is None or CELL not in cell.tb_frame.f_code.co_filename:
        return ""
    frame = traceback.extract_tb(cell, 1)[0]
    return _line(frame.lineno, frame.line)


def _line(number: int | None, text: str | None) -> str:
    line = (text or "").strip()
    shown = line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]} …"
    return f"In line {number} of this cell" + (f": `{shown}`" if shown else ".")


def _from_cell(trace: TracebackType | None) -> TracebackType | None:
    """Return the part of a traceback that begins in the cell; all of it if that is not to be found."""
    step = trace
    while step is not None:
        if CELL in step.tb_frame.f_code.co_filename:
            return step
        step = step.tb_next
    return trace
