"""Carries bytes between a TCP port and a socket file, so that a sandbox without a network reaches one cloud.

Outside, the relay leads from the socket file to the cloud's port; inside, from a port of the loopback to the
socket file, which is all that the sandbox sees of the outside. It copies bytes and reads nothing into them.
Inside it runs under `python -I -S`, before site-packages are found, so it imports the standard library alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket

__all__ = ["BACKLOG", "Relay"]

CHUNK_BYTES = 1 << 16
BACKLOG = 128


class Relay:
    """Connects everyone who connects to `listening` with `target`: a socket file, or a host and a port.

    A connection whose target does not answer is closed. `listening` belongs to the relay from now on.
    """

    def __init__(self, listening: socket.socket, target: str | tuple[str, int]) -> None:
        self._listening = listening
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()

    def serve(self) -> None:
        """Carry bytes until `close` is called; blocks, so it runs in a thread of its own."""
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    def close(self) -> None:
        """Make `serve` return, and end all connections; thread-safe, and may be repeated."""
        with contextlib.suppress(RuntimeError):  # the loop has ended already
            self._loop.call_soon_threadsafe(self._closing.set)

    async def _serve(self) -> None:
        start = (
            asyncio.start_unix_server if self._listening.family == socket.AF_UNIX else asyncio.start_server
        )
        server = await start(self._connect, sock=self._listening, backlog=BACKLOG)
        # Waiting for the server to close would wait for connections that nobody ends; the runner cancels
        # them.
        await self._closing.wait()
        server.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            try:
                far_reader, far_writer = await self._open_target()
            except OSError:
                return
            # A reset in one direction cancels the other: half a connection would keep its client waiting.
            with contextlib.closing(far_writer), contextlib.suppress(ExceptionGroup):
                async with asyncio.TaskGroup() as directions:
                    directions.create_task(_copy(reader, far_writer))
                    directions.create_task(_copy(far_reader, writer))

    async def _open_target(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._target, str):
            return await asyncio.open_unix_connection(self._target)
        return await asyncio.open_connection(*self._target)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until the end of `reader`, and pass that end on; the other direction may go on."""
    while part := await reader.read(CHUNK_BYTES):
        writer.write(part)
        await writer.drain()  # a peer that does not read must not fill our memory
    writer.write_eof()
