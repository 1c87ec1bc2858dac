"""A class board of a few lines that follows the protocol, for tests: no pages, no rates, one class."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from workshop.classroom.invitation import alias_key
from workshop.classroom.protocol import document_of, read_join, read_reports

CODE = "ABC-234"


class StandIn:
    """What the board knows; it survives `stop` and `start`, as a board's database does."""

    def __init__(self) -> None:
        self.class_id = "class-1"
        self.learners: dict[str, dict[str, Any]] = {}
        self.state: dict[str, Any] = {"announced": None, "released": [], "helped_at": None, "plan": None}
        self.zips: dict[str, bytes] = {}
        self.heard: list[bytes] = []  # every byte of every request
        self.loses_answers = False
        self.claims: dict[str, Any] = {}  # what it says falsely to who joins
        self.closed: str | None = None  # why it takes nothing
        self._port = 0
        self._server: ThreadingHTTPServer | None = None

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def invitation(self) -> str:
        """What its join page shows."""
        return f"{self.address}/?code={CODE}"

    def start(self) -> Self:
        """Listen, at the same port as before."""
        board = self

        class Handler(_Handler):
            stand_in = board

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Go away, as if the machine were switched off."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def move(self) -> None:
        """Listen somewhere else from now on."""
        self.stop()
        self._port = 0
        self.start()

    def of(self, alias: str) -> list[dict[str, Any]]:
        """Return the reports of a learner, as they count."""
        [found] = [each for each in self.learners.values() if each["alias"] == alias]
        return [found["reports"][number] for number in sorted(found["reports"])]


class _Handler(BaseHTTPRequestHandler):
    stand_in: StandIn
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.stand_in.heard.append(f"{self.path}\n{self.headers}".encode() + body)
        match self.path:
            case "/api/1/join":
                self._join(document_of(body))
            case "/api/1/reports":
                self._report(document_of(body))
            case _ if self._token in self.stand_in.learners:
                del self.stand_in.learners[self._token]
                self._say(200, {})
            case _:
                self._say(401, {"error": "the board does not know you; join again"})

    def do_GET(self) -> None:
        self.stand_in.heard.append(f"{self.path}\n{self.headers}".encode())
        if self.path == "/api/1/class":
            self._say(200, {"class_id": self.stand_in.class_id})
        elif self._token not in self.stand_in.learners:
            self._say(401, {"error": "the board does not know you; join again"})
        elif self.path == "/api/1/state":
            self._say(200, self.stand_in.state | {"accepted": self._accepted()})
        elif self.path.rpartition("/")[2] not in self.stand_in.zips:
            self._say(403, {"error": "this board has no solutions"})
        else:
            self._send(200, self.stand_in.zips[self.path.rpartition("/")[2]])

    def _join(self, document: dict[str, Any]) -> None:
        wanted, known = read_join(document), self.stand_in.learners
        taken = {alias_key(each["alias"]) for token, each in known.items() if token != self._token}
        if self.stand_in.closed:
            self._say(503, {"error": self.stand_in.closed})
        elif wanted.code != CODE:
            self._say(403, {"error": "this code lets nobody in"})
        elif alias_key(wanted.alias) in taken:
            self._say(409, {"error": f"`{wanted.alias}` is taken; `{wanted.alias}2` is free"})
        else:
            token = self._token
            mine = known.setdefault(token, {"id": f"learner-{len(known) + 1}", "reports": {}})
            mine["alias"] = wanted.alias
            answer = {
                "learner": mine["id"],
                "token": token,
                "seed": 7919,
                "alias": wanted.alias,
                "class": "A",
                "class_id": self.stand_in.class_id,
            }
            self._say(200, answer | self.stand_in.claims)

    def _report(self, document: dict[str, Any]) -> None:
        mine = self.stand_in.learners.get(self._token)
        if mine is None:
            self._say(401, {"error": "the board does not know you; join again"})
            return
        if self.stand_in.closed:
            self._say(503, {"error": self.stand_in.closed})
            return
        for report in read_reports(document):
            mine["reports"].setdefault(report.number, report.document())
        if self.stand_in.loses_answers:
            self.close_connection = True
            self.connection.close()
            return
        self._say(200, {"accepted": self._accepted(), "state": self.stand_in.state})

    def _accepted(self) -> int:
        reports, accepted = self.stand_in.learners[self._token]["reports"], 0
        while accepted + 1 in reports:
            accepted += 1
        return accepted

    @property
    def _token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def _say(self, status: int, document: dict[str, Any]) -> None:
        self._send(status, json.dumps(document).encode())

    def _send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
