"""Runs a board until somebody stops it, and says where it is."""

import asyncio
import contextlib
import errno
import logging
import socket
import sys
from collections.abc import Callable

import psutil

from workshop.classroom.board.application import board_server
from workshop.classroom.board.class_board import ClassBoard
from workshop.classroom.board.listening import listen
from workshop.errors import ConfigurationError, PortInUseError, reason
from workshop.settings import DEFAULT_HOST

__all__ = ["EVERYWHERE", "addresses_of", "allow_connections", "is_alone", "serve"]

EVERYWHERE = "0.0.0.0"
LINK_LOCAL = "169.254."
LOOPBACK = ("127.", "::1", "localhost")


def addresses_of(host: str, port: int) -> tuple[str, ...]:
    """Return the addresses at which a board is reached that listens at a host, the likeliest first."""
    hosts = _own_addresses() if host == EVERYWHERE else [host]
    return tuple(f"http://{f'[{each}]' if ':' in each else each}:{port}" for each in hosts or [DEFAULT_HOST])


def is_alone(host: str) -> bool:
    """Whether nobody but this machine reaches a board that listens at a host."""
    return host.startswith(LOOPBACK)


def serve(board: ClassBoard, host: str, port: int, on_ready: Callable[[int], None]) -> None:
    """Serve a board until Ctrl-C; calls `on_ready` with the port once it listens.

    Raises:
        PortInUseError: somebody else listens there.
        ConfigurationError: the machine does not let anybody listen there.
    """
    # A stranger's broken requests would fill the terminal.
    logging.getLogger("tornado.general").setLevel(logging.ERROR)
    allow_connections()
    try:
        listener = listen(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUseError(host, port, "another program, perhaps another board") from error
        raise ConfigurationError(
            f"the board cannot listen on port {port} of `{host}`: {reason(error)}; "
            "choose an address of this machine with `--host`, or another port with `--port N`"
        ) from error
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(board, host, listener, on_ready))


async def _serve(
    board: ClassBoard, host: str, listener: socket.socket, on_ready: Callable[[int], None]
) -> None:
    port = listener.getsockname()[1]
    server = board_server(board, addresses_of(host, port), is_alone=is_alone(host))
    server.add_socket(listener)
    on_ready(port)
    await asyncio.Event().wait()


def _own_addresses() -> list[str]:
    """Return this machine's IPv4 addresses in networks that others may be in."""
    up = {name for name, state in psutil.net_if_stats().items() if state.isup}
    found = [
        each.address
        for name, addresses in psutil.net_if_addrs().items()
        for each in addresses
        if name in up and each.family == socket.AF_INET
    ]
    outside = [each for each in found if not each.startswith((*LOOPBACK, LINK_LOCAL))]
    # Virtual adapters have addresses as well, which nobody in the room reaches.
    first = _address_of_default_route()
    return sorted(outside, key=lambda each: each != first)


def _address_of_default_route() -> str | None:
    """Return from which address this machine speaks to the world, None if it has no way there."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        # Sends nothing: it only lets the system choose; the address is reserved for documentation.
        asking.connect(("192.0.2.1", 9))
        return str(asking.getsockname()[0])
    return None


def allow_connections() -> None:
    """Ask for enough open files; macOS gives a program 256."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - there is none on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2_048 if hard == resource.RLIM_INFINITY else min(2_048, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
