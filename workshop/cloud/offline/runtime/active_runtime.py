"""The runtime that serves this process: where the control plane sends invocations and changes.

moto's backends are global to the process, and so is the runtime that serves them; the newest one wins.
"""

from typing import Protocol

from workshop.cloud.offline.runtime.invocations.invoker import InvocationResult

__all__ = ["RuntimeApi", "activate", "active", "deactivate", "wake_active"]


class RuntimeApi(Protocol):
    """What the control plane needs of a runtime."""

    endpoint_url: str

    def invoke(  # noqa: PLR0913 - the parameters of Invoke
        self,
        function: str,
        payload: bytes,
        *,
        region: str,
        invocation_type: str = "RequestResponse",
        log_type: str = "None",
        qualifier: str | None = None,
        client_context: str | None = None,
    ) -> InvocationResult:
        """Invoke a function."""

    def wake(self) -> None:
        """Look for changes soon."""


_ACTIVE: list[RuntimeApi] = []


def activate(runtime: RuntimeApi) -> None:
    """Let this runtime serve the process."""
    deactivate(runtime)
    _ACTIVE.append(runtime)


def deactivate(runtime: RuntimeApi) -> None:
    """Stop this runtime from serving; the one before it serves again, if there was one."""
    while runtime in _ACTIVE:
        _ACTIVE.remove(runtime)


def active() -> RuntimeApi | None:
    """Return the runtime that serves, if any does."""
    return _ACTIVE[-1] if _ACTIVE else None


def wake_active() -> None:
    """Let the runtime that serves, if any does, act on a change of a function or a mapping at once.

    Pollers sleep until something is due, and events may be waiting for what has changed, such as a reserved
    concurrency.
    """
    if (runtime := active()) is not None:
        runtime.wake()
