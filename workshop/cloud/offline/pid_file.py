"""The note that a running offline cloud leaves in `WORKSHOP_HOME`: where it answers and which process it is.

All commands and notebooks of one home find their cloud by it. The process holds a lock of the operating
system beside it, which ends with the process however that ends: so a note that was left behind by a crash
is told from one that counts, and nobody takes another process for the cloud because it got the same number.
"""

import contextlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from filelock import FileLock

from workshop.settings import home_folder

__all__ = ["PidFile", "kept_path", "log_path", "pid_path"]

# `is_held` holds the lock for a moment.
LOCK_SECONDS = 1.0


def pid_path() -> Path:
    """Return where the pid file lies."""
    return home_folder() / "cloud.pid"


def log_path() -> Path:
    """Return where a cloud in the background writes its log."""
    return home_folder() / "cloud.log"


def kept_path() -> Path:
    """Return where a cloud of this home keeps its state."""
    return home_folder() / "cloud.state"


def _lock() -> FileLock:
    # Not a soft lock where the file system has none: that would survive a crash of its holder.
    return FileLock(home_folder() / "cloud.lock", mode=0o600, fallback_to_soft=False)


@dataclass(frozen=True)
class PidFile:
    """What the file says."""

    pid: int
    url: str

    @classmethod
    def read(cls) -> Self | None:
        """Return the content; None if there is no file or it says nothing useful."""
        try:
            document = json.loads(pid_path().read_text(encoding="utf-8"))
            return cls(pid=int(document["pid"]), url=str(document["url"]))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    @staticmethod
    def is_held() -> bool:
        """Return whether the process that wrote the file is alive."""
        lock = _lock()
        try:
            lock.acquire(blocking=False)
        except OSError:  # filelock's Timeout is one
            return True
        lock.release()
        return False

    @classmethod
    @contextmanager
    def written(cls, url: str) -> Iterator[Path | None]:
        """Have the file name this process inside the block; yields its path.

        Nothing is written, and None yielded, while it names another cloud that is alive.
        """
        lock = _lock()
        try:
            lock.acquire(LOCK_SECONDS)
        except OSError:  # filelock's Timeout is one
            yield None
            return
        mine = cls(pid=os.getpid(), url=url)
        path = pid_path()
        draft = path.with_suffix(f".{mine.pid}")
        draft.write_text(json.dumps(asdict(mine)) + "\n", encoding="utf-8")
        draft.replace(path)
        try:
            yield path
        finally:
            cls.remove()
            lock.release()

    @staticmethod
    def remove() -> None:
        """Remove the file, if it is there."""
        with contextlib.suppress(FileNotFoundError):
            pid_path().unlink()
