"""What holds for every request, before anything looks at it: who may ask, from where, how often, how large.

Foreign names in `Host` are refused (a stranger's page that rebinds its name reaches nothing), foreign origins
too, and every answer says that browsers may load nothing from elsewhere.
"""

import json
import logging
from collections.abc import Callable
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from tornado.web import HTTPError, RequestHandler

from workshop.classroom.board.class_board import ClassBoard
from workshop.classroom.board.limits import BYTES_A_TOKEN
from workshop.classroom.board.live import PackedText
from workshop.classroom.board.tables import Learner
from workshop.classroom.protocol import LARGEST_BODY_BYTES

__all__ = ["ApiHandler", "BoardHandler", "PageHandler", "WaitError"]

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Without any referrer, browsers would send forms of our own pages with the origin `null`.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
logger = logging.getLogger(__name__)


class WaitError(HTTPError):
    """A request that may be made again, after so many seconds."""

    def __init__(self, status: int, seconds: int, message: str) -> None:
        self.seconds = seconds
        super().__init__(status, message)


class BoardHandler(RequestHandler):
    """A request to the board."""

    board: ClassBoard
    touch: Callable[[object], None]
    names: frozenset[str]

    def initialize(self, board: ClassBoard, touch: Callable[[object], None], names: frozenset[str]) -> None:
        """Take what the application hands to every request."""
        self.board, self.touch, self.names = board, touch, names

    def set_default_headers(self) -> None:
        """Tell browsers to load nothing from elsewhere, and to keep nothing."""
        for name, value in HEADERS.items():
            self.set_header(name, value)
        self.clear_header("Server")

    def prepare(self) -> None:
        """Refuse what comes from the wrong place, is too large, or comes too often."""
        self.touch(getattr(self.request.connection, "stream", None))
        if not self._is_own_host():
            raise HTTPError(421, "this board does not answer to that name; use the address that it shows")
        if self._is_foreign():
            raise HTTPError(403, "this request comes from a page of somebody else")
        if len(self.request.body) > LARGEST_BODY_BYTES:
            raise HTTPError(413, f"at most {LARGEST_BODY_BYTES:,} bytes may be sent at once")
        self.count_request()

    def count_request(self) -> None:
        """Count the request for its address."""
        self.demand("address", self.address, self.weight)

    @property
    def weight(self) -> int:
        """How many tokens the request takes."""
        return 1 + len(self.request.body) // BYTES_A_TOKEN

    @property
    def address(self) -> str:
        """Where the request comes from."""
        return str(self.request.remote_ip)

    def demand(self, kind: str, who: str, tokens: int = 1) -> None:
        """Take tokens from a bucket, or refuse the request."""
        if wait := self.board.limits.take(kind, who, tokens):
            raise WaitError(429, wait, f"too many requests; try again in {wait} s")

    def demand_patience(self, kind: str, who: str) -> None:
        """Refuse the request if a bucket is empty; takes nothing."""
        if wait := self.board.limits.wait_for(kind, who):
            raise WaitError(429, wait, f"too many wrong codes; try again in {wait} s")

    def say(self, document: dict[str, Any], status: int = 200) -> None:
        """Answer with JSON."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(json.dumps(document))

    def told(self, status: int, details: dict[str, Any]) -> str:
        """Return what was raised on purpose, or the name of the status; say also when to come back."""
        error = details.get("exc_info", (None, None))[1]
        if isinstance(error, WaitError):
            self.set_header("Retry-After", str(error.seconds))
        message = error.log_message if isinstance(error, HTTPError) else None
        # Tornado keeps messages ready to be formatted.
        return message.replace("%%", "%") if message else HTTPStatus(status).phrase

    def log_exception(self, kind: Any, value: Any, trace: Any) -> None:
        """Log what is our own fault alone, and never who asked."""
        if not isinstance(value, HTTPError):
            logger.error("a request failed", exc_info=(kind, value, trace))

    def _is_own_host(self) -> bool:
        # An address cannot be rebound by whoever owns a name.
        try:
            name = urlsplit(f"//{self.request.host}").hostname or ""
        except ValueError:
            return False
        return name in self.names or _is_address(name)

    def _is_foreign(self) -> bool:
        origin = self.request.headers.get("Origin")
        site = self.request.headers.get("Sec-Fetch-Site", "same-origin")
        is_own = origin is None or origin == f"http://{self.request.host}"
        may_come_from_elsewhere = self.request.method in {"GET", "HEAD"} and not self.request.path.startswith(
            "/api"
        )
        return not is_own or (site not in {"same-origin", "none"} and not may_come_from_elsewhere)


class ApiHandler(BoardHandler):
    """A request of a learner's machine; whatever goes wrong is said as `{"error": …}`."""

    learner: Learner | None = None

    def count_request(self) -> None:
        """Count the request for the learner whose token it bears, for its address if it bears none."""
        kind, _, token = self.request.headers.get("Authorization", "").partition(" ")
        self.learner = self.board.store.learner_of(token) if kind == "Bearer" and token else None
        if self.learner:
            self.demand("learner", str(self.learner.id), self.weight)
        else:
            super().count_request()

    def known_learner(self) -> Learner:
        """Return the learner whose token the request bears; refuse it if that is nobody's."""
        if self.learner is None:
            raise HTTPError(401, "the board does not know this learner; join the class again")
        return self.learner

    def write_error(self, status_code: int, **details: Any) -> None:
        """Say what went wrong."""
        self.say({"error": self.told(status_code, details)}, status_code)


class PageHandler(BoardHandler):
    """A request of a browser."""

    def send(self, packed: PackedText, kind: str) -> None:
        """Answer with a text of a kind, such as `text/html`; Tornado leaves alone what is compressed."""
        self.set_header("Content-Type", f"{kind}; charset=utf-8")
        if "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            self.finish(packed.compressed)
        else:
            self.finish(packed.plain)

    def write_error(self, status_code: int, **details: Any) -> None:
        """Say what went wrong, as text, which no browser takes for a page."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{self.told(status_code, details)}\n")


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
