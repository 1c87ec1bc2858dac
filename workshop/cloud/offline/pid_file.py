"""The note that a running offline cloud leaves in `WORKSHOP_HOME`: where it answers and which process it is.

All commands and notebooks of one home find their cloud by it. It is removed when the cloud stops; one that
is left behind belongs to a cloud that crashed.
"""

import contextlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from workshop.cloud.offline.processes import is_alive
from workshop.settings import home_folder

__all__ = ["PidFile", "log_path", "pid_path"]


def pid_path() -> Path:
    """Return where the pid file lies."""
    return home_folder() / "cloud.pid"


def log_path() -> Path:
    """Return where a cloud in the background writes its log."""
    return home_folder() / "cloud.log"


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

    @classmethod
    @contextmanager
    def written(cls, url: str) -> Iterator[Path | None]:
        """Have the file name this process inside the block; yields its path.

        Nothing is written, and None yielded, while the file names another process that is alive.
        """
        known = cls.read()
        if known is not None and known.pid != os.getpid() and is_alive(known.pid):
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
            if cls.read() == mine:
                cls.remove()

    @staticmethod
    def remove() -> None:
        """Remove the file, if it is there."""
        with contextlib.suppress(FileNotFoundError):
            pid_path().unlink()
