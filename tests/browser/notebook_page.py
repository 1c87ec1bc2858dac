"""One notebook in a browser's page: opened, run through JupyterLab's own menu, looked at (see `look.js`)."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.browser.lab import Lab
from workshop.clock import stopwatch

OPEN_SECONDS = 120
RUN_SECONDS = 420
LOOK_MS = 400
QUIET_LOOKS = 3
PANEL = ".jp-NotebookPanel:not(.lm-mod-hidden)"
PROMPTS = f"{PANEL} .jp-CodeCell .jp-InputPrompt"
QUESTIONS = ".jp-Dialog, .Toastify__toast"
# A small screen, with the files beside the notebook, and a large one.
SMALL = {"width": 1024, "height": 900}
TILE = {"width": 1280, "height": 1900}
OVERLAP = 40

# Code whose output moves.
LIVE = re.compile(r"control_room\(|live=True")
LOADING = "Loading widget"
# What JupyterLab shows in place of something that it could not draw.
BROKEN = (
    "Error displaying widget",
    "model not found",
    "Error creating widget",
    "Error rendering",
    LOADING,
    "Javascript Error",
    "FigureWidget({",
)


class NotebookPage:
    """A page with one notebook; `faces` counts, per live code cell, the faces that its output showed."""

    def __init__(self, page: Any, lab: Lab) -> None:
        self.page = page
        self.lab = lab
        self.faces: list[int] = []

    def open(self, address: str) -> None:
        """Open an address of JupyterLab and wait until the notebook is there and its kernel listens."""
        self.page.goto(address, timeout=OPEN_SECONDS * 1000)
        self.page.wait_for_selector(f"{PANEL} .jp-Cell", timeout=OPEN_SECONDS * 1000)
        self._wait(self.lab.is_idle, "no kernel became idle")

    def run_all(self) -> None:
        """Choose Run All Cells in the menu and wait until the kernel has nothing left to do."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        self._wait(lambda: any(prompt != "[ ]:" for prompt in self._prompts()), "no cell began to run")
        quiet, begun = 0, stopwatch()
        while quiet < QUIET_LOOKS:
            assert stopwatch() - begun < RUN_SECONDS, f"still running: {self._prompts()}"
            self.faces = self.page.evaluate("look.faces", [PANEL, LIVE.pattern])
            quiet = quiet + 1 if "[*]:" not in self._prompts() and self.lab.is_idle() else 0
            self.page.wait_for_timeout(LOOK_MS)

    def restart_kernel(self) -> None:
        """Choose Restart Kernel in the menu and confirm it."""
        self.page.get_by_role("menuitem", name="Kernel", exact=True).click()
        self.page.get_by_role("menuitem", name=re.compile("^Restart Kernel…")).click()
        self.page.get_by_role("button", name="Confirm Kernel Restart").click()

    def run_cell(self, number: int) -> None:
        """Run one code cell, counted from 0, as Shift+Enter does, and wait for it."""
        self.page.locator(f"{PANEL} .jp-CodeCell").nth(number).locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")
        self._wait(lambda: "[*]:" not in self._prompts() and self.lab.is_idle(), "the cell still runs")

    def wait_until_drawn(self, diagrams: int) -> None:
        """Wait until the widgets of a notebook that was opened again are back, and its diagrams there."""
        panel = self.page.locator(PANEL)
        quiet = 0

        def are_back() -> bool:
            # Outputs are drawn one after the other: none may be loading for a while.
            nonlocal quiet
            is_drawn = LOADING not in panel.inner_text() and sum(self.diagrams.values()) >= diagrams
            quiet = quiet + 1 if is_drawn else 0
            return quiet > QUIET_LOOKS

        self._wait(are_back, "widgets or diagrams do not come back")

    def save(self) -> None:
        """Save the notebook as learners do."""
        unsaved = self.page.locator(".lm-DockPanel-tabBar .jp-mod-dirty")
        dialog = self.page.locator(".jp-Dialog")
        overwrite = self.page.get_by_role("button", name="Overwrite")

        def is_saved() -> bool:
            # JupyterLab saves by itself every two minutes, and asks if that has just happened.
            if overwrite.count():
                overwrite.click()
            elif unsaved.count() and not dialog.count():
                # Again, since a page that is busy may not have heard it.
                self.page.keyboard.press("Control+s")
            return not unsaved.count() and not dialog.count()

        self.page.keyboard.press("Control+s")
        self._wait(is_saved, "it was not saved")

    @property
    def faults(self) -> list[str]:
        """What a learner would see go wrong."""
        text = self.page.locator(PANEL).inner_text()
        questions = self.page.locator(QUESTIONS)
        return [
            *(f"the page says {words!r}" for words in BROKEN if words in text),
            *(f"wider than its place: {place}" for place in self.page.evaluate("look.tooWide", PANEL)),
            *(f"chart too low: {chart}" for chart in self.page.evaluate("look.flat", PANEL)),
            *(f"JupyterLab asks: {asked}" for asked in questions.all_inner_texts()),
        ]

    @property
    def is_trusted(self) -> bool:
        """Whether outputs are shown as they are: of others' notebooks JupyterLab removes the style."""
        return bool(self.page.locator(f"{PANEL} .jp-OutputArea style").count())

    @property
    def left_out(self) -> list[int]:
        """The code cells that did not run."""
        return self.page.evaluate("look.leftOut", PANEL)

    @property
    def diagrams(self) -> dict[str, int]:
        """How many Mermaid diagrams were drawn, could not be, and were drawn in an unknown theme."""
        return self.page.evaluate("look.diagrams", PANEL)

    def shrink(self) -> None:
        """Make the window that of a small screen."""
        self.page.set_viewport_size(SMALL)

    def enlarge(self) -> None:
        """Make the window wider and much higher, as on another screen."""
        self.page.set_viewport_size(TILE)
        self.page.wait_for_timeout(LOOK_MS)

    def photograph(self, folder: Path, name: str) -> None:
        """Take the whole notebook, screen by screen, into files called after `name`."""
        top, number, height = 0, 0, 1
        while top < height:
            height, room = self.page.evaluate(f"look.scroll({PANEL!r}, {top})")
            self.page.wait_for_timeout(LOOK_MS)
            number += 1
            self.page.locator(PANEL).screenshot(path=folder / f"{name}-{number:02}.png")
            top += room - OVERLAP

    def _prompts(self) -> list[str]:
        return self.page.locator(PROMPTS).all_text_contents()

    def _wait(self, done: Callable[[], bool], otherwise: str) -> None:
        # The page answers only while it is waited for: a plain sleep would hold up its requests.
        begun = stopwatch()
        while not done():
            assert stopwatch() - begun < OPEN_SECONDS, otherwise
            self.page.wait_for_timeout(LOOK_MS)
