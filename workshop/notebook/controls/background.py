"""Loops beside the kernel's own work: bounded in time, one for each name, and stopped by whoever asks.

A live picture moves while the learner runs the next cell, so its loop has a thread. Running its cell again
ends the old loop; so do `stop`, the end of its time, and the end of the kernel.
"""

import atexit
import threading
from collections.abc import Callable
from typing import Self

from workshop.clock import stopwatch

__all__ = ["Loop", "stop_all", "stop_named"]

JOIN_SECONDS = 10.0

_running: dict[str, "Loop"] = {}
_guard = threading.Lock()


class Loop:
    """Calls `step` again and again in a thread; what it raises ends the loop and is told to `on_end`."""

    def __init__(
        self,
        name: str,
        step: Callable[[], None],
        *,
        every: float,
        seconds: float,
        on_end: Callable[[BaseException | None], None] = lambda _: None,
    ) -> None:
        self._name = name
        self._step = step
        self._every = every
        self._seconds = seconds
        self._on_end = on_end
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"workshop-{name}", daemon=True)

    @property
    def is_running(self) -> bool:
        """Whether the loop still goes round."""
        return self._thread.is_alive()

    def start(self) -> Self:
        """Begin, after ending the loop of the same name if there is one."""
        with _guard:
            before = _running.get(self._name)
            _running[self._name] = self
        if before is not None:
            before.stop()
        self._thread.start()
        return self

    def stop(self) -> None:
        """End the loop and wait for that; may be repeated, and called from the loop itself."""
        self._stopping.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(JOIN_SECONDS)

    def wait(self) -> None:
        """Block until the loop ends by itself; an interrupt of the kernel ends it."""
        try:
            while self._thread.is_alive():
                self._thread.join(0.1)
        except KeyboardInterrupt:
            self.stop()

    def _ipython_display_(self) -> None:
        """Show nothing: what the loop moves has a place of its own."""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        began, problem = stopwatch(), None
        try:
            while not self._stopping.is_set() and stopwatch() - began < self._seconds:
                self._step()
                self._stopping.wait(self._every)
        # Nobody sees what a thread raises; whoever shows the loop is told.
        except Exception as error:  # noqa: BLE001
            problem = error
        finally:
            with _guard:
                if _running.get(self._name) is self:
                    del _running[self._name]
            self._on_end(problem)


def stop_named(name: str) -> None:
    """End the loop of a name, if there is one and this is not its own thread."""
    with _guard:
        loop = _running.get(name)
    if loop is not None:
        loop.stop()


def stop_all() -> None:
    """End every loop of this kernel."""
    with _guard:
        loops = list(_running.values())
    for loop in loops:
        loop.stop()


atexit.register(stop_all)
