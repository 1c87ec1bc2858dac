"""Notebooks run in JupyterLab, by its menu or in its kernel alone, and looked at afterwards."""

import json
import os
from pathlib import Path
from typing import Any

import nbformat

from tests.browser.lab import Lab
from tests.browser.notebook_page import LIVE, NotebookPage
from tests.course.notebooks.runs import NUMBERS, Ran, run, source_of
from tests.effort import LONG

LARGEST_BYTES = 1_000_000
# Looked at once more in the other theme: those with everything that moves, and with most diagrams.
IN_BOTH_THEMES = NUMBERS if LONG else ("06", "10")
THEMES = ("light", "dark")
BROKEN_CHECK = "The check itself failed"
# What a live output shows before it moves: nothing, a card, a first picture.
FACES_AT_REST = 3


def run_by_menu(shown: NotebookPage, number: str) -> list[str]:
    """Open a notebook, choose Run All Cells and save it, as learners do; return everything wrong."""
    shown.lab.choose_theme(_themes(number)[0])
    shown.open(shown.lab.address_of(_name(number)))
    shown.run_all()
    shown.save()
    return [
        *(f"code cell {cell} did not run" for cell in shown.left_out),
        *_unmoved(shown, _cells(shown.lab, number)),
        *shown.faults,
    ]


def run_in_kernel(
    lab: Lab, number: str, notebook: nbformat.NotebookNode, *, solve: tuple[str, ...] = ()
) -> Ran:
    """Run a notebook in JupyterLab's kernel without its page, and save it; the kernel goes on.

    To draw while cells run takes the page as long as the cells themselves.
    """
    name = _name(number)
    lab.end_kernels()
    ran = run(lab.checkout, number, notebook, solve=solve, kernel=lab.start_kernel(name))
    lab.save(name, notebook)
    return ran


def look(shown: NotebookPage, number: str, screenshots: Path) -> list[str]:
    """Look at a notebook that was run and saved, as somebody who comes back to it; return everything wrong.

    Light and dark alternate from notebook to notebook; some are looked at in both.
    """
    themes = _themes(number) if number in IN_BOTH_THEMES else _themes(number)[:1]
    return [fault for theme in themes for fault in _look(shown, number, theme, screenshots)]


def _look(shown: NotebookPage, number: str, theme: str, screenshots: Path) -> list[str]:
    path, cells = _path(shown.lab, number), _cells(shown.lab, number)
    shown.lab.choose_theme(theme)
    shown.shrink()
    shown.open(shown.lab.address_of(_name(number)))
    diagrams = sum("".join(cell["source"]).count("```mermaid") for cell in cells)
    shown.wait_until_drawn(diagrams)
    try:
        wrong = [*_errors(cells), *_theme(shown, theme)]
        if shown.diagrams != (wanted := {"drawn": diagrams, "refused": 0, "unknown": 0}):
            wrong.append(f"diagrams: {shown.diagrams}, not {wanted}")
        if not shown.is_trusted:
            wrong.append("JupyterLab does not trust its outputs, and shows them without their style")
        if (size := path.stat().st_size) > LARGEST_BYTES:
            wrong.append(f"{size} bytes when saved")
        wrong += shown.faults
    finally:
        _photograph(shown, screenshots, f"{number}-{theme}")
    # Once more, in a window of another size.
    return [*wrong, *(fault for fault in shown.faults if fault not in wrong)]


def _themes(number: str) -> tuple[str, ...]:
    return THEMES if NUMBERS.index(number) % 2 == 0 else THEMES[::-1]


def _name(number: str) -> str:
    return source_of(number).stem


def _path(lab: Lab, number: str) -> Path:
    return lab.checkout.notebooks / f"{_name(number)}.ipynb"


def _cells(lab: Lab, number: str) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(_path(lab, number).read_text(encoding="utf-8"))["cells"]
    return cells


def _photograph(shown: NotebookPage, screenshots: Path, name: str) -> None:
    shown.enlarge()
    # A notebook takes ten pictures or more: only for somebody who will look at them.
    if "WORKSHOP_SCREENSHOTS" in os.environ:
        shown.photograph(screenshots, name)


def _errors(cells: list[dict[str, Any]]) -> list[str]:
    return [
        f"{output['ename']}: {output['evalue']} in {''.join(cell['source'])}"
        for cell in cells
        for output in cell.get("outputs", ())
        if output["output_type"] == "error"
    ] + [
        f"a check broke in {''.join(cell['source'])}"
        for cell in cells
        if BROKEN_CHECK in json.dumps(cell.get("outputs", ()))
    ]


def _theme(shown: NotebookPage, theme: str) -> list[str]:
    is_light = shown.page.locator("body").get_attribute("data-jp-theme-light") == "true"
    return [] if is_light == (theme == "light") else [f"the theme is not {theme}"]


def _unmoved(shown: NotebookPage, cells: list[dict[str, Any]]) -> list[str]:
    """Say which live widgets were never seen to change."""
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return [
        f"did not move: {source}"
        for number, source in enumerate(sources)
        if LIVE.search(source) and shown.faces[number] <= FACES_AT_REST
    ]
