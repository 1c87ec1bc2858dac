"""Turns calls into answers, one at a time: the only entrance to moto.

Whatever concerns all calls (permissions, counts) belongs in `Dispatcher.answer`. It also works without
HTTP: build a `Call`, get an `Answer`.
"""

import io
import logging
import sys
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import unquote_to_bytes

from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from workshop.clock import SystemClock, stopwatch
from workshop.cloud.offline.http.calls import FORM_TYPE_HEADER, Answer, Call
from workshop.cloud.offline.http.direct import direct_answer
from workshop.cloud.offline.http.failures import EXPECTED, failure_answer, unknown_operation
from workshop.cloud.offline.http.signed_urls import expired_answer, signed_in_headers
from workshop.cloud.offline.keeping.keeper import Keeper
from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.permissions.gate import denied
from workshop.cloud.offline.request_models.mistakes import mistake_answer
from workshop.cloud.offline.request_models.validation import invalid_answer

__all__ = ["Dispatcher"]

log = logging.getLogger(__name__)

# Addresses are signed by it.
MACHINE_CLOCK = SystemClock()

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
# How pages of Flask begin: for a path that none of moto's services has, and to correct a path.
FLASKS_OWN = b"<!doctype html>"


class Dispatcher:
    """Answers calls under the lock of the offline cloud; thread-safe.

    `before` and `after` are called with each call, outside of the lock; they may wait.
    """

    def __init__(
        self,
        before: Callable[[Call], None] | None = None,
        after: Callable[[Call], None] | None = None,
        *,
        keeper: Keeper | None = None,
    ) -> None:
        self._application = DomainDispatcherApplication(_application_of)
        self._before = before
        self._after = after
        self._keeper = keeper

    def answer(self, call: Call) -> Answer:
        """Return moto's answer, or AWS's error for a caller who may not make the call.

        An error inside moto is logged and becomes an answer too.
        """
        started = stopwatch()
        expired = expired_answer(call, MACHINE_CLOCK.now())
        call = signed_in_headers(call).unpacked()
        try:
            if self._before is not None:
                self._before(call)
            answer = expired or invalid_answer(call, _environ) or self._valid_answer(call)
        except Exception as error:  # noqa: BLE001 # whatever moto raises becomes an answer
            answer = _failed(call, error)
        if log.isEnabledFor(logging.DEBUG):
            where = f"{call.scope.service} {call.scope.region}" if call.scope else "unsigned"
            milliseconds = (stopwatch() - started) * 1000
            log.debug("%s %s → %d, %.1f ms", where, call.operation, answer.status, milliseconds)
        return answer

    def _valid_answer(self, call: Call) -> Answer:
        if self._keeper is not None:
            answer = self._keeper.keep(call, self._permitted_answer)
        else:
            with LOCK:
                answer = self._permitted_answer(call)
        if self._after is not None:
            self._after(call)
        return answer

    def _permitted_answer(self, call: Call) -> Answer:
        return denied(call) or direct_answer(call) or self._through_flask(call)

    def _through_flask(self, call: Call) -> Answer:
        begun: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> None:
            begun[:] = [(status, headers)]

        chunks = self._application(_environ(call), start_response)
        try:
            body = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        status, headers = begun[0]
        if call.scope is not None and body.startswith(FLASKS_OWN):
            return unknown_operation(call)
        return Answer(int(status.split()[0]), headers, body)


@cache
def _application_of(service: str | None) -> Any:
    """Return moto's application for a service; None stands for one that moto does not have.

    It takes 20 ms to make and holds no state, so all dispatchers of a process share it.
    """
    if service is None:
        raise NotImplementedError("it does not offer this service")
    return create_backend_app(service)


def _failed(call: Call, error: Exception) -> Answer:
    if (answer := mistake_answer(call, _environ, error)) is not None:
        return answer
    is_expected = isinstance(error, EXPECTED)
    log.error("moto failed on %s: %s", call.operation, error, exc_info=None if is_expected else error)
    return failure_answer(call, error)


def _environ(call: Call) -> dict[str, Any]:
    """Return the call as WSGI has it, with what moto adds: the raw path, and the names of some headers."""
    query = call.target.partition("?")[2]
    host, _, port = call.headers.get("host", "localhost").rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": call.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(call.path).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": call.target,
        "REQUEST_URI": call.target,
        "SERVER_NAME": host or port,
        "SERVER_PORT": port if host else "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(call.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    names: dict[str, str] = {}
    for name, value in call.headers.items():
        # WSGI cannot tell `a_b` from `a-b`; moto keeps the names of S3's metadata apart.
        if "_" not in name:
            environ[environ_key_for_header(name)] = value
    for name, value in call.headers.pairs:
        key = environ_key_for_header(name)
        if should_preserve_original_header_name(name) and (key in names or key not in environ):
            environ[key] = f"{environ[key]},{value}" if key in names else value
            names[key] = name
    environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = names
    # curl calls an object that it puts a form, and Flask takes it for one, so that nothing is left of it.
    if call.method == "PUT" and environ.get("CONTENT_TYPE", "").lower().startswith(FORMS):
        environ[environ_key_for_header(FORM_TYPE_HEADER)] = environ["CONTENT_TYPE"]
        environ["CONTENT_TYPE"] = "binary/octet-stream"
    environ.setdefault("CONTENT_LENGTH", str(len(call.body)))
    return environ
