"""Make the README's picture of the control room: a real run in JupyterLab, on a checkout of its own.

    .venv/bin/python -m tests.browser.picture_of_control_room [FILE] [light|dark]

The ledger's handlers stand beside the textbook's, both get the same messages and crash alike, until one
of them is exact to the cent and the other is off. Needs Chromium; takes two minutes.
"""

import base64
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from playwright.sync_api import Page, sync_playwright

from tests.browser.lab import Lab
from tests.browser.notebook_page import NotebookPage
from tests.browser.presence import chromium_path
from tests.course.notebooks.checkouts import ROOT, fresh_checkout

PICTURE = ROOT / "docs" / "images" / "control-room.webp"
# A third of the bytes of a PNG, and letters as sharp.
QUALITY = 75
# Pixels of the picture for one of the page.
SCALE = 1.5
NOTEBOOK = "picture"
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
# As high as the room: JupyterLab shows no more of an output than fits.
WINDOW = {"width": 1440, "height": 3000}
LONGEST_MS = 300_000
CELLS = (
    """
import subprocess
import sys
from workshop.notebook import start

subprocess.run([sys.executable, "-m", "workshop", "catch-up", "11", "--yes"], check=True)
ws = start("11")
""",
    """
ws.clear()
faults = ["crash_after@map=0.1", "re_batched@map=0.5"]
options = {"duplicates": 10, "modify": 10, "out_of_order": 30}
room = ws.control_room(messages=1_500, rate=50, faults=faults, beside="textbook", autostart=True, **options)
""",
)


def take(page: Page, file: Path) -> None:
    """Wait until one pipeline is exact and the other is off, and take the room."""
    room = page.locator(".ws-room")
    room.locator(".ws-meter[data-tone=ok]").wait_for(timeout=LONGEST_MS)
    room.locator(".ws-meter[data-tone=bad]", has_text="Off by").wait_for(timeout=LONGEST_MS)
    file.parent.mkdir(parents=True, exist_ok=True)
    place, last = room.bounding_box(), page.get_by_role("region", name="Over time").bounding_box()
    clip = place | {"height": last["y"] + last["height"] - place["y"], "scale": SCALE}
    # Playwright writes PNG and JPEG alone.
    options = {"format": "webp", "quality": QUALITY, "clip": clip, "captureBeyondViewport": True}
    taken = page.context.new_cdp_session(page).send("Page.captureScreenshot", options)
    file.write_bytes(base64.b64decode(taken["data"]))


def main(file: Path = PICTURE, theme: str = "light") -> None:
    """Run the notebook and take the picture."""
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        checkout = fresh_checkout(Path(folder))
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS], metadata=KERNEL
        )
        nbformat.write(notebook, checkout.notebooks / f"{NOTEBOOK}.ipynb")
        with Lab(checkout) as lab:
            lab.choose_theme(theme)
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
            context = browser.new_context(viewport=WINDOW, device_scale_factor=SCALE)
            context.add_init_script(path=Path(__file__).with_name("look.js"))
            page = context.new_page()
            shown = NotebookPage(page, lab)
            shown.open(lab.address_of(NOTEBOOK))
            page.keyboard.press("Control+b")
            shown.run_all()
            take(page, file)
            browser.close()


if __name__ == "__main__":
    main(*(kind(given) for kind, given in zip((Path, str), sys.argv[1:], strict=False)))
