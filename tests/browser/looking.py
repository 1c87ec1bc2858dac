"""What must hold of every notebook that was run in JupyterLab."""

import json
import os
from pathlib import Path
from typing import Any

from tests.browser.notebook_page import LIVE, NotebookPage
from tests.course.notebooks.runs import NUMBERS, source_of

LARGEST_BYTES = 1_000_000
# Looked at once more in the other theme, as somebody who has run it and comes back finds it.
IN_BOTH_THEMES = {"00", "06", "10"}
THEMES = ("light", "dark")
BROKEN_CHECK = "The check itself failed"
# What a live output shows before it moves: nothing, a card, a first picture.
FACES_AT_REST = 3


def run_and_look(shown: NotebookPage, number: str, screenshots: Path) -> list[str]:
    """Open a notebook, run it, save it, look at it; return everything that is wrong.

    Light and dark alternate from notebook to notebook; some are opened in both.
    """
    first, second = THEMES if NUMBERS.index(number) % 2 == 0 else reversed(THEMES)
    wrong = _run_and_look(shown, number, first, screenshots)
    return wrong + (_look_again(shown, number, second, screenshots) if number in IN_BOTH_THEMES else [])


def _run_and_look(shown: NotebookPage, number: str, theme: str, screenshots: Path) -> list[str]:
    name = source_of(number).stem
    path = shown.lab.checkout.notebooks / f"{name}.ipynb"
    shown.lab.choose_theme(theme)
    shown.open(shown.lab.address_of(name))
    try:
        shown.run_all()
        shown.save()
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        wrong = [f"code cell {cell} did not run" for cell in shown.left_out]
        wrong += [*_errors(cells), *_theme(shown, theme), *_diagrams(shown, cells), *_unmoved(shown, cells)]
        if (size := path.stat().st_size) > LARGEST_BYTES:
            wrong.append(f"{size} bytes when saved")
        wrong += shown.faults
    finally:
        _photograph(shown, screenshots, f"{number}-{theme}")
    # Once more, in a window of another size.
    return [*wrong, *(fault for fault in shown.faults if fault not in wrong)]


def _look_again(shown: NotebookPage, number: str, theme: str, screenshots: Path) -> list[str]:
    """Open a notebook that was run and saved in another theme; return what is wrong."""
    shown.lab.choose_theme(theme)
    shown.open(shown.lab.address_of(source_of(number).stem))
    shown.wait_for_widgets()
    try:
        return [f"opened again: {fault}" for fault in [*_theme(shown, theme), *shown.faults]]
    finally:
        _photograph(shown, screenshots, f"{number}-{theme}")


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


def _diagrams(shown: NotebookPage, cells: list[dict[str, Any]]) -> list[str]:
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    wanted = {"drawn": sum(text.count("```mermaid") for text in texts), "refused": 0, "unknown": 0}
    return [] if shown.diagrams == wanted else [f"diagrams: {shown.diagrams}, not {wanted}"]


def _unmoved(shown: NotebookPage, cells: list[dict[str, Any]]) -> list[str]:
    """Say which live widgets were never seen to change."""
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return [
        f"did not move: {source}"
        for number, source in enumerate(sources)
        if LIVE.search(source) and shown.faces[number] <= FACES_AT_REST
    ]
