"""The notebooks from the stateless pipeline to the cleaning up, opened and run in real JupyterLab."""

import pytest

from tests.browser.looking import run_and_look, views
from tests.course.notebooks.runs import NUMBERS

LATER = tuple(number for number in NUMBERS if number > "06")


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("number", "theme"), views(LATER))
def test_a_notebook_runs_in_jupyterlab(
    notebook_page, complaints, checkout, screenshots, number, theme
) -> None:
    """Run in JupyterLab, nothing fails or overflows, live widgets move, and nobody outside is asked."""
    assert run_and_look(notebook_page, number, theme, screenshots) == []

    assert complaints == []
    assert checkout.outside == []
