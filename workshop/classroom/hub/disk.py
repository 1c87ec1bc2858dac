"""How much room the disk of a hub has, and who fills it: seats share it, and there are no quotas."""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["LEAST_FREE_BYTES", "disk_warning", "is_disk_full", "is_disk_low"]

# Below this nobody is let in: the hub itself has to write passwords, sessions and logs.
LEAST_FREE_BYTES = 100 * 1024**2
# Below this the instructor is told, while there is still time to ask who fills the disk.
LOW_BYTES = 2 * 1024**3
MEGABYTE = 1024 * 1024
MOST_NAMED = 3
BLOCK_BYTES = 512


def is_disk_full(folder: Path) -> bool:
    """Whether a folder's disk has too little room for the hub itself, let alone for what learners make."""
    return shutil.disk_usage(folder).free < LEAST_FREE_BYTES


def is_disk_low(folder: Path) -> bool:
    """Whether it is time to ask who fills a folder's disk."""
    return shutil.disk_usage(folder).free < LOW_BYTES


def disk_warning(seats: Path) -> str:
    """Return how little room the disk has and whose folders take most of it: every file is looked at."""
    free = shutil.disk_usage(seats).free
    sizes = sorted(((sum(_sizes(each)), each.name) for each in seats.iterdir()), reverse=True)
    largest = ", ".join(f"{name} with {size // MEGABYTE:,} MB" for size, name in sizes[:MOST_NAMED])
    return f"The disk has {free // MEGABYTE:,} MB left. The largest seats: {largest or 'none yet'}."


def _sizes(folder: Path) -> Iterator[int]:
    """Yield what each file takes on the disk, which is less than its size if it has holes."""
    # Without recursion, which ends where a learner has nested a thousand folders.
    waiting = [str(folder)]
    while waiting:
        for entry in _entries(waiting.pop()):
            with suppress(OSError):  # removed at this moment
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    yield entry.stat(follow_symlinks=False).st_blocks * BLOCK_BYTES


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    """Yield what is in a folder; nothing if it is gone, closed to us, or deeper than a path can tell."""
    with suppress(OSError), os.scandir(folder) as entries:
        yield from entries
