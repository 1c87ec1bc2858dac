"""A command that serves until Ctrl-C, as a person at a terminal starts it, waits for it and ends it."""

import signal
import subprocess
import sys
import threading
from typing import Self

from tests.course.notebooks.checkouts import Checkout
from workshop.clock import SystemClock, stopwatch

START_SECONDS = 150
STOP_SECONDS = 60


class Served:
    """A running `workshop …`; use it as a context manager, which begins when the command names Ctrl-C."""

    def __init__(self, checkout: Checkout, *arguments: str) -> None:
        self.checkout = checkout
        self._process = subprocess.Popen(
            [sys.executable, "-m", "workshop", *arguments],
            cwd=checkout.root,
            env=checkout.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: list[str] = []
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def __enter__(self) -> Self:
        clock, begun = SystemClock(), stopwatch()
        while "Ctrl-C" not in self.said:
            assert self._process.poll() is None, self.said
            assert stopwatch() - begun < START_SECONDS, self.said
            clock.sleep(0.2)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT if sys.platform != "win32" else signal.SIGTERM)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._reading.join(STOP_SECONDS)
        self._process.stdout.close()

    @property
    def pid(self) -> int:
        """The command's process."""
        return self._process.pid

    @property
    def said(self) -> str:
        """Everything that the command has printed."""
        return "".join(self._lines)

    def _read(self) -> None:
        self._lines.extend(self._process.stdout)
