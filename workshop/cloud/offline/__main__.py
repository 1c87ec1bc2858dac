"""Run the offline cloud in this process: ``python -m workshop.cloud.offline --port 4566``.

`workshop cloud start` and the temporary clouds of demo and tests start it so.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from workshop.cloud.offline.guard import NO_GUARD, Guard
from workshop.cloud.offline.serving import configure_logging, serve
from workshop.cloud.privacy import keep_to_oneself
from workshop.errors import WorkshopError
from workshop.settings import DEFAULT_HOST, DEFAULT_PORT

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m workshop.cloud.offline", description="Run the offline cloud in this process."
    )
    parser.add_argument("--host", default=DEFAULT_HOST)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes any free port")
    parser.add_argument("--ephemeral", action="store_true", help="end with the parent process")
    parser.add_argument("--kept", type=Path, help="with --ephemeral: keep the state in this file")
    parser.add_argument("--guarded", action="store_true", help="read a token and a launcher from stdin")
    parser.add_argument("--stream-memory-mb", type=int, help="the most that records take in memory")
    parser.add_argument("--verbose", action="store_true", help="log each call")
    options = parser.parse_args(arguments)
    configure_logging(verbose=options.verbose)
    try:
        if options.guarded:
            keep_to_oneself()
        guard = _read_guard() if options.guarded else NO_GUARD
        serve(
            options.host,
            options.port,
            ephemeral=options.ephemeral,
            guard=guard,
            kept=options.kept,
            stream_memory_mb=options.stream_memory_mb,
        )
    except WorkshopError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _read_guard() -> Guard:
    """Take the guard from the first line of stdin: arguments and variables could be read by others."""
    # Byte by byte: what reads stdin later must not find it read ahead.
    line = bytearray()
    while not line.endswith(b"\n") and (byte := os.read(sys.stdin.fileno(), 1)):
        line += byte
    document = json.loads(line)
    return Guard(document["token"], tuple(document["launcher"]))


if __name__ == "__main__":
    sys.exit(main())
