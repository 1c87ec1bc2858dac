"""One process at a time: a lock on a file, which is free as soon as its holder is gone, however that ends."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from workshop.errors import ConfigurationError

__all__ = ["one_at_a_time"]

PAUSE_SECONDS = 0.05
PATIENCE_SECONDS = 3.0
MOST_SECONDS = 300.0


@contextmanager
def one_at_a_time(path: Path, *, occupied: str) -> Iterator[None]:
    """Hold the lock on a file inside the block; blocks while another process, or another thread, holds it.

    After some seconds, standard error hears what is `occupied`.

    Raises:
        ConfigurationError: nobody let it go for minutes, or the file cannot be locked.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not a soft lock where the file system has none: that would survive a crash of its holder.
    lock = FileLock(path, mode=0o600, fallback_to_soft=False)
    try:
        try:
            lock.acquire(min(PATIENCE_SECONDS, MOST_SECONDS), PAUSE_SECONDS)
        except Timeout:
            print(f"{occupied}; waiting for it to end", file=sys.stderr, flush=True)
            lock.acquire(MOST_SECONDS, PAUSE_SECONDS)
    except Timeout:
        text = f"{occupied}; it did not end in {MOST_SECONDS:.0f} s; end it first"
        raise ConfigurationError(text) from None
    except OSError as error:
        raise ConfigurationError(f"`{path}` cannot be locked: {error}") from error
    try:
        yield
    finally:
        lock.release()
