"""One board for a file, one hub for a folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from workshop.errors import ConfigurationError

__all__ = ["only_one"]


@contextmanager
def only_one(place: Path, what: str) -> Iterator[None]:
    """Hold the lock beside a file, or of a folder, which ends with this process.

    Raises:
        ConfigurationError: another process holds it; `what` says which kind.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{place}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ConfigurationError(
            f"a {what} is running on `{place}`; stop it first, or name another place with `--data`"
        ) from error
    try:
        yield
    finally:
        lock.release()
