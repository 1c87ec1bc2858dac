"""Make the picture of the class board in `docs/classroom.md`: a real board with a class in its second hour.

    .venv/bin/python -m tests.browser.picture_of_board [FILE] [light|dark]

Thirty learners work, by dice, through the plan of two and a half hours. Needs Chromium; takes a minute.
"""

import base64
import random
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from tests.browser.presence import chromium_path
from tests.classroom.board.running import Machine, RunningBoard
from tests.course.notebooks.checkouts import ROOT
from workshop.classroom.board.plan import CourseStep
from workshop.cli.classroom.board import board_setup

PICTURE = ROOT / "docs" / "images" / "class-board.webp"
QUALITY = 75
WINDOW = {"width": 1440, "height": 1180}
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


def main(file: Path, theme: str) -> None:
    """Take the picture of the page that everybody sees."""
    with (
        TemporaryDirectory() as folder,
        RunningBoard(Path(folder) / "board.db", setup=board_setup("Trade risk, Thursday", PLAN)) as running,
        sync_playwright() as playwright,
    ):
        teach(running)
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        page = chromium.new_page(viewport=WINDOW, color_scheme=theme)
        page.goto(running.address)
        options = {"format": "webp", "quality": QUALITY}
        taken = page.context.new_cdp_session(page).send("Page.captureScreenshot", options)
        file.write_bytes(base64.b64decode(taken["data"]))
        chromium.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE, sys.argv[2] if len(sys.argv) > 2 else "light")
