"""The notebooks from the stateless pipeline to the cleaning up, opened and run in real JupyterLab."""

import pytest

from tests.browser.looking import run_and_look
from tests.course.notebooks.runs import NUMBERS

LATER = tuple(number for number in NUMBERS if number > "06")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", LATER)
def test_a_notebook_runs_in_jupyterlab(notebook_page, complaints, checkout, screenshots, number) -> None:
    """Opened first of all, with nothing solved, a notebook runs in JupyterLab, and is pleasant to look at.

    No cell fails and no check breaks, nothing overflows, live widgets move, and nobody outside is asked.
    """
    checkout.renew()

    assert run_and_look(notebook_page, number, screenshots) == []

    assert complaints == []
    assert checkout.outside == []
