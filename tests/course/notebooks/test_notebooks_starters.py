"""Every notebook as a learner gets it, run to its end on its own before anything is solved.

Where there is a browser, `tests/browser` runs them in JupyterLab instead, and looks at them as well: those up to 06,
and in the long form all.
"""

import re
from collections.abc import Iterator

import pytest

from tests.browser.presence import what_is_missing
from tests.course.notebooks.checkouts import Checkout, fresh_checkout
from tests.course.notebooks.runs import NUMBERS, run, starter_notebook
from workshop.cloud.temporary import temporary_cloud

pytestmark = pytest.mark.skipif(not what_is_missing(), reason="tests/browser runs them in JupyterLab")

BROKEN = re.compile(r"The check itself failed")


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Iterator[Checkout]:
    """A clone with a cloud of its own."""
    with temporary_cloud() as cloud:
        yield fresh_checkout(tmp_path_factory.mktemp("starters"), cloud=cloud)


@pytest.fixture
def checkout(clone) -> Checkout:
    """A clone that nobody has worked in, and an empty cloud."""
    clone.renew()
    return clone


@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", NUMBERS)
def test_a_starter_runs_to_its_end_on_its_own(checkout, number) -> None:
    """Opened first of all, with nothing solved, a notebook gets what it needs and no cell fails."""
    ran = run(checkout, number, starter_notebook(checkout, number))

    assert ran.errors == []
    assert not BROKEN.search(ran.text)
    assert checkout.outside == []
