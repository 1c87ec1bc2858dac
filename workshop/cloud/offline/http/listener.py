"""HTTP/1.1 on a socket: reads calls, has them answered, writes the answers. Independent of AWS.

One thread per connection; connections stay open, as clients of AWS expect. A call is read completely before
it is answered and an answer is complete before it is written, so nobody holds a lock while waiting for a
socket.
"""

import contextlib
import logging
import os
import socket
import socketserver
import threading
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from io import BufferedIOBase

from workshop.cloud.offline.http.calls import Answer, Call, Headers
from workshop.errors import ListenError, PortInUseError
from workshop.settings import DEFAULT_HOST

__all__ = ["Listener", "endpoint", "is_free"]

LINE_LIMIT = 65_536
HEADER_LIMIT = 200
# How long calls that are under way are waited for when the listener stops: a process that ends while one of
# its threads is inside a library in Rust is aborted.
CALL_GRACE_SECONDS = 2.0
# How often an idle listener wakes up; a connection wakes it at once.
POLL_SECONDS = 0.5
ALREADY_BOUND = {48, 98, 10013, 10048}  # EADDRINUSE on macOS, Linux; WSAEACCES, WSAEADDRINUSE on Windows
# No such address or right; a port beyond 65,535; a name that cannot be encoded.
NOT_THERE = (OSError, OverflowError, UnicodeError)
ANY_ADDRESS = ("0.0.0.0", "::", "")
BODILESS = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}

log = logging.getLogger(__name__)


class MalformedCallError(Exception):
    """The bytes on the socket are not an HTTP request."""


def endpoint(host: str, port: int) -> str:
    """Return the URL under which clients on this machine reach a listener."""
    reached = DEFAULT_HOST if host in ANY_ADDRESS else host
    return f"http://[{reached}]:{port}" if ":" in reached else f"http://{reached}:{port}"


def is_free(host: str, port: int) -> bool:
    """Return whether a listener could be opened there now.

    Raises:
        ListenError: nobody may listen there.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except NOT_THERE as error:
        if getattr(error, "errno", None) in ALREADY_BOUND:
            return False
        raise ListenError(host, port, error) from error
    return True


class Listener:
    """Serves on `host` and `port` (0: any free one) until it is stopped; thread-safe."""

    def __init__(self, host: str, port: int, answer: Callable[[Call], Answer]) -> None:
        self.host = host
        self._answer = answer
        try:
            self._server = _Server((host, port), self._serve)
        except NOT_THERE as error:
            if getattr(error, "errno", None) in ALREADY_BOUND:
                raise PortInUseError(host, port) from error
            raise ListenError(host, port, error) from error
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": POLL_SECONDS},
            name="listener",
            daemon=True,
        )

    def start(self) -> None:
        """Accept connections in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Accept no more connections, close the open ones, and wait a moment for calls that are under way."""
        # It looks whether it is to end after each connection, so it gets one.
        ending = threading.Thread(target=self._server.shutdown, name="listener-end", daemon=True)
        ending.start()
        with contextlib.suppress(OSError):
            socket.create_connection(self._server.socket.getsockname()[:2], POLL_SECONDS).close()
        ending.join()
        self._thread.join()
        self._server.server_close()
        self._server.close_connections(CALL_GRACE_SECONDS)

    def _serve(self, reader: BufferedIOBase, connection: socket.socket) -> None:
        while (call := _read_call(reader, connection)) is not None:
            answer = self._answer(call)
            keep_open = call.headers.get("connection", "").lower() != "close"
            connection.sendall(_render(answer, call=call, keep_open=keep_open))
            if not keep_open:
                return


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    # On Windows the same option would let two servers share a port.
    allow_reuse_address = os.name != "nt"

    def __init__(
        self, address: tuple[str, int], serve: Callable[[BufferedIOBase, socket.socket], None]
    ) -> None:
        self.serve = serve
        self._open: set[socket.socket] = set()
        self._guard = threading.Condition()
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Connection)

    def opened(self, connection: socket.socket) -> None:
        with self._guard:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._guard:
            self._open.discard(connection)
            self._guard.notify_all()

    def close_connections(self, grace_seconds: float) -> None:
        with self._guard:
            connections = list(self._open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                log.debug("a connection was closed by its client at the same moment")
        with self._guard:
            self._guard.wait_for(lambda: not self._open, grace_seconds)


class _Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    server: _Server

    def handle(self) -> None:
        self.server.opened(self.request)
        try:
            self.server.serve(self.rfile, self.request)
        except MalformedCallError as error:
            log.debug("a malformed request: %s", error)
        except OSError:
            log.debug("a client closed its connection")
        finally:
            self.server.closed(self.request)


def _read_call(reader: BufferedIOBase, connection: socket.socket) -> Call | None:
    line = reader.readline(LINE_LIMIT)
    while line in (b"\r\n", b"\n"):  # some clients send an empty line after a body
        line = reader.readline(LINE_LIMIT)
    if not line:
        return None
    words = line.decode("latin-1").split()
    if len(words) != len(("method", "target", "version")) or not words[2].startswith("HTTP/1."):
        raise MalformedCallError(repr(line[:80]))
    pairs = _read_headers(reader)
    if words[2] == "HTTP/1.0":
        pairs.append(("Connection", "close"))
    headers = Headers(pairs)
    if headers.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = _read_chunks(reader)
        pairs = [(name, value) for name, value in pairs if name.lower() != "transfer-encoding"]
        headers = Headers([*pairs, ("Content-Length", str(len(body)))])
    else:
        body = _read_exactly(reader, _length(headers.get("content-length", "0")))
    return Call(method=words[0], target=words[1], headers=headers, body=body)


def _read_headers(reader: BufferedIOBase) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    while (line := reader.readline(LINE_LIMIT)) not in (b"\r\n", b"\n"):
        name, colon, value = line.decode("latin-1").partition(":")
        # A blank before the colon, or a line that goes on, would hide a header from whoever looks for it.
        if not colon or name != name.strip() or len(pairs) == HEADER_LIMIT:
            raise MalformedCallError(repr(line[:80]))
        pairs.append((name, value.strip()))
    return pairs


def _read_chunks(reader: BufferedIOBase) -> bytes:
    chunks = []
    while length := _length(reader.readline(LINE_LIMIT).partition(b";")[0].strip().decode("latin-1"), 16):
        chunks.append(_read_exactly(reader, length))
        reader.readline(LINE_LIMIT)
    while reader.readline(LINE_LIMIT).strip():
        pass  # trailers; S3 clients send checksums there, which moto does not check
    return b"".join(chunks)


def _length(text: str, base: int = 10) -> int:
    try:
        length = int(text, base)
    except ValueError as error:
        raise MalformedCallError(f"a length of {text!r}") from error
    if length < 0:
        raise MalformedCallError(f"a length of {text!r}")
    return length


def _read_exactly(reader: BufferedIOBase, length: int) -> bytes:
    body = reader.read(length)
    if len(body) < length:
        raise MalformedCallError("the body ended early")
    return body


def _render(answer: Answer, *, call: Call, keep_open: bool) -> bytes:
    present = {name.lower() for name, _ in answer.headers}
    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = [f"HTTP/1.1 {answer.status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    if "date" not in present:
        lines.append(f"Date: {formatdate(usegmt=True)}")
    if "content-length" not in present and answer.status not in BODILESS:
        lines.append(f"Content-Length: {len(answer.body)}")
    if not keep_open:
        lines.append("Connection: close")
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
    return head if call.method == "HEAD" or answer.status in BODILESS else head + answer.body
