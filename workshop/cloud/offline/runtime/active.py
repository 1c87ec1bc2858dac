"""The runtime that serves this process: what the control plane hands invocations and news to.

moto's backends are global to the process, and so is whoever runs their functions; the newest runtime wins.
"""

from typing import Protocol

from workshop.cloud.offline.runtime.invocations.invoker import InvocationResult

__all__ = ["Serving", "activate", "active", "deactivate"]


class Serving(Protocol):
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


_ACTIVE: list[Serving] = []


def activate(runtime: Serving) -> None:
    """Let this runtime serve the process."""
    deactivate(runtime)
    _ACTIVE.append(runtime)


def deactivate(runtime: Serving) -> None:
    """Stop this runtime from serving; the one before it serves again, if there was one."""
    while runtime in _ACTIVE:
        _ACTIVE.remove(runtime)


def active() -> Serving | None:
    """Return the runtime that serves, if any does."""
    return _ACTIVE[-1] if _ACTIVE else None
