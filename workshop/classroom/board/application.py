"""The board as a web application: one address for learners' machines, browsers and the instructor."""

import socket
from collections.abc import Sequence
from typing import Any

from tornado.web import Application

from workshop.classroom.board.api import API_HANDLERS
from workshop.classroom.board.class_board import ClassBoard
from workshop.classroom.board.listening import BoundedServer
from workshop.classroom.board.pages import PAGE_HANDLERS, FreshPage, NoSuchPageHandler

__all__ = ["board_server"]


def board_server(board: ClassBoard, addresses: Sequence[str], *, is_alone: bool = True) -> BoundedServer:
    """Return a server for a board that is reached at `addresses`, such as `http://192.168.1.5:8787`.

    `is_alone` says that nobody reaches it but this machine. It serves once it is given sockets.
    """
    servers: list[BoundedServer] = []

    def touch(stream: object) -> None:
        servers[0].touch(stream)

    shared = {
        "board": board,
        "touch": touch,
        "names": own_names(),
    }
    application = Application(
        [(path, handler, shared) for path, handler in [*API_HANDLERS, *PAGE_HANDLERS]],
        default_handler_class=NoSuchPageHandler,
        default_handler_args=shared,
        compress_response=True,
        log_function=_silence,
        pages={who: FreshPage(board, for_instructor=who) for who in (False, True)},
        addresses=tuple(addresses),
        is_alone=is_alone,
    )
    servers.append(BoundedServer(application))
    return servers[0]


def own_names() -> frozenset[str]:
    """Return the names under which this machine may be asked; addresses are always allowed."""
    name = socket.gethostname().lower()
    return frozenset({"localhost", name, f"{name.partition('.')[0]}.local"})


def _silence(_: Any) -> None:
    """Log no request: who looked at what is nobody's business, and links may hold a key."""
