"""Processes that this one has started: how one of them is ended, asked first, and how those of a pool are."""

import subprocess
from concurrent.futures import ProcessPoolExecutor
from typing import Any

__all__ = ["end_child", "kill_workers"]


def end_child(process: "subprocess.Popen[Any]", seconds: float) -> None:
    """Ask a child to end, and end it if it has not after so many seconds; returns when it is gone."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def kill_workers(pool: ProcessPoolExecutor) -> None:
    """Kill the workers of a pool, as its own `kill_workers` does from Python 3.14 on."""
    for worker in [*(pool._processes or {}).values()]:  # noqa: SLF001 # other children are somebody else's
        worker.kill()
