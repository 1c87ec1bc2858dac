"""What browsers ask of the board: the public page, the instructor's behind a key, and the page to join by."""

from functools import cache
from urllib.parse import quote

from tornado.web import HTTPError

from workshop.classroom.board.actions import ACTIONS, confirmation_before
from workshop.classroom.board.class_board import ClassBoard
from workshop.classroom.board.drawing import FOLDER, PAGE_FILES, draw, draw_parts, hidden_token, qr_code
from workshop.classroom.board.export import class_table
from workshop.classroom.board.guarding import PageHandler
from workshop.classroom.board.live import LiveParts, PackedText, pack_text
from workshop.classroom.board.store import KEPT_DAYS, AliasTakenError
from workshop.classroom.invitation import Invitation, checked_code

__all__ = ["PAGE_HANDLERS", "FreshPage"]

# A page asks once a second; in between it would see the same again.
FRESH_SECONDS = 0.4
COOKIE_DAYS = 2


class FreshPage:
    """One page of a board with what has changed on it, drawn anew only if something may have."""

    def __init__(self, board: ClassBoard, *, for_instructor: bool) -> None:
        self._board, self._for_instructor = board, for_instructor
        self._live = LiveParts()
        self._drawn: tuple[int, int] | None = None
        self._at = 0.0
        self._parts: dict[str, str] = {}
        self._whole: PackedText | None = None

    def refreshed(self) -> LiveParts:
        """Return the parts as they are now."""
        now = self._board.clock.now()
        # Minutes pass also where nothing is reported.
        state = (self._board.store.version, int(now // 10))
        if state != self._drawn and not 0 <= now - self._at < FRESH_SECONDS:
            self._parts = draw_parts(self._board, self._board.view(), for_instructor=self._for_instructor)
            self._live.refresh(self._parts)
            self._whole = None
            self._drawn, self._at = state, now
        return self._live

    def whole(self) -> PackedText:
        """Return the page as it is now."""
        live = self.refreshed()
        if self._whole is None:
            page = draw(
                "class.html",
                board=self._board,
                parts=self._parts,
                version=live.version,
                live="/instructor/live" if self._for_instructor else "/live",
                legend=draw("legend.html"),
                kept_days=KEPT_DAYS,
                for_instructor=self._for_instructor,
            )
            self._whole = pack_text(page)
        return self._whole


class _ClassPage(PageHandler):
    """The class, as everybody sees it."""

    for_instructor = False

    def get(self) -> None:
        self.send(self.page.whole(), "text/html")

    @property
    def page(self) -> FreshPage:
        """The page that is kept fresh."""
        pages: dict[bool, FreshPage] = self.settings["pages"]
        return pages[self.for_instructor]


class _Live(_ClassPage):
    """What is new on the page."""

    def get(self) -> None:
        version = self.get_query_argument("since", "")
        self.send(self.page.refreshed().since(version), "application/json")


class _InstructorMixin(PageHandler):
    """Behind the key: whoever has opened the link with it has a cookie from then on."""

    for_instructor = True

    def prepare(self) -> None:
        """Let the instructor pass, and nobody else."""
        super().prepare()
        offered = self.get_query_argument("key", "")
        if self._finished or (offered and self._opens(offered)):
            return
        if not self.board.is_secret("session", self.get_cookie(self.cookie_name) or ""):
            self.turn_away()

    def turn_away(self) -> None:
        """Say how the instructor gets in."""
        self.set_status(403)
        message = "Open the link that <code>workshop board</code> has printed on the instructor's machine."
        self.finish(draw("door.html", board=self.board, title="For the instructor", message=message))

    @property
    def cookie_name(self) -> str:
        """A name for each port, since browsers keep cookies for a whole machine."""
        return f"board-{self.request.host.rpartition(':')[2] or '80'}"

    def _opens(self, offered: str) -> bool:
        self.demand("key", self.address)
        if not self.board.is_key(offered):
            return False
        session = self.board.secret_for("session")
        self.set_cookie(
            self.cookie_name, session, expires_days=COOKIE_DAYS, httponly=True, samesite="Strict", path="/"
        )
        self.redirect("/instructor")
        return True


class _Instructor(_InstructorMixin, _ClassPage):
    """The class, and how it is led."""

    def post(self) -> None:
        if not self.board.is_secret("form", self.said("token")):
            raise HTTPError(
                403, "this form is too old, or was on a page of somebody else; load the page again"
            )
        name = self.said("action")
        if name not in ACTIONS:
            raise HTTPError(400, "there is no such action")
        try:
            if not self.said("sure") and (question := confirmation_before(name, self.board, self.said)):
                token = hidden_token(self.board)
                self.finish(draw("sure.html", board=self.board, question=question, action=name, token=token))
                return
            ACTIONS[name](self.board, self.said)
        except (ValueError, AliasTakenError) as error:
            raise HTTPError(400, f"{error}; go back to the page, and try again") from error
        self.redirect("/instructor", status=303)

    def said(self, name: str) -> str:
        """Return a field of the form, empty if it has none of this name."""
        return str(self.get_body_argument(name, ""))


class _InstructorLive(_InstructorMixin, _Live):
    """What is new on the instructor's page."""


class _Table(_InstructorMixin):
    """The class as a file for a spreadsheet."""

    def get(self) -> None:
        self.set_header("Content-Type", "text/csv; charset=utf-8")
        self.set_header("Content-Disposition", 'attachment; filename="class.csv"')
        # Spreadsheets take a file for UTF-8 only if it begins with this mark.
        self.finish(f"\ufeff{class_table(self.board)}")


class _JoinPage(_InstructorMixin):
    """Code and QR code, for the projector."""

    def get(self) -> None:
        self.finish(_join_page(self, self.board.code))


class _Invited(PageHandler):
    """Where the QR code leads: what to type on one's own machine."""

    def get(self, offered: str) -> None:
        self.demand_patience("guess", self.address)
        try:
            code = checked_code(offered)
        except ValueError as error:
            raise HTTPError(404, "there is no such page") from error
        if not self.board.is_code(code):
            self.demand("guess", self.address)
            self.set_status(403)
            message = "This code is not the code of the class any more. Look at the join page again."
            self.finish(draw("door.html", board=self.board, title="Join the class", message=message))
            return
        self.finish(_join_page(self, code))


class _File(PageHandler):
    """The stylesheet and the script."""

    def get(self, name: str) -> None:
        self.set_header("Cache-Control", "no-cache")
        self.send(_packed_file(name), PAGE_FILES[name])


class NoSuchPageHandler(PageHandler):
    """Whatever else is asked."""

    def prepare(self) -> None:
        """Refuse it."""
        super().prepare()
        raise HTTPError(404, "there is no such page")


@cache
def _packed_file(name: str) -> PackedText:
    return pack_text((FOLDER / name).read_text(encoding="utf-8"))


def _join_page(handler: PageHandler, code: str) -> str:
    addresses: tuple[str, ...] = handler.settings["addresses"]
    invitation = Invitation(addresses[0], code)
    for_instructor = isinstance(handler, _InstructorMixin)
    return draw(
        "join.html",
        board=handler.board,
        qr=qr_code(str(invitation)),
        link=str(invitation),
        typed=f"{addresses[0].removeprefix('http://')}/{quote(code)}",
        is_alone=handler.settings["is_alone"] and for_instructor,
        for_instructor=for_instructor,
    )


PAGE_HANDLERS = [
    (r"/", _ClassPage),
    (r"/live", _Live),
    (r"/instructor", _Instructor),
    (r"/instructor/live", _InstructorLive),
    (r"/instructor/class\.csv", _Table),
    (r"/join", _JoinPage),
    (r"/join/([^/]{1,40})", _Invited),
    (r"/(board\.(?:css|js))", _File),
]
