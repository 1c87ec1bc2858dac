"""What the browser's tests share: Chromium, which speaks to this machine alone, and JupyterLab.

Without Chromium or playwright these tests are skipped; with `WORKSHOP_REQUIRE_BROWSER=1` they fail instead.
`WORKSHOP_SCREENSHOTS=DIR` keeps the screenshots there.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.browser.lab import Lab
from tests.browser.notebook_page import NotebookPage
from tests.browser.presence import chromium_path, what_is_missing
from tests.course.notebooks.checkouts import Checkout, fresh_checkout

LOCAL = {"127.0.0.1", "localhost"}
FLAGS = (
    # Whatever asks for another machine finds none.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
VIEWPORT = {"width": 1280, "height": 900}


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, without a window."""
    if missing := what_is_missing():
        if os.environ.get("WORKSHOP_REQUIRE_BROWSER") == "1":
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def checkout(browser, tmp_path_factory) -> Checkout:
    """A fresh clone, as `workshop start` finds it."""
    return fresh_checkout(tmp_path_factory.mktemp("clone"))


@pytest.fixture(scope="module")
def lab(checkout) -> Iterator[Lab]:
    """JupyterLab and an offline cloud, until the module's tests are done."""
    with Lab(checkout) as started:
        yield started


@pytest.fixture
def complaints() -> list[str]:
    """Requests that would have left this machine (they fail), and errors of the page's scripts."""
    return []


@pytest.fixture(scope="module")
def window(browser) -> Iterator[Any]:
    """A window of the browser; its pages share what they have loaded, as a learner's do."""
    context = browser.new_context(viewport=VIEWPORT)
    context.add_init_script(path=Path(__file__).with_name("look.js"))
    yield context
    context.close()


@pytest.fixture
def notebook_page(window, lab, complaints) -> Iterator[NotebookPage]:
    """A new page, in which a notebook can be opened."""
    page = window.new_page()

    def note(url: str) -> None:
        address = urlsplit(url)
        if address.scheme in {"http", "https", "ws", "wss"} and address.hostname not in LOCAL:
            complaints.append(f"asked for {url}")

    page.on("request", lambda request: note(request.url))
    page.on("websocket", lambda socket: note(socket.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield NotebookPage(page, lab)
    page.close()
    lab.end_kernels()


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory) -> Path:
    """Where screenshots go."""
    chosen = os.environ.get("WORKSHOP_SCREENSHOTS")
    folder = Path(chosen) if chosen else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    print(f"screenshots: {folder}")
    return folder
