"""A board that tests run beside themselves, and a client that says to it whatever it likes."""

import asyncio
import http.client
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

from tornado.httputil import HTTPHeaders

from workshop.classroom.board.application import board_server
from workshop.classroom.board.class_board import ClassBoard, ClassSetup
from workshop.classroom.board.listening import BoundedServer, listen
from workshop.classroom.board.plan import ClassPlan, CourseStep, PlanPart
from workshop.classroom.board.store import ClassStore
from workshop.classroom.protocol import instant
from workshop.clock import Clock, ManualClock

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[3]
LOCAL = "127.0.0.1"
FORM = "application/x-www-form-urlencoded"
NOTEBOOKS = {"00": "Start here", "01": "Deploy", "02": "Streams", "03": "State", "99": "Clean up"}
STEPS = tuple(
    CourseStep(f"{number}-{letter}", number, f"Step {letter} of {number}", 5)
    for number in NOTEBOOKS
    for letter in "abcd"
)
PLAN = ClassPlan(
    minutes=120,
    parts=(
        PlanPart(0, 5, "Welcome"),
        PlanPart(5, 20, "Start here", "00"),
        PlanPart(25, 20, "Deploy", "01"),
        PlanPart(45, 20, "Streams", "02"),
        PlanPart(65, 10, "Break"),
        PlanPart(75, 20, "State", "03"),
        PlanPart(95, 20, "Clean up", "99"),
        PlanPart(115, 5, "Closing"),
    ),
    expendable=("99", "02", "01", "03", "00"),
)
SETUP = ClassSetup("Risk & Co", STEPS, NOTEBOOKS, PLAN, ROOT)


@dataclass(frozen=True)
class Answer:
    """What the board answered."""

    status: int
    headers: HTTPHeaders
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def document(self) -> dict[str, Any]:
        """The body as JSON."""
        return json.loads(self.body)


class RunningBoard:
    """A board on a free port, in a thread of its own."""

    def __init__(self, file: Path, clock: Clock | None = None, setup: ClassSetup = SETUP) -> None:
        self.clock = clock or ManualClock()
        self._file, self._setup = file, setup
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.board: ClassBoard
        self.server: BoundedServer
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    @property
    def address(self) -> str:
        """Where the board is."""
        return f"http://{LOCAL}:{self.port}"

    def inside(self, call: Callable[[ClassBoard], T]) -> T:
        """Ask the board itself, in its thread."""

        async def ask() -> T:
            return call(self.board)

        return asyncio.run_coroutine_threadsafe(ask(), self._loop).result(10)

    @property
    def connections(self) -> int:
        """How many connections it holds."""
        return self.inside(lambda _: self.server.connection_count)

    def ask(
        self, method: str, path: str, *, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Make one request on a connection of its own."""
        connection = http.client.HTTPConnection(LOCAL, self.port, timeout=20)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, HTTPHeaders(dict(answer.getheaders())), answer.read())
        finally:
            connection.close()

    def call(self, path: str, document: Any = None, token: str | None = None, **headers: str) -> Answer:
        """Make one call of the API; with a document it is a POST."""
        sent = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        body = None if document is None else json.dumps(document).encode()
        return self.ask("GET" if body is None else "POST", f"/api/1/{path}", body=body, headers=sent)

    def join(self, alias: str, **more: Any) -> "Machine":
        """Join the class with the code of now."""
        answer = self.call("join", {"code": self.inside(lambda board: board.code), "alias": alias}, **more)
        assert answer.status == 200, answer.text
        return Machine(self, answer.document)

    def as_instructor(self) -> dict[str, str]:
        """Return the headers of a browser that has opened the instructor's link."""
        key = self.inside(lambda board: board.key)
        answer = self.ask("GET", f"/instructor?key={key}")
        assert answer.status == 302, answer.text
        return {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}

    def act(self, action: str, headers: dict[str, str] | None = None, **fields: str) -> Answer:
        """Press a button on the instructor's page; with other `headers`, as somebody else."""
        form = {"action": action, "token": self.inside(lambda board: board.secret_for("form")), **fields}
        sent = {"Content-Type": FORM, **(self.as_instructor() if headers is None else headers)}
        return self.ask("POST", "/instructor", body=urlencode(form).encode(), headers=sent)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        store = ClassStore(self._file, self.clock.now())
        listener = listen(LOCAL, 0)
        self.port = listener.getsockname()[1]

        async def start() -> None:
            self.board = ClassBoard(self._setup, store, self.clock)
            self.server = board_server(self.board, [f"http://{LOCAL}:{self.port}"])
            self.server.add_socket(listener)
            self._ready.set()

        self._loop.create_task(start())
        self._loop.run_forever()
        self.server.stop()
        self._loop.run_until_complete(self.server.close_all_connections())
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()
        store.close()


@dataclass
class Machine:
    """A learner's machine, which numbers its reports."""

    running: RunningBoard
    joined: dict[str, Any]
    reports: list[dict[str, Any]] = field(default_factory=list)
    accepted: int = 0

    @property
    def token(self) -> str:
        """What proves who the learner is."""
        return str(self.joined["token"])

    def note(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Write a report into the outbox."""
        at = fields.pop("at", None) or instant(self.running.clock.now())
        report = {"number": len(self.reports) + 1, "at": at, "kind": kind, **fields}
        self.reports.append(report)
        return report

    def send(self) -> Answer:
        """Send everything that was not accepted yet."""
        answer = self.running.call("reports", {"reports": self.reports[self.accepted :]}, self.token)
        if answer.status == 200:
            self.accepted = answer.document["accepted"]
        return answer

    def say(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Report something at once; return what the board tells."""
        self.note(kind, **fields)
        answer = self.send()
        assert answer.status == 200, answer.text
        return answer.document["state"]

    def work(self, minutes: int) -> None:
        """Run a cell every ten minutes, and at the end."""
        while minutes > 0:
            self.running.clock.sleep(60.0 * min(minutes, 10))
            minutes -= 10
            self.say("worked")
