"""The client of what the offline cloud offers beside AWS's API: health, reset, its clock, its runtime."""

import http.client
import json
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from workshop.clock import stopwatch
from workshop.errors import FROM_A_TERMINAL, CloudNotRunningError, ConfigurationError

__all__ = ["OfflineControl"]

PREFIX = "/_workshop/"
TOKEN_HEADER = "x-workshop-token"  # noqa: S105 # a name, no secret
HEALTH_TIMEOUT_SECONDS = 5.0
CALL_TIMEOUT_SECONDS = 60.0
# How long one call may block at the cloud.
LONGEST_WAIT_SECONDS = 20.0


class OfflineControl:
    """Speaks to the offline cloud at `endpoint`; thread-safe, since nothing is kept between calls.

    Each method raises CloudNotRunningError if nothing answers there, and ConfigurationError if something
    else does.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint.rstrip("/")
        # What to do if nothing answers depends on where one works.
        self.way_on = FROM_A_TERMINAL
        # Some clouds are changed by those alone who know their token.
        self.token: str | None = None

    def health(self, timeout_seconds: float = HEALTH_TIMEOUT_SECONDS) -> dict[str, Any]:
        """Return version, process id, port and start of the cloud."""
        document = self.call("GET", "health", timeout_seconds=timeout_seconds)
        if document.get("offline") is not True:
            raise self._stranger()
        return document

    def reset(self) -> None:
        """Make the cloud forget every resource."""
        self.call("POST", "reset", {})

    def now(self) -> float:
        """Return the cloud's time in unix seconds."""
        return float(self.call("GET", "clock")["now"])

    def advance(self, seconds: float) -> float:
        """Let time pass at once in the cloud; return its new time."""
        return float(self.call("POST", "clock", {"advance_seconds": seconds})["now"])

    def runtime(self) -> dict[str, Any]:
        """Return what the runtime of functions is doing."""
        return self.call("GET", "runtime")

    def wait_until_quiet(self, functions: Collection[str], *, timeout_seconds: float) -> bool:
        """Block until these functions, or all if none is named, have nothing to do.

        Returns False if that is not so after `timeout_seconds` of the machine's time. A function has nothing
        to do when no record waits for its enabled event source mappings, no batch and no asynchronous event
        is under way for it, and none of its windows is open.
        """
        begun = stopwatch()
        while True:
            left = max(0.0, timeout_seconds - (stopwatch() - begun))
            request = {"functions": list(functions), "timeout_seconds": min(left, LONGEST_WAIT_SECONDS)}
            if self.call("GET", "quiet", request)["is_quiet"]:
                return True
            if left <= LONGEST_WAIT_SECONDS:
                return False

    def faults(self) -> dict[str, Any]:
        """Return the plan of the cloud's own faults, and how many of each kind have happened."""
        return self.call("GET", "faults")

    def set_faults(self, plan: dict[str, Any]) -> dict[str, Any]:
        """Follow a plan from now on; what only functions can do to themselves is left out of it."""
        return self.call("POST", "faults", plan)

    def clear_faults(self) -> dict[str, Any]:
        """Let nothing go wrong any more; return how many faults have happened."""
        return self.call("DELETE", "faults")

    def shutdown(self) -> None:
        """Make the cloud stop soon."""
        self.call("POST", "shutdown", {})

    def call(
        self,
        method: str,
        path: str,
        document: dict[str, Any] | None = None,
        *,
        timeout_seconds: float = CALL_TIMEOUT_SECONDS,
    ) -> dict[str, Any]:
        """Make one control call and return its document."""
        where = urlsplit(self.endpoint)
        # Not urllib: a proxy that the environment names must not see calls to this machine.
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=timeout_seconds)
        try:
            body = None if document is None else json.dumps(document)
            headers = {} if self.token is None else {TOKEN_HEADER: self.token}
            connection.request(method, PREFIX + path, body, headers)
            answer = connection.getresponse()
            status, content = answer.status, answer.read()
        except OSError as error:
            raise CloudNotRunningError(self.endpoint, self.way_on) from error
        except http.client.HTTPException as error:
            raise self._stranger() from error
        finally:
            connection.close()
        return self._document(status, content)

    def _document(self, status: int, content: bytes) -> dict[str, Any]:
        try:
            document = json.loads(content)
        except ValueError as error:
            raise self._stranger() from error
        if not isinstance(document, dict):
            raise self._stranger()
        if status != http.HTTPStatus.OK:
            reason = document.get("error", f"status {status}")
            raise ConfigurationError(f"the offline cloud at `{self.endpoint}` refused: {reason}")
        return document

    def _stranger(self) -> ConfigurationError:
        return ConfigurationError(
            f"what answers at `{self.endpoint}` is not the workshop's offline cloud; "
            "start one on another port with `workshop cloud start --port N`"
        )
