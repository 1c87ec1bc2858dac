"""The notebooks of the first two stages and the totals, opened and run in real JupyterLab."""

import re

import pytest

from tests.browser.looking import run_and_look
from tests.course.notebooks.runs import NUMBERS

CORE = tuple(number for number in NUMBERS if number <= "06")


def test_the_printed_address_opens_the_first_notebook(notebook_page, lab, complaints) -> None:
    """The address that `workshop start` opens shows notebook 00 and asks the learner nothing."""
    notebook_page.open(lab.address)

    tab = notebook_page.page.locator(".lm-DockPanel-tabBar .lm-mod-current .lm-TabBar-tabLabel").inner_text()

    assert re.match(r"00_\w+\.ipynb", tab)
    assert notebook_page.faults == []
    assert complaints == []


@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", CORE)
def test_a_notebook_runs_in_jupyterlab(notebook_page, complaints, checkout, screenshots, number) -> None:
    """Opened first of all, with nothing solved, a notebook runs in JupyterLab, and is pleasant to look at.

    No cell fails and no check breaks, nothing overflows, live widgets move, and nobody outside is asked.
    """
    checkout.renew()

    assert run_and_look(notebook_page, number, screenshots) == []

    assert complaints == []
    assert checkout.outside == []
