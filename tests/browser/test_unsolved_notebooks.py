"""Notebooks as learners get them, opened and run in real JupyterLab before anything is solved."""

import re

import pytest

from tests.browser.looking import look, run_by_menu, run_in_kernel
from tests.browser.notebook_page import PANEL
from tests.course.notebooks.runs import NUMBERS, source_of, starter_notebook
from tests.effort import LONG

# What learners meet first; what they meet later is looked at solved (see `test_solved_notebooks.py`).
OPENED = NUMBERS if LONG else tuple(number for number in NUMBERS if number <= "06")
# The first one, and one with everything that moves.
BY_MENU = NUMBERS if LONG else ("00", "06")
# Lets a test close the connections to kernels, as a network that is lost does.
KEEP_SOCKETS = """
window.sockets = [];
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    if (this.url.includes("/channels")) sockets.push(this);
  }
};
"""


def test_the_printed_address_opens_the_first_notebook(notebook_page, lab, complaints) -> None:
    """The address that `workshop start` opens shows notebook 00 and asks the learner nothing."""
    notebook_page.open(lab.address)

    tab = notebook_page.page.locator(".lm-DockPanel-tabBar .lm-mod-current .lm-TabBar-tabLabel").inner_text()

    assert re.match(r"00_\w+\.ipynb", tab)
    assert notebook_page.faults == []
    assert complaints == []


def test_buttons_on_a_page_that_was_opened_anew_say_what_to_do(notebook_page, lab, checkout) -> None:
    """After a reload no click goes into the void: it says that the cell must run again."""
    checkout.renew()
    address = lab.address_of(source_of("01").stem)
    notebook_page.open(address)
    notebook_page.run_all()
    notebook_page.save()
    notebook_page.open(address)
    panel = notebook_page.page.locator(PANEL)

    panel.get_by_role("button", name="Hint", exact=True).first.click()

    panel.get_by_role("alert").filter(has_text="run this cell again").first.wait_for()
    assert "Hint 1 of" not in panel.inner_text()


def test_buttons_work_on_a_page_that_connected_anew(notebook_page, lab, checkout) -> None:
    """After sleep or a lost network the page is the same one: its buttons and outputs go on."""
    checkout.renew()
    page = notebook_page.page
    page.add_init_script(KEEP_SOCKETS)
    notebook_page.open(lab.address_of(source_of("01").stem))
    notebook_page.run_all()
    panel = page.locator(PANEL)

    with page.expect_websocket(lambda socket: "/channels" in socket.url):
        page.evaluate("sockets.forEach(each => each.close(4000))")
    page.wait_for_function("sockets.at(-1).readyState === WebSocket.OPEN")
    panel.get_by_role("button", name="Hint", exact=True).first.click()

    panel.get_by_text(re.compile("Hint 1 of")).first.wait_for()
    assert "run this cell again" not in panel.inner_text()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("number", OPENED)
def test_a_notebook_runs_unsolved(notebook_page, complaints, checkout, screenshots, number) -> None:
    """Opened first of all, with nothing solved, a notebook runs in JupyterLab, and is pleasant to look at.

    No cell fails and no check breaks, nothing overflows, live widgets move, and nobody outside is asked.
    """
    checkout.renew()

    if number in BY_MENU:
        assert run_by_menu(notebook_page, number) == []
    else:
        run_in_kernel(notebook_page.lab, number, starter_notebook(checkout, number))

    assert look(notebook_page, number, screenshots) == []
    assert complaints == []
    assert checkout.outside == []
