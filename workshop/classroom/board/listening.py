"""The board's socket, with a bound on connections: a thousand that say nothing keep nobody out.

Whoever connects is let in. If that makes too many, the connection goes that has been silent for longest among
those of the address that has most; an honest client connects again.
"""

import socket
from collections import Counter, OrderedDict
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream
from tornado.web import Application

from workshop.classroom.protocol import LARGEST_BODY_BYTES

__all__ = ["BoundedServer", "listen"]

HEADER_SECONDS = 15.0
BODY_SECONDS = 10.0
LARGEST_HEADER_BYTES = 16 * 1024
BACKLOG = 512
# Windows waits for 512 at most.
MOST_CONNECTIONS = 450


class BoundedServer(HTTPServer):
    """An HTTP server that holds `most` connections."""

    def initialize(self, application: Application, most: int = MOST_CONNECTIONS) -> None:  # type: ignore[override]
        """Set the limits of every connection; called by Tornado."""
        super().initialize(
            application,
            idle_connection_timeout=HEADER_SECONDS,
            body_timeout=BODY_SECONDS,
            # What is a little larger gets an answer, what is much larger is cut off.
            max_body_size=2 * LARGEST_BODY_BYTES,
            max_header_size=LARGEST_HEADER_BYTES,
            max_buffer_size=4 * LARGEST_BODY_BYTES,
        )
        self._most = most
        self._open: OrderedDict[IOStream, str] = OrderedDict()

    @property
    def connection_count(self) -> int:
        """How many connections are open."""
        self._sweep()
        return len(self._open)

    def handle_stream(self, stream: IOStream, address: Any) -> None:
        """Let somebody in, and somebody else go if that makes too many."""
        self._open[stream] = str(address[0])
        if len(self._open) > self._most:
            self._sweep()
        if len(self._open) > self._most:
            most = Counter(self._open.values()).most_common(1)[0][0]
            oldest = next(each for each, where in self._open.items() if where == most)
            del self._open[oldest]
            oldest.close()
        super().handle_stream(stream, address)

    def touch(self, stream: object) -> None:
        """Note that a connection has brought a whole request."""
        if stream in self._open:
            self._open.move_to_end(stream)  # type: ignore[arg-type]

    def _sweep(self) -> None:
        for stream in [each for each in self._open if each.closed()]:
            del self._open[stream]


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on a port of an address.

    Raises:
        OSError: somebody else does, or the machine does not let anybody.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    listener.setblocking(False)
    return listener
