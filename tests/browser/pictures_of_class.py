"""Make the pictures of `docs/classroom.md` from the real thing: board, join page, hub, and a kit's run sheet.

    .venv/bin/python -m tests.browser.pictures_of_class [board] [hub] [kit]

On the board thirty learners work, by dice, through the plan of two and a half hours. Needs Chromium, and for
the hub the extra `class` and npm; takes two minutes.
"""

import base64
import random
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import sync_playwright

from tests.browser.hub import Hub
from tests.browser.presence import chromium_path
from tests.classroom.board.running import Machine, RunningBoard
from tests.course.notebooks.checkouts import ROOT, fresh_checkout
from workshop.classroom.board.plan import CourseStep
from workshop.cli.classroom.board import board_setup
from workshop.cli.course.run_sheet import read_lessons, run_sheet
from workshop.cli.views.run_sheet_page import draw_page

IMAGES = ROOT / "docs" / "images"
QUALITY = 75
BOARD, JOIN, SIGN_IN, SHEET = (1440, 1180), (1100, 690), (600, 640), (900, 700)
MINUTES, PLAN = 62, 150
ALIASES = (
    *("Ada", "Adele", "Alan", "Barbara", "Bjarne", "Claude", "Dennis", "Donald", "Edsger", "Evelyn"),
    *("Frances", "Grace", "Guido", "Hedy", "James", "Jean", "Joan", "John", "Karen", "Ken", "Leslie"),
    *("Linus", "Margaret", "Mary", "Niklaus", "Radia", "Rósa", "Shafi", "Sophie", "Tim"),
)


def teach(running: RunningBoard) -> None:
    """Let a class work for an hour, at different paces; two of its learners call for help."""
    dice = random.Random(1)
    steps = running.inside(lambda board: board.steps)
    machines = [running.join(alias) for alias in ALIASES]
    places = dict.fromkeys(ALIASES, 0)
    running.act("announce", notebook="00")
    for minute in range(MINUTES):
        running.clock.sleep(60)
        if minute == MINUTES - 20:
            running.act("announce", notebook="04")
        for number, machine in enumerate(machines):
            place = places[ALIASES[number]]
            if place < len(steps) - 1 and dice.random() < 0.15 + number % 7 * 0.02:
                places[ALIASES[number]] += work(machine, steps[place], dice)
    for alias in ("Edsger", "Leslie"):
        machines[ALIASES.index(alias)].say("help", step=steps[places[alias]].id)
        running.clock.sleep(120)
    for place, alias in enumerate(("Frances", "Grace", "Barbara")):
        machines[ALIASES.index(alias)].say("played", game="trade risk", score=900 - 100 * place)
    for machine in machines:
        assert running.call("state", token=machine.token).status == 200
    running.clock.sleep(30)


def work(machine: Machine, step: CourseStep, dice: random.Random) -> bool:
    """Check an answer, and perhaps look at a hint; return whether the step is passed."""
    tried = sum(report.get("step") == step.id and report["kind"] == "checked" for report in machine.reports)
    is_good = dice.random() < 0.6 and machine.joined["alias"] != "Donald"
    machine.say("checked", step=step.id, outcome="passed" if is_good else "incorrect", attempts=tried + 1)
    if not is_good and dice.random() < 0.5:
        machine.say("hinted", step=step.id, hints=min(3, 1 + tried // 2))
    return is_good


def take(chromium: Any, address: str, file: Path, theme: str, size: tuple[int, int]) -> None:
    """Take the picture of a page."""
    page = chromium.new_page(viewport=dict(zip(("width", "height"), size, strict=True)), color_scheme=theme)
    page.goto(address)
    page.wait_for_load_state("networkidle" if "/hub/" in page.url else "load")
    options = {"format": "webp", "quality": QUALITY}
    taken = page.context.new_cdp_session(page).send("Page.captureScreenshot", options)
    file.write_bytes(base64.b64decode(taken["data"]))
    page.close()


def take_board(chromium: Any, folder: Path, theme: str) -> None:
    """Take the public board and the page that a class joins from."""
    setup = board_setup("Trade risk, Thursday", PLAN)
    with TemporaryDirectory() as kept, RunningBoard(Path(kept) / "board.db", setup=setup) as running:
        teach(running)
        take(chromium, running.address, folder / "class-board.webp", theme, BOARD)
        code = running.inside(lambda board: board.code)
        take(chromium, f"{running.address}/join/{code}", folder / "class-join.webp", theme, JOIN)


def take_hub(chromium: Any, folder: Path) -> None:
    """Take the hub's sign-in page, light and dark."""
    with TemporaryDirectory() as made, Hub(fresh_checkout(Path(made) / "clone"), Path(made) / "class") as hub:
        for theme in ("light", "dark"):
            take(chromium, hub.url, folder / f"hub-sign-in-{theme}.webp", theme, SIGN_IN)


def take_kit(chromium: Any, folder: Path) -> None:
    """Take the sheet that lies in every kit."""
    with TemporaryDirectory() as made:
        sheet = Path(made) / "run-sheet.html"
        sheet.write_text(draw_page([run_sheet(read_lessons(ROOT), PLAN)]), encoding="utf-8")
        take(chromium, sheet.as_uri(), folder / "kit-run-sheet.webp", "light", SHEET)


def main(wanted: list[str]) -> None:
    """Take the pictures whose names were given, all of them without any."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        if not wanted or "board" in wanted:
            take_board(chromium, IMAGES, "light")
        if not wanted or "hub" in wanted:
            take_hub(chromium, IMAGES)
        if not wanted or "kit" in wanted:
            take_kit(chromium, IMAGES)
        chromium.close()


if __name__ == "__main__":
    main(sys.argv[1:])
