"""Where Python looks for garbage in the process of a cloud: among what is new, not in all that is there.

A look at everything takes seconds with a million items, in which nobody is answered, and comes whenever a
quarter more is there. Items and records refer to nothing that refers to them, so they go without
it; what does, as a table and its stream do, goes with a resource.
"""

import gc
from typing import Any

__all__ = ["begin", "look_at_everything"]

# How many new objects there are before it is looked at all: seldom, since calls leave hardly any behind.
YOUNG_OBJECTS = 10_000
OLDEST = 2


def begin() -> None:
    """Look for nothing until `gc.enable` is called, and from then on among what is new."""
    # Imports spend a quarter of their time looking, and make hardly any.
    gc.disable()
    gc.set_threshold(YOUNG_OBJECTS)
    gc.callbacks.append(_leave_out)


def look_at_everything() -> None:
    """Have the next look go through everything: a resource may have gone. Does nothing before `begin`."""
    if _leave_out in gc.callbacks:
        gc.unfreeze()


def _leave_out(phase: str, info: dict[str, Any]) -> None:
    """Leave what was found in use out of what is looked at."""
    if phase == "stop" and info["generation"] == OLDEST:
        gc.freeze()
