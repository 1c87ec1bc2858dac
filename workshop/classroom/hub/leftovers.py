"""What a hub leaves running if it is ended hard: itself, its proxy, which keeps the port, and seats."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil

__all__ = ["end_leftovers"]

STOP_SECONDS = 20.0
# Of the hub, of its proxy and of a seat, in their commands; all of them run inside of the hub's folder.
MARKS = ("hub/configuration.py", "configurable-http-proxy", "workshop.classroom.hub.seat")


def end_leftovers(folder: Path) -> int:
    """End what an earlier hub of this folder has left running; return how many processes that were.

    Call it only if no hub of this folder runs. Waits for some seconds at most.
    """
    left = list(_leftovers(folder))
    for each in left:
        # As Ctrl-C: a seat then ends its cloud as well.
        _signal(each, signal.SIGINT)
    for each in psutil.wait_procs(left, STOP_SECONDS)[1]:
        _signal(each, signal.SIGTERM)
    for each in psutil.wait_procs(left, STOP_SECONDS)[1]:
        _signal(each, signal.SIGKILL)
    (folder / "proxy.pid").unlink(missing_ok=True)
    return len(left)


def _leftovers(folder: Path) -> Iterator[psutil.Process]:
    place = os.path.realpath(folder)
    for each in psutil.process_iter(["cwd", "cmdline"]):
        words = " ".join(each.info["cmdline"] or ())
        if Path(each.info["cwd"] or os.sep).is_relative_to(place) and any(mark in words for mark in MARKS):
            yield each


def _signal(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
