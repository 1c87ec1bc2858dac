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

from workshop.clock import SystemClock
from workshop.cloud.offline.processes import FileLock
from workshop.settings import home_folder

__all__ = ["PidFile", "log_path", "pid_path"]

# Whoever asks whether the lock is held holds it for a moment.
LOCK_ATTEMPTS = 20
LOCK_PAUSE_SECONDS = 0.05


def pid_path() -> Path:
    """Return where the pid file lies."""
    return home_folder() / "cloud.pid"


def log_path() -> Path:
    """Return where a cloud in the background writes its log."""
    return home_folder() / "cloud.log"


def _lock() -> FileLock:
    return FileLock(home_folder() / "cloud.lock")


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
        if not lock.acquire():
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
        if not _acquired(lock):
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


def _acquired(lock: FileLock) -> bool:
    for _ in range(LOCK_ATTEMPTS):
        if lock.acquire():
            return True
        SystemClock().sleep(LOCK_PAUSE_SECONDS)
    return False
