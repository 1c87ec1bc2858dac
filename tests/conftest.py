"""What holds for every test."""

import signal


def pytest_configure() -> None:
    """Let the programs that tests start hear Ctrl-C, also where the suite itself runs in the background.

    A shell starts background jobs with SIGINT ignored, and whoever is started by them inherits that.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
