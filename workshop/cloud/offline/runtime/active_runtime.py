"""The runtime that serves this process: where the control plane sends invocations and changes.

moto's backends are global to the process, and so is the runtime that serves them; the newest one wins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workshop.cloud.offline.runtime.runtime import Runtime

__all__ = ["activate", "active", "deactivate", "wake_active"]

_ACTIVE: list[Runtime] = []


def activate(runtime: Runtime) -> None:
    """Let this runtime serve the process."""
    deactivate(runtime)
    _ACTIVE.append(runtime)


def deactivate(runtime: Runtime) -> None:
    """Stop this runtime from serving; the one before it serves again, if there was one."""
    while runtime in _ACTIVE:
        _ACTIVE.remove(runtime)


def active() -> Runtime | None:
    """Return the runtime that serves, if any does."""
    return _ACTIVE[-1] if _ACTIVE else None


def wake_active() -> None:
    """Let the runtime that serves, if any does, act on a change of a function or a mapping at once.

    Pollers sleep until something is due, and events may be waiting for what has changed, such as a reserved
    concurrency.
    """
    if (runtime := active()) is not None:
        runtime.wake()
