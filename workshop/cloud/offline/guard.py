"""What keeps a cloud safe from functions that nobody has read: a token, and a program that confines them."""

import errno
import sys
from dataclasses import dataclass
from typing import Any

__all__ = ["NO_GUARD", "Guard", "connect_to_nothing"]

# What a program does to reach another one; names are looked up before, and a look-up tells as well.
OUTBOUND = {
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyaddr",
    "socket.gethostbyname",
    "socket.getnameinfo",
    "socket.sendmsg",
    "socket.sendto",
}


@dataclass(frozen=True)
class Guard:
    """With a `token`, the control changes nothing without it; `launcher` stands before each command."""

    token: str | None = None
    launcher: tuple[str, ...] = ()


NO_GUARD = Guard()


def connect_to_nothing() -> None:
    """Refuse this process every connection that it would open, for good; those that it accepts are left.

    moto calls others on behalf of its clients: subscribers of topics, destinations of events, integrations of
    APIs, Docker. Who is confined to a cloud would get out by that. The cloud's own work needs none of it.
    """
    sys.addaudithook(_refuse)


def _refuse(event: str, _: tuple[Any, ...]) -> None:
    if event in OUTBOUND:
        raise ConnectionRefusedError(errno.ECONNREFUSED, "this cloud connects to nothing")
