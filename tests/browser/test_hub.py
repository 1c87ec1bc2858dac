"""A class on one server: `workshop hub` as an instructor starts it, and learners who sign in there."""

import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import VIEWPORT
from tests.browser.hub import CODE, Hub
from tests.browser.test_board import TOO_FAINT
from tests.effort import LONG
from workshop.classroom.hub.plan import INSTRUCTOR

pytest.importorskip("jupyterhub", reason="the extra `class` is not installed")
if sys.platform == "win32":
    pytest.skip("JupyterHub does not run on Windows", allow_module_level=True)
if not (shutil.which("npm") or shutil.which("configurable-http-proxy")):
    pytest.skip("JupyterHub's proxy needs npm", allow_module_level=True)

PAGE_MILLISECONDS = 120_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Where everything of the class is kept."""
    return tmp_path_factory.mktemp("class")


@pytest.fixture
def hub(checkout, folder) -> Iterator[Hub]:
    """The hub, until a test is done."""
    with Hub(checkout, folder) as running:
        yield running


def sign_in(browser: Any, hub: Hub, name: str, *, code: str = "", password: str = "") -> Any:
    """Sign in as a learner in a window of their own; return the page."""
    page = browser.new_context(viewport=VIEWPORT).new_page()
    page.goto(hub.url)
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password", exact=True).fill(password or f"{name}s-own-secret")
    page.get_by_label("Code of the class").fill(code)
    page.get_by_role("button", name="Go to my seat").click()
    return page


def run_first_cell(page: Any) -> str:
    """Run a notebook's first code cell, and return where its cloud is."""
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=PAGE_MILLISECONDS)
    page.get_by_text("| Idle").wait_for(timeout=PAGE_MILLISECONDS)
    page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    output = page.locator(".jp-Notebook .jp-CodeCell .jp-OutputArea-output").first
    output.get_by_text("127.0.0.1:").first.wait_for(timeout=PAGE_MILLISECONDS)
    return re.search(r"127\.0\.0\.1:(\d+)", output.inner_text())[1]


@pytest.mark.timeout(600)
def test_learners_work_side_by_side_and_come_back(browser, hub, folder, screenshots) -> None:
    """Two learners get a course and a cloud each; after the hub was restarted, one finds what they did.

    A stranger without the code is told what is missing, and the instructor sees who is there.
    """
    ada, bob = sign_in(browser, hub, "ada", code=CODE), sign_in(browser, hub, "bob", code=CODE)
    eve = sign_in(browser, hub, "eve")

    eve.get_by_role("alert").wait_for(timeout=PAGE_MILLISECONDS)
    assert "code" in eve.get_by_role("alert").inner_text()
    for theme in ("light", "dark"):
        eve.emulate_media(color_scheme=theme)
        assert eve.evaluate(TOO_FAINT) == []
    assert run_first_cell(ada) != run_first_cell(bob)
    assert sorted(each.name for each in (folder / "learners").iterdir()) == ["ada", "bob"]
    password = json.loads((folder / "plan.json").read_text("utf-8"))["instructor_password"]
    leader = sign_in(browser, hub, INSTRUCTOR, password=password)
    leader.wait_for_url("**/hub/admin", timeout=PAGE_MILLISECONDS)
    leader.get_by_text("ada", exact=True).first.wait_for(timeout=PAGE_MILLISECONDS)
    # For the next test.
    mine = folder / "learners" / "ada" / "course" / "lambdas" / "mine.py"
    mine.write_text("# Ada was here.")
    eve.screenshot(path=screenshots / "hub-sign-in.png")
    ada.screenshot(path=screenshots / "hub-seat.png")


@pytest.mark.skipif(not LONG, reason="a second start of hub and seat; the long suite waits for it")
@pytest.mark.timeout(600)
def test_a_restarted_hub_knows_its_learners(browser, hub, folder) -> None:
    """The password alone lets a learner in again, to the folder they left."""
    page = sign_in(browser, hub, "ada")

    page.wait_for_selector(".jp-Notebook", timeout=PAGE_MILLISECONDS)

    assert (folder / "learners" / "ada" / "course" / "lambdas" / "mine.py").exists()
