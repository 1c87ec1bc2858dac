"""Other processes: whether one is alive, how to end one, how to start one that stays, a lock between them."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

__all__ = ["DETACHED", "FileLock", "end", "is_alive"]

# The child leaves the terminal: Ctrl-C there, or closing it, does not reach it.
DETACHED: dict[str, Any]
if sys.platform == "win32":
    DETACHED = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
else:
    DETACHED = {"start_new_session": True}


class FileLock:
    """A lock of the operating system on a file: held by one process, free as soon as that process is gone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock if it is free, and return whether this object holds it now."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(descriptor)
        except OSError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let it go; closing the file does so on every system."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def end(pid: int, *, forcibly: bool = False) -> None:
    """Ask a process to end, or end it; a process that is gone is no error."""
    kind = signal.SIGTERM if sys.platform == "win32" or not forcibly else signal.SIGKILL
    try:
        os.kill(pid, kind)
    except (ProcessLookupError, PermissionError):
        return


if sys.platform == "win32":
    import ctypes
    import msvcrt

    _SYNCHRONIZE = 0x00100000
    _STILL_RUNNING = 0x00000102

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def is_alive(pid: int) -> bool:
        """Return whether a process with this id is running."""
        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(_SYNCHRONIZE, False, pid)
        if not handle:
            return False
        try:
            return bool(kernel.WaitForSingleObject(handle, 0) == _STILL_RUNNING)
        finally:
            kernel.CloseHandle(handle)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def is_alive(pid: int) -> bool:
        """Return whether a process with this id is running; a child that has ended is collected first."""
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return not _is_zombie(pid)

    def _is_zombie(pid: int) -> bool:
        """Return whether the process has ended and waits for a parent that does not ask."""
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            return False
        return state.rpartition(")")[2].split()[0] == "Z"
