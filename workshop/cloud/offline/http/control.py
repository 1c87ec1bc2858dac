"""What AWS does not offer: health, reset, the clock, faults, shutdown, the runtime's state, at `/_workshop/`.

Answers do not wait for the lock, so health answers while another call is being executed.
A cloud that runs untrusted code is given a token: then changes require it.
"""

import hmac
import json
import logging
import os
from collections.abc import Callable, Collection
from typing import Any, Protocol

from workshop import __version__
from workshop.clock import Clock
from workshop.cloud.fault_plan import NO_FAULTS, FaultPlan
from workshop.cloud.offline.faults.active_plan import CloudFaults
from workshop.cloud.offline.http.calls import Answer, Call
from workshop.cloud.offline.keeping.errors import KeepingError
from workshop.cloud.offline.keeping.keeper import Keeper
from workshop.cloud.offline.keeping.memory import MEMORY
from workshop.cloud.offline.lock import LOCK
from workshop.errors import ConfigurationError

__all__ = ["PREFIX", "TOKEN_HEADER", "ControlApi", "ControlledCloud"]

PREFIX = "/_workshop/"
TOKEN_HEADER = "x-workshop-token"  # noqa: S105 # a name, no secret

# A client that waits for longer asks again, so that no connection is silent for long.
MAX_WAIT_SECONDS = 30
# At one go; far ahead no date exists any more, and everything would fail.
LONGEST_ADVANCE_SECONDS = 2 * 366 * 24 * 3600

log = logging.getLogger(__name__)

Document = dict[str, Any]


class ControlledCloud(Protocol):
    """What the control API needs of the offline cloud."""

    started: float
    clock: Clock
    faults: CloudFaults
    keeper: Keeper | None
    notes: list[str]

    @property
    def port(self) -> int:
        """The port it listens on."""

    @property
    def problem(self) -> str | None:
        """Why it can neither answer nor run functions, although it was started; None if it can."""

    def reset(self) -> None:
        """Forget everything."""

    def request_stop(self) -> None:
        """Stop soon."""

    def runtime_status(self) -> dict[str, Any]:
        """Return what the runtime is doing."""

    def wait_until_quiet(self, functions: Collection[str], *, timeout_seconds: float) -> bool:
        """Block until these functions, or all, have nothing to do; False if the time is over before."""


class BadControlCallError(Exception):
    """The body of a control call does not fit."""


class ControlApi:
    """Answers the calls under `PREFIX`; with a `token`, changes are made only for callers who send it."""

    def __init__(self, cloud: ControlledCloud, *, token: str | None = None) -> None:
        self._cloud = cloud
        self._token = token
        self.routes: dict[tuple[str, str], Callable[[Document], Document]] = {
            ("GET", "health"): self._health,
            ("POST", "reset"): self._reset,
            ("GET", "clock"): self._read_clock,
            ("POST", "clock"): self._advance_clock,
            ("GET", "runtime"): self._runtime,
            ("GET", "quiet"): self._wait_until_quiet,
            ("GET", "faults"): self._read_faults,
            ("POST", "faults"): self._set_faults,
            ("DELETE", "faults"): self._clear_faults,
            ("POST", "shutdown"): self._shutdown,
        }

    def answer(self, call: Call) -> Answer:
        """Answer one control call; errors are JSON as well."""
        name = call.path.removeprefix(PREFIX).strip("/")
        route = self.routes.get((call.method, name))
        if route is None:
            offered = ", ".join(f"{method} {PREFIX}{path}" for method, path in self.routes)
            return Answer.of_json({"error": f"no `{call.method} {call.path}`; there are: {offered}"}, 404)
        if call.method != "GET" and not self._may_change(call):
            return Answer.of_json({"error": "this cloud is changed by its owner alone, who has a token"}, 403)
        try:
            return Answer.of_json(route(_document(call.body)))
        except BadControlCallError as error:
            return Answer.of_json({"error": str(error)}, 400)
        except KeepingError as error:
            return Answer.of_json({"error": str(error)}, 503)
        except Exception as error:
            log.exception("the control failed on %s", call.operation)
            return Answer.of_json(
                {"error": f"{type(error).__name__}: {error}; see the log of the cloud"}, 500
            )

    def _may_change(self, call: Call) -> bool:
        sent = call.headers.get(TOKEN_HEADER, "")
        return self._token is None or hmac.compare_digest(sent.encode(), self._token.encode())

    def _health(self, _: Document) -> Document:
        problem = self._cloud.problem
        return {
            "status": "ok" if problem is None else "broken",
            "problem": problem,
            "version": __version__,
            "offline": True,
            "pid": os.getpid(),
            "started": self._cloud.started,
            "notes": list(self._cloud.notes),
            "port": self._cloud.port,
        }

    def _reset(self, _: Document) -> Document:
        self._cloud.reset()
        return {"status": "ok"}

    def _read_clock(self, _: Document) -> Document:
        clock = self._cloud.clock
        return {"now": clock.now(), "offset_seconds": getattr(clock, "offset_seconds", 0.0)}

    def _advance_clock(self, document: Document) -> Document:
        seconds = document.get("advance_seconds")
        if (
            isinstance(seconds, bool)
            or not isinstance(seconds, int | float)
            or not 0 <= seconds <= LONGEST_ADVANCE_SECONDS
        ):
            raise BadControlCallError(
                f'send {{"advance_seconds": n}} with n from 0 to {LONGEST_ADVANCE_SECONDS}, two years'
            )
        advance = getattr(self._cloud.clock, "advance", None)
        if advance is None:
            raise BadControlCallError("this cloud runs on a clock that cannot be advanced")
        advance(seconds)
        with LOCK:
            pass  # when it becomes free the clock's offset is kept, before anybody is answered
        return self._read_clock(document)

    def _runtime(self, _: Document) -> Document:
        kept = self._cloud.keeper.status() if self._cloud.keeper else None
        with LOCK:
            streams = MEMORY.status()
        return self._cloud.runtime_status() | {"kept": kept, "streams": streams}

    def _wait_until_quiet(self, document: Document) -> Document:
        seconds, functions = document.get("timeout_seconds"), document.get("functions")
        if (
            isinstance(seconds, bool)
            or not isinstance(seconds, int | float)
            or not 0 <= seconds <= MAX_WAIT_SECONDS
        ):
            raise BadControlCallError(f'send {{"timeout_seconds": n}} with n from 0 to {MAX_WAIT_SECONDS}')
        if not isinstance(functions, list) or not all(isinstance(name, str) for name in functions):
            raise BadControlCallError('send {"functions": [...]} with names, or an empty list for all')
        return {"is_quiet": self._cloud.wait_until_quiet(functions, timeout_seconds=seconds)}

    def _read_faults(self, _: Document) -> Document:
        return self._cloud.faults.document()

    def _set_faults(self, document: Document) -> Document:
        try:
            plan = FaultPlan.from_document(document)
        except ConfigurationError as error:
            raise BadControlCallError(str(error)) from error
        self._cloud.faults.use(plan.in_the_cloud())
        return self._cloud.faults.document()

    def _clear_faults(self, _: Document) -> Document:
        met = self._cloud.faults.document()["met"]
        self._cloud.faults.use(NO_FAULTS)
        return {**self._cloud.faults.document(), "met": met}

    def _shutdown(self, _: Document) -> Document:
        self._cloud.request_stop()
        return {"status": "stopping"}


def _document(body: bytes) -> Document:
    try:
        document = json.loads(body or b"{}")
    except ValueError as error:
        raise BadControlCallError(f"the body is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise BadControlCallError("the body is not a JSON object")
    return document
