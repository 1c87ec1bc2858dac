"""The one lock of the offline cloud.

moto's backends are global to the process and lose acknowledged writes when two threads are inside them.
Everything that touches a backend holds `LOCK`, and releases it while it waits or runs a function.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

__all__ = ["LOCK", "DispatchLock"]


class DispatchLock:
    """A re-entrant lock that its holder can give up completely, whatever the depth, and take back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner: int | None = None
        self._depth = 0
        # Called by whoever held the lock when it is about to become free.
        self.before_free: Callable[[], None] | None = None

    @property
    def held(self) -> bool:
        """Whether the calling thread holds the lock."""
        return self._owner == threading.get_ident()

    def acquire(self) -> None:
        """Block until the calling thread holds the lock, or go one level deeper if it already does."""
        if not self.held:
            self._lock.acquire()
            self._owner = threading.get_ident()
        self._depth += 1

    def release(self) -> None:
        """Leave one level; the lock is free after the outermost.

        Raises:
            RuntimeError: the calling thread does not hold the lock.
        """
        if not self.held:
            raise RuntimeError(
                "the lock of the offline cloud is not held by this thread, so it cannot be released"
            )
        try:
            if self._depth == 1 and self.before_free is not None:
                self.before_free()
        finally:
            self._depth -= 1
            if self._depth == 0:
                self._owner = None
                self._lock.release()

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    @contextmanager
    def released(self) -> Iterator[None]:
        """Be without the lock inside the block, then hold it at the old depth again.

        A thread that does not hold the lock may use it too; nothing happens then.
        What was read from a backend before the block may have changed after it.
        """
        depth = self._depth if self.held else 0
        for _ in range(depth):
            self.release()
        try:
            yield
        finally:
            for _ in range(depth):
                self.acquire()


LOCK = DispatchLock()
