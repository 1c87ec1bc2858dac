"""What a caller is told when an environment could not answer for itself. Pure.

Source: https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html; the texts for a timeout and for
a lost process are those seen on AWS.
"""

import signal
from dataclasses import dataclass, field
from typing import Any

from workshop.cloud.offline.runtime.environments.environment import EnvironmentAnswer
from workshop.cloud.offline.runtime.event_sources.events import encode

__all__ = ["EnvironmentLostError", "exit_fault", "fault"]

TIMEOUT_TYPE = "Sandbox.Timedout"


@dataclass
class EnvironmentLostError(Exception):
    """The environment's process is of no more use; `fault` says why."""

    fault: dict[str, Any]
    is_timeout: bool = False
    output: list[str] = field(default_factory=list)

    @classmethod
    def timed_out(cls, limit_seconds: float) -> "EnvironmentLostError":
        """The handler used up its time."""
        return cls(fault(TIMEOUT_TYPE, f"Task timed out after {limit_seconds:.2f} seconds"), is_timeout=True)

    def answer(self, request_id: str, duration_ms: float) -> EnvironmentAnswer:
        """Return what the caller of this invocation gets."""
        document = {**self.fault, "requestId": request_id}
        if "stackTrace" not in document:  # Lambda itself speaks, not its Python runtime
            document["errorMessage"] = f"RequestId: {request_id} Error: {document['errorMessage']}"
            del document["requestId"]
        return EnvironmentAnswer(
            payload=encode(document),
            error_type=document["errorType"],
            duration_ms=duration_ms,
            output=tuple(self.output),
            is_timeout=self.is_timeout,
        )


def fault(error_type: str, message: str) -> dict[str, Any]:
    """Return a fault of the environment, to be completed with the request's id."""
    return {"errorType": error_type, "errorMessage": message}


def exit_fault(exit_code: int | None, text: str = "") -> dict[str, Any]:
    """Return the fault for a process that ended by itself; `text` is what it said instead of an answer.

    >>> exit_fault(1)["errorMessage"]
    'Runtime exited with error: exit status 1'
    >>> exit_fault(-11)["errorMessage"]
    'Runtime exited with error: signal: segmentation fault'
    """
    if exit_code == 0:
        message = "Runtime exited without providing a reason"
    elif exit_code is not None and exit_code < 0:
        message = f"Runtime exited with error: signal: {_signal_name(-exit_code)}"
    else:
        message = f"Runtime exited with error: exit status {exit_code}"
    return fault("Runtime.ExitError", f"{message}; it said: {text}" if text else message)


def _signal_name(number: int) -> str:
    try:
        return (signal.strsignal(number) or str(number)).lower()
    except ValueError:
        return str(number)
