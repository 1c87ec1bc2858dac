"""The offline cloud as the work of this process: serve until told to stop, then clean up."""

import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from workshop import settings
from workshop.cloud.offline import garbage
from workshop.cloud.offline.guard import NO_GUARD, Guard, connect_to_nothing
from workshop.cloud.offline.pid_file import PidFile, kept_path
from workshop.cloud.users_settings import forget_the_user

if TYPE_CHECKING:
    from workshop.cloud.offline.server import OfflineCloud

__all__ = ["configure_logging", "serve"]

BYTES_OF_A_MB = 1_000_000


def configure_logging(*, verbose: bool) -> None:
    """Log to stderr: what goes wrong, and with `verbose` a line for each call."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("workshop").setLevel(logging.DEBUG if verbose else logging.INFO)


def serve(  # noqa: PLR0913 - all that a cloud can be told
    host: str,
    port: int,
    *,
    ephemeral: bool = False,
    announce: Callable[[str, Path | None], None] | None = None,
    guard: Guard = NO_GUARD,
    kept: Path | None = None,
    stream_memory_mb: int | None = None,
) -> None:
    """Serve until Ctrl-C, SIGTERM or a shutdown call.

    `announce` gets the URL and the pid file, which is None if another cloud has one already.
    An ephemeral cloud writes no pid file, prints its URL as its first line, and ends when its standard
    input is closed, which happens at the latest when its parent dies; it keeps its state in the file `kept`
    alone, other clouds in that of their home. `stream_memory_mb` is the most that records take in memory.

    Raises:
        PortInUseError: something else listens there.
        ConfigurationError: `WORKSHOP_STREAM_MEMORY_MB` is no number of megabytes.
    """
    stream_memory = settings.stream_memory_mb(stream_memory_mb) * BYTES_OF_A_MB
    _prepare()
    # Loads moto, so not before it is needed.
    from workshop.cloud.offline.server import OfflineCloud  # noqa: PLC0415

    state = kept if ephemeral else kept_path()
    cloud = OfflineCloud(host, port, guard=guard, kept=state, stream_memory=stream_memory)
    if guard.token is not None:
        connect_to_nothing()
    with contextlib.ExitStack() as stack:
        _run(stack, cloud)
        if ephemeral:
            print(cloud.url, flush=True)
            threading.Thread(target=_stop_with_parent, args=(cloud.request_stop,), daemon=True).start()
        else:
            pid_file = stack.enter_context(PidFile.written(cloud.url))
            if announce is not None:
                announce(cloud.url, pid_file)
        cloud.wait()


def _run(stack: contextlib.ExitStack, cloud: "OfflineCloud") -> None:
    """Start the cloud, and stop it at the end, however that comes."""
    with contextlib.suppress(ValueError):  # only the main thread may choose what signals do
        signal.signal(signal.SIGTERM, lambda *_: cloud.request_stop())
    stack.enter_context(contextlib.suppress(KeyboardInterrupt))  # whenever it comes, all is cleaned up
    stack.enter_context(cloud)


def _prepare() -> None:
    """Make this process a cloud's, before anything is loaded."""
    forget_the_user()
    garbage.begin()


def _stop_with_parent(stop: Callable[[], None]) -> None:
    # Past Python's buffer, whose lock a thread that waits for input would hold when the process ends.
    while os.read(sys.stdin.fileno(), 1024):
        pass
    stop()
