"""One process at a time: a lock on a file, which is free as soon as its holder is gone, however that ends."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workshop.clock import SystemClock, stopwatch
from workshop.cloud.offline.processes import FileLock
from workshop.errors import ConfigurationError

__all__ = ["one_at_a_time"]

PAUSE_SECONDS = 0.05
PATIENCE_SECONDS = 3.0
MOST_SECONDS = 300.0


@contextmanager
def one_at_a_time(path: Path, *, occupied: str) -> Iterator[None]:
    """Hold the lock on a file inside the block, and wait for whoever holds it; also among threads.

    After some seconds, standard error hears what is `occupied`.

    Raises:
        ConfigurationError: nobody let it go for minutes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock, started, is_told = FileLock(path), stopwatch(), False
    while not lock.acquire():
        waited = stopwatch() - started
        if waited > MOST_SECONDS:
            raise ConfigurationError(f"{occupied}; it did not end in {MOST_SECONDS:.0f} s; end it first")
        if waited > PATIENCE_SECONDS and not is_told:
            print(f"{occupied}; waiting for it to end", file=sys.stderr, flush=True)
            is_told = True
        SystemClock().sleep(PAUSE_SECONDS)
    try:
        yield
    finally:
        lock.release()
