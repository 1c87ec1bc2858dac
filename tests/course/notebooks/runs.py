"""A notebook run to its end in a kernel of its own, as a learner would, and what came of it."""

import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import jupytext
import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

from tests.course.notebooks.checkouts import ROOT, Checkout
from workshop.course.exercise import Function
from workshop.course.exercises import all_exercises
from workshop.clock import stopwatch

SOURCES = sorted((ROOT / "solutions" / "notebooks").glob("*.py"))
NUMBERS = tuple(source.stem.partition("_")[0] for source in SOURCES)
# Generous: a machine may be busy with other things.
CELL_SECONDS = 240
CHECK = re.compile(r"""ws\.check\(\s*["']([\w-]+)["']""")
DEPLOY = re.compile(r"ws\.(?:stateless\.)?deploy\(")


@dataclass
class Ran:
    """An executed notebook, the time it took, and the calls of each cell that AWS does not know."""

    number: str
    notebook: nbformat.NotebookNode
    seconds: float = 0.0
    control_calls: dict[int, list[str]] = field(default_factory=dict)

    @property
    def code(self) -> list[nbformat.NotebookNode]:
        """The code cells."""
        return [cell for cell in self.notebook.cells if cell.cell_type == "code"]

    @property
    def errors(self) -> list[str]:
        """What went wrong, each with the cell it happened in."""
        return [
            f"{self.number}: {cell.source.splitlines()[0]!r}: {output.ename}: {output.evalue}"
            for cell in self.code
            for output in cell.outputs
            if output.output_type == "error"
        ]

    @property
    def size(self) -> int:
        """How many bytes it has when it is saved."""
        return len(nbformat.writes(self.notebook).encode())

    @property
    def text(self) -> str:
        """Everything that it shows, as plain text."""
        return "\n".join(text_of(cell) for cell in self.code)


def text_of(cell: nbformat.NotebookNode) -> str:
    """Return what a cell printed and showed, as plain text."""
    return "".join(
        output.get("text", "") or output.get("data", {}).get("text/plain", "") + "\n"
        for output in cell.outputs
    )


def source_of(number: str) -> Path:
    """Return the source of a notebook."""
    return next(source for source in SOURCES if source.stem.startswith(f"{number}_"))


def exercises_in_files(number: str) -> tuple[str, ...]:
    """Return the exercises of a notebook that are solved in a handler's file, in order."""
    here = [exercise for exercise in all_exercises() if exercise.notebook == number]
    return tuple(exercise.id for exercise in here if isinstance(exercise.answer_location, Function))


def solved_notebook(number: str) -> nbformat.NotebookNode:
    """Return a notebook with its solutions, as those who teach open it."""
    return jupytext.read(source_of(number), fmt="py:percent")


def starter_notebook(checkout: Checkout, number: str) -> nbformat.NotebookNode:
    """Return a notebook as learners get it."""
    return nbformat.read(checkout.notebooks / f"{source_of(number).stem}.ipynb", as_version=4)


class KernelOfOthers(AsyncKernelManager):
    """A kernel that somebody else has started, and will end."""

    has_kernel = True

    def __init__(self, connection_file: Path) -> None:
        super().__init__(connection_file=str(connection_file))
        self.load_connection_file()

    async def _async_is_alive(self) -> bool:
        # Who has started it looks after it.
        return True

    is_alive = _async_is_alive


def run(
    checkout: Checkout,
    number: str,
    notebook: nbformat.NotebookNode,
    *,
    solve: tuple[str, ...] = (),
    kernel: Path | None = None,
) -> Ran:
    """Run a notebook in a new kernel, or in the one that a connection file leads to.

    Files of the exercises in `solve` are solved when they are reached.
    """
    ran = Ran(number, notebook)
    due = [(place_of(notebook, exercise), exercise) for exercise in solve]
    before = len(checkout.watched())

    def started(cell: nbformat.NotebookNode, cell_index: int) -> None:
        for exercise in [exercise for place, exercise in due if place == cell_index]:
            solve_in_file(checkout, exercise)

    def executed(cell: nbformat.NotebookNode, cell_index: int, execute_reply: object) -> None:
        nonlocal before
        lines = checkout.watched()
        if calls := [line for line in lines[before:] if line.startswith("control")]:
            ran.control_calls[cell_index] = calls
        before = len(lines)

    client = NotebookClient(
        notebook,
        km=KernelOfOthers(kernel) if kernel else None,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        allow_errors=True,
        store_widget_state=False,
        resources={"metadata": {"path": str(checkout.notebooks)}},
        on_cell_start=started,
        on_cell_executed=executed,
    )
    begun = stopwatch()
    client.execute(env=checkout.environment)
    if kernel:
        client.kc.stop_channels()
    ran.seconds = stopwatch() - begun
    return ran


def place_of(notebook: nbformat.NotebookNode, exercise: str) -> int:
    """Return the index of the cell before which a learner edits the file of an exercise.

    That is the last deployment before the exercise's first check, or the check itself.
    """
    cells = list(enumerate(notebook.cells))
    checked = next(
        index for index, cell in cells if cell.cell_type == "code" and exercise in CHECK.findall(cell.source)
    )
    begun = next((index for index, cell in reversed(cells[:checked]) if CHECK.search(cell.source)), 0)
    deployed = [
        index
        for index, cell in cells[begun:checked]
        if cell.cell_type == "code" and DEPLOY.search(cell.source)
    ]
    return deployed[-1] if deployed else checked


def solve_in_file(checkout: Checkout, exercise: str) -> None:
    """Put the solution of an exercise into the copy's handler, as `workshop solve` does."""
    subprocess.run(
        [sys.executable, "-m", "workshop", "solve", exercise],
        cwd=checkout.root,
        env=checkout.environment,
        check=True,
        capture_output=True,
        timeout=CELL_SECONDS,
    )
