"""Small files that a kernel and a terminal share: replaced as a whole, read and changed by one at a time.

On Windows a file that somebody has open can be neither replaced nor, at times, read; that is over in a
moment, so it is tried again.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from workshop.clock import SystemClock

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["locked", "patiently", "write_whole"]

# Together two thirds of a second.
PAUSES_SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32)
# Whoever holds the lock for longer hangs; working without it is better than waiting for them.
LONGEST_LOCK_SECONDS = 10.0
HELD_BY_OTHERS = {errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK}
T = TypeVar("T")


def patiently(step: Callable[[], T]) -> T:
    """Do something with a file; if the system refuses, again after a moment, and at last let it raise.

    Raises:
        OSError: it is refused for good; a file that is not there is not waited for.
    """
    for pause in PAUSES_SECONDS:
        try:
            return step()
        except FileNotFoundError:
            raise
        except OSError:
            SystemClock().sleep(pause)
    return step()


def write_whole(file: Path, text: str) -> None:
    """Replace a file, so that a reader sees it as it was or as it is, and never half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.stem}-{os.getpid()}-{uuid.uuid4().hex[:8]}.draft")
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        patiently(lambda: draft.replace(file))
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(file: Path) -> Iterator[None]:
    """Keep other threads and processes that ask for the same lock file out; not to be nested.

    Where files cannot be locked, or the lock is never given back, the work is done without.
    """
    with contextlib.ExitStack() as stack:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            handle = stack.enter_context(file.open("ab"))
        except OSError:
            handle = None  # for example a folder that may only be read
        is_held = handle is not None and _taken(handle.fileno())
        try:
            yield
        finally:
            if handle is not None and is_held:
                _release(handle.fileno())


def _taken(descriptor: int) -> bool:
    clock, waited = SystemClock(), 0.0
    while waited < LONGEST_LOCK_SECONDS:
        try:
            _acquire(descriptor)
        except OSError as error:
            if error.errno not in HELD_BY_OTHERS:
                return False
        else:
            return True
        clock.sleep(0.02)
        waited += 0.02
    return False


# Each opening of the file has a lock of its own, so threads of one process keep each other out as well.
if sys.platform == "win32":
    import msvcrt

    def _acquire(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _release(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _acquire(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _release(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
