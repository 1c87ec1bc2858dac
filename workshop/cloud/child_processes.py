"""Processes that this one has started: how one of them is ended, asked first."""

import subprocess
from typing import Any

__all__ = ["end_child"]


def end_child(process: "subprocess.Popen[Any]", seconds: float) -> None:
    """Ask a child to end, and end it if it has not after so many seconds; returns when it is gone."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
