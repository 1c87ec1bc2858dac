"""Other processes: whether one is running, how to end one, how to start one that stays."""

import contextlib
import os
import subprocess
import sys
from typing import Any

import psutil

__all__ = ["DETACHED", "end", "is_alive"]

# The child leaves the terminal: Ctrl-C there, or closing it, does not reach it.
DETACHED: dict[str, Any]
if sys.platform == "win32":
    DETACHED = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
else:
    DETACHED = {"start_new_session": True}


def end(pid: int, *, forcibly: bool = False) -> None:
    """Ask a process to end, or end it; returns at once, and a process that is gone is no error."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        if forcibly:
            process.kill()
        else:
            process.terminate()


def is_alive(pid: int) -> bool:
    """Return whether a process with this id is running; a child that has ended is collected first."""
    if sys.platform != "win32":
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    try:
        # A zombie has ended, and waits for a parent that does not ask.
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True
