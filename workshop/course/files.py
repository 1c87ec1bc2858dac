"""Small files that a kernel and a terminal share: replaced as a whole, read and changed by one at a time.

On Windows a file that somebody has open can be neither replaced nor, at times, read; that is over in a
moment, so it is tried again.
"""

from __future__ import annotations

import contextlib
import errno
import os
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from filelock import FileLock

from workshop.clock import SystemClock

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["advice_on_file", "locked", "patiently", "saved_at", "write_whole"]

# Together two thirds of a second.
PAUSES_SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32)
# Whoever holds the lock for longer hangs; working without it is better than waiting for them.
LONGEST_LOCK_SECONDS = 10.0
LOCK_POLL_SECONDS = 0.02
T = TypeVar("T")
MAKE_ROOM = (
    "Make room on that disk; the workshop's private folder may lie on another one, which the variable "
    "`WORKSHOP_HOME` names."
)
ALLOW = (
    "Allow reading and writing there; the workshop's private folder may lie elsewhere, where the variable "
    "`WORKSHOP_HOME` says."
)
MOVE_AWAY = "Something else stands where this file belongs: move it away."
ADVICE = {
    errno.ENOSPC: MAKE_ROOM,
    errno.EACCES: ALLOW,
    errno.EPERM: ALLOW,
    errno.EROFS: ALLOW,
    errno.EEXIST: MOVE_AWAY,
    errno.EISDIR: MOVE_AWAY,
    errno.ENOTDIR: MOVE_AWAY,
}


def advice_on_file(error: OSError) -> str:
    """Return what to do about a file that the system refuses; nothing if the error is about something else.

    A full disk names no file.
    """
    if error.filename is None and error.errno != errno.ENOSPC:
        return ""
    return ADVICE.get(error.errno or 0, "")


def saved_at(file: Path) -> int | None:
    """Return when a file was last written, in nanoseconds; None while an editor is replacing it."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return None


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


def write_whole(file: Path, text: str, *, is_private: bool = False) -> None:
    """Replace a file, so that a reader sees it as it was or as it is, and never half of it.

    A private one may be read by nobody else, where a system knows that.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.stem}-{os.getpid()}-{uuid.uuid4().hex[:8]}.draft")
    try:
        if is_private:
            draft.touch(0o600)
        draft.write_text(text, encoding="utf-8", newline="\n")
        patiently(lambda: draft.replace(file))
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(file: Path) -> Iterator[None]:
    """Keep other threads and processes that ask for the same lock file out; not to be nested.

    Blocks for up to `LONGEST_LOCK_SECONDS`. Where files cannot be locked, or the lock is never given back,
    the work is done without: a learner's progress is worth more than its order.
    """
    with contextlib.ExitStack() as stack:
        # OSError covers filelock's Timeout, and for example a folder that may only be read.
        with contextlib.suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            # Not a soft lock where the file system has none: that would survive a crash of its holder.
            lock = FileLock(file, fallback_to_soft=False)
            stack.enter_context(lock.acquire(LONGEST_LOCK_SECONDS, LOCK_POLL_SECONDS))
        yield
