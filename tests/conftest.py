"""What holds for every test."""

import os
import signal

import pytest


def pytest_configure() -> None:
    """Let the programs that tests start hear Ctrl-C, also where the suite itself runs in the background.

    A shell starts background jobs with SIGINT ignored, and whoever is started by them inherits that.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what may harm the machine if containment fails, unless its owner asks for it."""
    if item.get_closest_marker("hostile") and os.environ.get("WORKSHOP_HOSTILE_TESTS") != "1":
        pytest.skip("may harm this machine if containment fails; set WORKSHOP_HOSTILE_TESTS=1 to run it")
