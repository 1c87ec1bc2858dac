"""Carries bytes between a port and a socket file, so that a place without a network can reach one cloud.

One end runs outside and leads from the socket file to the cloud's port; the other runs inside the place and
leads from a port there to the socket file, which is all of the outside that is to be seen. One thread serves
all connections. Needs the standard library alone.
"""

from __future__ import annotations

import contextlib
import selectors
import socket

__all__ = ["BACKLOG", "Relay", "listen", "serve"]

CHUNK = 1 << 16
MOST_WAITING = 1 << 20
BACKLOG = 128


class Half:
    """One direction's end: what was read from `source` and not yet been written to `partner`."""

    def __init__(self, source: socket.socket) -> None:
        self.source = source
        self.waiting = bytearray()
        self.is_read_out = False
        self.partner: Half = self


class Relay:
    """Accepts on one socket and leads each connection to an address; thread-safe to `close`."""

    def __init__(self, listening: socket.socket, target: str | tuple[str, int]) -> None:
        self._listening = listening
        self._target = target
        self._selector = selectors.DefaultSelector()
        self._open: set[socket.socket] = set()
        self._wake_reader, self._wake_writer = socket.socketpair()
        listening.setblocking(False)
        self._selector.register(listening, selectors.EVENT_READ)
        self._selector.register(self._wake_reader, selectors.EVENT_READ)

    def serve(self) -> None:
        """Carry bytes until `close` is called."""
        while True:
            for key, events in self._selector.select():
                if key.fileobj is self._wake_reader:
                    self._end()
                    return
                if key.fileobj is self._listening:
                    self._accept()
                elif key.data.source.fileno() >= 0:  # not dropped a moment ago
                    self._carry(key.data, events)

    def close(self) -> None:
        """Make `serve` return."""
        with contextlib.suppress(OSError):
            self._wake_writer.send(b"x")

    def _accept(self) -> None:
        try:
            near, _ = self._listening.accept()
        except OSError:
            return
        far = socket.socket(socket.AF_UNIX if isinstance(self._target, str) else socket.AF_INET)
        try:
            far.connect(self._target)
        except OSError:
            near.close()
            far.close()
            return
        halves = Half(near), Half(far)
        halves[0].partner, halves[1].partner = halves[1], halves[0]
        for half in halves:
            self._open.add(half.source)
            half.source.setblocking(False)
            if half.source.family == socket.AF_INET:
                half.source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(half.source, selectors.EVENT_READ, half)

    def _carry(self, half: Half, events: int) -> None:
        try:
            if events & selectors.EVENT_WRITE and half.partner.waiting:
                sent = half.source.send(half.partner.waiting)
                del half.partner.waiting[:sent]
            if events & selectors.EVENT_READ and not half.is_read_out:
                part = half.source.recv(CHUNK)
                half.waiting += part
                half.is_read_out = not part
        except BlockingIOError:
            return
        except OSError:
            self._drop(half)
            return
        self._watch(half)
        self._watch(half.partner)

    def _watch(self, half: Half) -> None:
        """Wait for what `half` can do next; pass its partner's end on, and drop both when nothing is left."""
        if half.source.fileno() < 0:
            return
        if half.partner.is_read_out and not half.partner.waiting:
            if half.is_read_out and not half.waiting:
                self._drop(half)
                return
            with contextlib.suppress(OSError):
                half.source.shutdown(socket.SHUT_WR)
        events = 0
        if not half.is_read_out and len(half.waiting) < MOST_WAITING:
            events |= selectors.EVENT_READ
        if half.partner.waiting:
            events |= selectors.EVENT_WRITE
        self._wait_for(half, events)

    def _wait_for(self, half: Half, events: int) -> None:
        known = half.source in self._selector.get_map()
        if events and known:
            self._selector.modify(half.source, events, half)
        elif events:
            self._selector.register(half.source, events, half)
        elif known:
            self._selector.unregister(half.source)

    def _drop(self, half: Half) -> None:
        for each in (half, half.partner):
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(each.source)
            self._open.discard(each.source)
            each.source.close()
            each.is_read_out = True

    def _end(self) -> None:
        self._selector.close()
        for each in (*self._open, self._wake_reader, self._wake_writer, self._listening):
            each.close()


def listen(port: int) -> socket.socket:
    """Return a socket that listens on a port of the loopback."""
    return socket.create_server(("127.0.0.1", port), backlog=BACKLOG)


def serve(listening: socket.socket, target: str) -> None:
    """Lead every connection to a socket file, for as long as this process lives."""
    Relay(listening, target).serve()
