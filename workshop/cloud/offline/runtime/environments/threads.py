"""Threads of the runtime: the engine's, and the readers of what execution environments write.

All are daemons, so that none of them keeps a stopping process alive. Windows cannot wait for several pipes
at once, therefore each pipe has a reader of its own.
"""

import contextlib
import logging
import queue
import threading
from collections.abc import Callable

__all__ = ["WorkerPool", "start_thread"]

LOGGER = logging.getLogger(__name__)

Job = Callable[[], None]


def start_thread(run: Job, name: str) -> threading.Thread:
    """Start a daemon thread and return it."""
    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread


class WorkerPool:
    """Runs jobs on up to `size` threads, started as they are needed. Thread-safe."""

    def __init__(self, size: int, name: str) -> None:
        self._size = size
        self._name = name
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._unfinished = 0
        self._lock = threading.Lock()

    def submit(self, job: Job) -> None:
        """Run the job as soon as a thread is free; returns at once."""
        with self._lock:
            self._unfinished += 1
            # A thread that has taken a job is not free, whatever it has got round to: jobs are counted.
            if len(self._threads) < min(self._unfinished, self._size):
                self._threads.append(start_thread(self._work, f"{self._name}-{len(self._threads)}"))
        self._jobs.put(job)

    @property
    def is_crowded(self) -> bool:
        """Whether a job waits for a thread."""
        with self._lock:
            return self._unfinished > self._size

    def stop(self, timeout_seconds: float) -> None:
        """Let running jobs finish, at most for the given time each; jobs that wait are dropped."""
        with contextlib.suppress(queue.Empty):
            while True:  # a thread may take the last one meanwhile, so nobody waits for it here
                self._jobs.get_nowait()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join(timeout_seconds)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except Exception:  # a failing job must not take the thread, and with it all other work, along
                LOGGER.exception("a job of the Lambda runtime failed")
            with self._lock:
                self._unfinished -= 1
