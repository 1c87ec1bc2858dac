"""How the invocations of each function have ended: how many failed, and the last error as its caller saw it.

Kept for as long as the runtime lives, for whoever asks what a function suffers from; the log has more, but
only where the function's role may write one.
"""

import json
import threading
from dataclasses import dataclass, field
from typing import Any

from workshop.clock import Clock
from workshop.cloud.offline.runtime.environments.environment import EnvironmentAnswer

__all__ = ["InvocationResults"]

# Whoever raises an error with the whole event in it fills no memory.
LONGEST_MESSAGE = 2_000
LONGEST_TRACE = 30

Place = tuple[str, str, str]


@dataclass(slots=True)
class _Results:
    invocations: int = 0
    errors: int = 0
    succeeded_at: float | None = None
    last_error: dict[str, Any] | None = field(default=None)


class InvocationResults:
    """Counts results by function. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._results: dict[Place, _Results] = {}
        self._lock = threading.Lock()

    def add(self, place: Place, answer: EnvironmentAnswer) -> None:
        """Note how one invocation of a function ended."""
        now = self._clock.now()
        with self._lock:
            results = self._results.setdefault(place, _Results())
            results.invocations += 1
            if answer.error_type is None:
                results.succeeded_at = now
            else:
                results.errors += 1
                results.last_error = {"at": now, **_told(answer)}

    def status(self) -> list[dict[str, Any]]:
        """Return what is known of each function, as plain JSON values."""
        with self._lock:
            return [
                {
                    "function": name,
                    "invocations": each.invocations,
                    "errors": each.errors,
                    "succeeded_at": each.succeeded_at,
                    "last_error": each.last_error,
                }
                for (_, _, name), each in self._results.items()
            ]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._results.clear()


def _told(answer: EnvironmentAnswer) -> dict[str, Any]:
    """Return type, message and trace of an answer that is an error; the payload may be anything."""
    try:
        document = json.loads(answer.payload)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        document = {}
    trace = document.get("stackTrace")
    return {
        "type": answer.error_type,
        "message": str(document.get("errorMessage", ""))[:LONGEST_MESSAGE],
        "trace": [str(line) for line in trace[-LONGEST_TRACE:]] if isinstance(trace, list) else [],
    }
