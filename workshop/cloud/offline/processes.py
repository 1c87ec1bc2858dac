"""Other processes: whether one is alive, how to end one, how to start one that outlives its parent."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

__all__ = ["DETACHED", "end", "is_alive"]

# The child leaves the terminal: Ctrl-C there, or closing it, does not reach it.
DETACHED: dict[str, Any]
if sys.platform == "win32":
    DETACHED = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
else:
    DETACHED = {"start_new_session": True}


def end(pid: int, *, forcibly: bool = False) -> None:
    """Ask a process to end, or end it; a process that is gone is no error."""
    kind = signal.SIGTERM if sys.platform == "win32" or not forcibly else signal.SIGKILL
    try:
        os.kill(pid, kind)
    except (ProcessLookupError, PermissionError):
        return


if sys.platform == "win32":
    import ctypes

    _SYNCHRONIZE = 0x00100000
    _STILL_RUNNING = 0x00000102

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
