"""Notebooks as learners get them, opened and run in real JupyterLab before anything is solved."""

import re

import pytest

from tests.browser.looking import look, run_by_menu, run_in_kernel
from tests.course.notebooks.runs import NUMBERS, starter_notebook
from tests.effort import LONG

# What learners meet first; what they meet later is looked at solved (see `test_solved_notebooks.py`).
OPENED = NUMBERS if LONG else tuple(number for number in NUMBERS if number <= "06")
# The first one, and one with everything that moves.
BY_MENU = NUMBERS if LONG else ("00", "06")


def test_the_printed_address_opens_the_first_notebook(notebook_page, lab, complaints) -> None:
    """The address that `workshop start` opens shows notebook 00 and asks the learner nothing."""
    notebook_page.open(lab.address)

    tab = notebook_page.page.locator(".lm-DockPanel-tabBar .lm-mod-current .lm-TabBar-tabLabel").inner_text()

    assert re.match(r"00_\w+\.ipynb", tab)
    assert notebook_page.faults == []
    assert complaints == []


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
