"""What learners' machines ask of the board, below `/api/1/`."""

import secrets
from typing import Any

from tornado.web import HTTPError

from workshop.classroom.board.guarding import ApiHandler, WaitError
from workshop.classroom.board.release import released_solutions
from workshop.classroom.board.store import AliasTakenError, ClassFullError
from workshop.classroom.board.tables import Learner
from workshop.classroom.protocol import API, TOKEN, document_of, read_join, read_reports

__all__ = ["API_HANDLERS"]

CLOSED = "the class is closed"
# After which a machine may ask whether the class goes on; it keeps its reports until then.
CLOSED_SECONDS = 60


class _Class(ApiHandler):
    """`GET class`: which one this is, so that a machine knows whether it is the class that it has joined."""

    def get(self) -> None:
        self.say({"class_id": self.board.class_id, "class": self.board.setup.name})


class _Join(ApiHandler):
    """`POST join`; a machine brings its own secret as token, and stays the same learner with it."""

    def post(self) -> None:
        known = self.learner
        self.demand_patience("guess", self.address)
        request = _read(self, read_join)
        if not self.board.is_code(request.code):
            self.demand("guess", self.address)
            raise HTTPError(403, "this is not the code of the class; look at the join page again")
        if self.board.is_closed:
            raise WaitError(503, CLOSED_SECONDS, CLOSED)
        token = self.request.headers.get("Authorization", "").partition(" ")[2]
        try:
            if known:
                self.board.store.rename(known.id, request.alias)
                learner = self.board.store.learner(known.id) or known
            else:
                self.demand("join", self.address)
                token = token if TOKEN.fullmatch(token) else secrets.token_urlsafe(24)
                learner = self.board.store.join(request, self.board.clock.now(), token)
        except AliasTakenError as error:
            self.say({"error": str(error), "free": error.free}, 409)
            return
        except ClassFullError as error:
            raise WaitError(503, CLOSED_SECONDS, str(error)) from error
        self.say(
            {
                "learner": str(learner.id),
                "token": token,
                "seed": learner.seed,
                "alias": learner.alias,
                "class": self.board.setup.name,
                "class_id": self.board.class_id,
                "accepted": learner.accepted,
            }
        )


class _Reports(ApiHandler):
    """`POST reports`."""

    def post(self) -> None:
        learner = self.known_learner()
        if self.board.is_closed:
            raise WaitError(503, CLOSED_SECONDS, CLOSED)
        reports = _read(self, read_reports)
        accepted = self.board.store.take(learner, reports, self.board.clock.now())
        self.say({"accepted": accepted, "state": self.board.state_for(_now(self, learner))})


class _State(ApiHandler):
    """`GET state`."""

    def get(self) -> None:
        learner = self.known_learner()
        self.board.store.hear(learner.id, self.board.clock.now())
        self.say(self.board.state_for(_now(self, learner)))


class _Solutions(ApiHandler):
    """`GET solutions/05`."""

    def get(self, notebook: str) -> None:
        self.known_learner()
        if not self.board.has_solutions or self.board.setup.root is None:
            raise HTTPError(403, "this board has no solutions that it could release")
        if notebook not in self.board.released:
            raise HTTPError(403, f"the solutions of notebook {notebook} are not released yet")
        self.set_header("Content-Type", "application/zip")
        self.finish(released_solutions(notebook, self.board.released, self.board.setup.root))


class _Leave(ApiHandler):
    """`POST leave`."""

    def post(self) -> None:
        self.board.store.remove(self.known_learner().id)
        self.say({})


class _NoSuchCall(ApiHandler):
    """Whatever else is asked below `/api/`."""

    def prepare(self) -> None:
        """Refuse it."""
        super().prepare()
        raise HTTPError(404, "the board has no such call")


def _read(handler: ApiHandler, read: Any) -> Any:
    """Return what a request says; refuse what is not said as it must be."""
    kind = handler.request.headers.get("Content-Type", "").partition(";")[0].strip()
    if kind != "application/json":
        raise HTTPError(415, "send JSON, and say so: `Content-Type: application/json`")
    try:
        return read(document_of(handler.request.body))
    except ValueError as error:
        raise HTTPError(400, str(error)) from error


def _now(handler: ApiHandler, learner: Learner) -> Learner:
    return handler.board.store.learner(learner.id) or learner


API_HANDLERS = [
    (f"{API}/class", _Class),
    (f"{API}/join", _Join),
    (f"{API}/reports", _Reports),
    (f"{API}/state", _State),
    (rf"{API}/solutions/(\d\d)", _Solutions),
    (f"{API}/leave", _Leave),
    (r"/api(?:/.*)?", _NoSuchCall),
]
