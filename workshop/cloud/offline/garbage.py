"""When Python looks for garbage in the process of a cloud, and where: among what is new, seldom in all.

A look at everything takes seconds with a million items, in which nobody is answered, and would come whenever
a quarter more is there. Items and records refer to nothing that refers to them, so they go without it; what
does, as a deleted table and its stream do, goes with the next look at everything.
"""

import gc
from typing import Any

from workshop.clock import stopwatch

__all__ = ["begin"]

# How many new objects there are before it is looked at all: seldom, since calls leave hardly any behind.
YOUNG_OBJECTS = 10_000
OLDEST = 2
EVERYTHING_SECONDS = 600.0


def begin() -> None:
    """Look for nothing until `gc.enable` is called, and from then on among what is new."""
    # Imports spend a quarter of their time looking, and make hardly any.
    gc.disable()
    gc.set_threshold(YOUNG_OBJECTS)
    gc.callbacks.append(_Looks())


class _Looks:
    """Is told of each look before and after it."""

    def __init__(self) -> None:
        self._last = stopwatch()

    def __call__(self, phase: str, info: dict[str, Any]) -> None:
        if info["generation"] != OLDEST:
            return
        if phase == "stop":
            # What was found in use is left out from now on.
            gc.freeze()
        elif stopwatch() - self._last >= EVERYTHING_SECONDS:
            self._last = stopwatch()
            gc.unfreeze()
