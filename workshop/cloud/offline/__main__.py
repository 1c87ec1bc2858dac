"""Run the offline cloud in this process: ``python -m workshop.cloud.offline --port 4566``.

The commands `workshop cloud run` and `start` and the temporary clouds of demo and tests come here.
"""

import argparse
import contextlib
import logging
import signal
import sys
import threading
from collections.abc import Callable, Sequence

from workshop.cloud.offline.pid_file import PidFile
from workshop.errors import WorkshopError
from workshop.settings import DEFAULT_HOST, DEFAULT_PORT

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; return the exit code."""
    options = _options(arguments)
    level = logging.DEBUG if options.verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    if not options.verbose:
        logging.getLogger("workshop").setLevel(logging.INFO)
    try:
        return serve(options.host, options.port, ephemeral=options.ephemeral)
    except WorkshopError as error:
        print(error, file=sys.stderr)
        return 1


def serve(host: str, port: int, *, ephemeral: bool) -> int:
    """Serve until told to stop.

    An ephemeral cloud writes no pid file, prints its URL as its first line, and ends when its standard
    input is closed, which happens at the latest when its parent dies.
    """
    # Imported here, since it loads moto: a port in use or a wrong option is told at once.
    from workshop.cloud.offline.server import OfflineCloud  # noqa: PLC0415

    cloud = OfflineCloud(host, port)
    with contextlib.suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGTERM, lambda *_: cloud.request_stop())
    with cloud, contextlib.ExitStack() as stack:
        if ephemeral:
            print(cloud.url, flush=True)
            threading.Thread(target=_stop_with_parent, args=(cloud.request_stop,), daemon=True).start()
        else:
            stack.enter_context(PidFile.written(cloud.url))
        with contextlib.suppress(KeyboardInterrupt):
            cloud.wait()
    return 0


def _stop_with_parent(stop: Callable[[], None]) -> None:
    while sys.stdin.buffer.read(1024):
        pass
    stop()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m workshop.cloud.offline", description="Run the offline cloud in this process."
    )
    parser.add_argument("--host", default=DEFAULT_HOST)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes any free port")
    parser.add_argument("--ephemeral", action="store_true", help="end with the parent process")
    parser.add_argument("--verbose", action="store_true", help="log each call")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
